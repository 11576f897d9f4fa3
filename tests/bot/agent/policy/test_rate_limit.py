"""Rate limit: how much may pass within a window."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agent.policy.rate_limit import KEYS_REMEMBERED, MESSAGES_AT_MOST, SECONDS, RateLimit
from tests.fakes.clock import FakeClock


def waits(pace: RateLimit, person: str, *events: str) -> list[float | None]:
    return [pace.take(person, event) for event in events]


async def test_the_window_slides_and_names_the_seconds_that_are_left(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=2, seconds=60.0)

    first = waits(pace, "a", "1")
    await clock.advance(10)
    then = waits(pace, "a", "2", "3")
    await clock.advance(49.5)
    late = waits(pace, "a", "4")
    await clock.advance(0.5)

    assert (first, then, late) == ([None], [None, 50.0], [0.5])
    assert waits(pace, "a", "5", "6") == [None, 10.0]


async def test_without_a_setting_twenty_messages_a_minute_may_pass(clock: FakeClock) -> None:
    pace = RateLimit(clock)

    assert waits(pace, "a", *map(str, range(MESSAGES_AT_MOST + 1))) == [None] * 20 + [60.0]
    assert (MESSAGES_AT_MOST, SECONDS) == (20, 60.0)


def test_the_same_event_counts_once_and_always_passes(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=2)

    assert waits(pace, "a", "1", "1", "2", "3", "1", "2") == [None, None, None, 60.0, None, None]


def test_people_do_not_share_a_window(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=1)

    assert [pace.take(person, "1") for person in "abc"] == [None] * 3


async def test_a_group_passes_whole_and_what_follows_waits_for_all_of_it(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=2, seconds=60.0)

    album = [pace.take("a", event, group="album") for event in "12"]
    await clock.advance(10)
    album += [pace.take("a", event, group="album") for event in "345"]
    strangers = pace.take("a", "6", group="another")

    assert (album, strangers) == ([None] * 5, 60.0)
    await clock.advance(60)
    assert pace.take("a", "7") is None


def test_an_event_of_several_places_passes_by_the_last_free_one(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=3, seconds=60.0)

    assert [pace.take("a", "1", places=2), pace.take("a", "2", places=2), pace.take("a", "3")] == [None, None, 60.0]


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 40.0), min_size=1, max_size=60), st.integers(1, 5))
async def test_no_window_of_a_minute_ever_holds_more_than_allowed(pauses: list[float], messages: int) -> None:
    clock = FakeClock()
    pace = RateLimit(clock, messages=messages)
    passed: list[float] = []
    for number, pause in enumerate(pauses):
        if pace.take("a", str(number)) is None:
            passed.append(clock.monotonic())
        await clock.advance(pause)

    assert all(later - earlier >= SECONDS for earlier, later in zip(passed, passed[messages:], strict=False))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(1, 10), st.sampled_from(["", "x"])), max_size=30))
async def test_who_waits_as_long_as_told_may_pass(sent: list[tuple[float, int, str]]) -> None:
    clock = FakeClock()
    pace = RateLimit(clock, messages=4)
    for number, (pause, places, group) in enumerate(sent):
        await clock.advance(pause)
        wait = pace.take("a", str(number), places=places, group=group)
        if wait is not None:
            await clock.advance(wait + 1e-6)
            assert pace.take("a", f"{number} again") is None


@pytest.mark.parametrize("quiet", [True, False])
async def test_of_people_without_end_only_the_quiet_are_forgotten(clock: FakeClock, quiet: bool) -> None:
    pace = RateLimit(clock, messages=1)
    for number in range(KEYS_REMEMBERED):
        pace.take(str(number), "1")
    await clock.advance(SECONDS if quiet else 1)
    pace.take("one more", "1")

    assert len(pace._taken) == (KEYS_REMEMBERED if quiet else KEYS_REMEMBERED + 1)
    assert (pace.take("1", "2") is None) is quiet
