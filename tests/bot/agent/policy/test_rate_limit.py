"""How fast one person may send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agent.policy.rate_limit import MESSAGES_AT_MOST, PEOPLE_REMEMBERED, SECONDS, RateLimit
from tests.fakes.clock import FakeClock


def taken(pace: RateLimit, person: str, *events: str) -> list[float | None]:
    return [pace.take(person, event) for event in events]


async def test_the_window_slides_and_names_the_seconds_that_are_left(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=2, seconds=60.0)

    first = taken(pace, "a", "1")
    await clock.advance(10)
    then = taken(pace, "a", "2", "3")
    await clock.advance(49.5)
    late = taken(pace, "a", "4")
    await clock.advance(0.5)

    assert (first, then, late) == ([None], [None, 50.0], [0.5])
    assert taken(pace, "a", "5", "6") == [None, 10.0]


async def test_unless_told_otherwise_twenty_messages_a_minute_may_pass(clock: FakeClock) -> None:
    pace = RateLimit(clock)

    assert taken(pace, "a", *map(str, range(MESSAGES_AT_MOST + 1))) == [None] * 20 + [60.0]
    assert (MESSAGES_AT_MOST, SECONDS) == (20, 60.0)


def test_the_same_event_counts_once_and_always_passes(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=2)

    assert taken(pace, "a", "1", "1", "2", "3", "1", "2") == [None, None, None, 60.0, None, None]


def test_people_do_not_share_a_window(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=1)

    assert [pace.take(person, "1") for person in "abc"] == [None] * 3


async def test_a_person_is_told_once_until_something_passes_again(clock: FakeClock) -> None:
    pace = RateLimit(clock, messages=1)
    taken(pace, "a", "1", "2")

    told = [pace.tells("a"), pace.tells("a"), pace.tells("b")]
    await clock.advance(SECONDS)
    taken(pace, "a", "3", "4")

    assert (told, pace.tells("a")) == ([True, False, True], True)


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


@pytest.mark.parametrize("quiet", [True, False])
async def test_of_people_without_end_only_the_quiet_are_forgotten(clock: FakeClock, quiet: bool) -> None:
    pace = RateLimit(clock, messages=1)
    pace.take("talks", "old")
    await clock.advance(1)
    for number in range(PEOPLE_REMEMBERED - 1):
        pace.take(str(number), "1")
    pace.tells("0")
    await clock.advance(SECONDS if quiet else 1)
    pace.take("talks", "new")
    pace.take("one more", "1")

    assert len(pace._taken) == (2 if quiet else PEOPLE_REMEMBERED + 1)
    assert pace.take("talks", "newer") is not None
    assert pace.tells("0") is quiet
