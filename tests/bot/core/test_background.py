"""A background loop that nothing ends, and a rest that loses no wake-up."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from bot.core.background import FAILURES_UNTIL_FAILING, LONGEST_PAUSE_SECONDS, run_forever, wait_for_news
from tests.fakes.clock import FakeClock


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError(1), RecursionError(), asyncio.CancelledError()])
async def test_a_round_that_raises_is_followed_by_another(clock: FakeClock, error: BaseException) -> None:
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise error
        await clock.sleep(3600)

    task = run_forever("work", work, clock)
    await settle()
    assert (rounds, task.running, task.failures) == (1, True, 1)
    await clock.advance(1)

    assert (rounds, task.running) == (2, True)
    await task.stop()
    assert not task.running


async def test_pauses_grow_to_a_minute_and_a_good_round_forgets_the_failures(clock: FakeClock) -> None:
    begun: list[float] = []
    broken = True

    async def work() -> None:
        begun.append(clock.monotonic())
        if broken:
            raise OSError
        await clock.sleep(5)

    task = run_forever("work", work, clock)
    await settle()
    for _ in range(400):
        await clock.advance(1)

    pauses = [later - earlier for earlier, later in pairwise(begun)]
    assert pauses[:6] == [1, 2, 4, 8, 16, 32]
    assert set(pauses[6:]) == {LONGEST_PAUSE_SECONDS}
    assert task.failing and task.running
    broken = False
    await clock.advance(70)

    assert (task.failing, task.failures) == (False, 0)
    await task.stop()


async def test_a_loop_counts_as_failing_only_after_failures_in_a_row(clock: FakeClock) -> None:
    async def work() -> None:
        raise OSError

    task = run_forever("work", work, clock)
    await settle()
    seen = [task.failing]
    for _ in range(FAILURES_UNTIL_FAILING):
        await clock.advance(LONGEST_PAUSE_SECONDS)
        seen.append(task.failing)

    assert (seen[0], seen[-1]) == (False, True)
    await task.stop()


async def test_a_loop_that_never_waits_leaves_the_event_loop_to_others(clock: FakeClock) -> None:
    async def work() -> None:
        return

    task = run_forever("work", work, clock)
    await settle()  # comes back at all

    assert task.running
    await task.stop()


async def test_news_that_came_before_the_rest_ends_it_at_once(clock: FakeClock) -> None:
    news = asyncio.Event()
    news.set()

    assert await wait_for_news(news, clock, 60)
    assert not news.is_set()
    assert clock.sleepers == 0


async def test_a_rest_ends_by_news_or_by_time(clock: FakeClock) -> None:
    news = asyncio.Event()
    rest = asyncio.ensure_future(wait_for_news(news, clock, 60))
    await settle()
    news.set()
    await settle()
    by_news = rest.result()
    rest = asyncio.ensure_future(wait_for_news(news, clock, 60))
    await settle()
    await clock.advance(59)
    early = rest.done()
    await clock.advance(1)

    assert (by_news, early, rest.result()) == (True, False, False)


async def test_without_a_time_only_news_ends_it(clock: FakeClock) -> None:
    news = asyncio.Event()
    rest = asyncio.ensure_future(wait_for_news(news, clock))
    await settle()
    await clock.advance(1_000_000)
    waited = not rest.done()
    news.set()
    await settle()

    assert (waited, rest.result()) == (True, True)


async def test_a_worker_that_is_woken_while_it_works_looks_again(clock: FakeClock) -> None:
    """The lost wake-up: news between the look and the rest."""
    news, waiting, seen = asyncio.Event(), ["a"], list[str]()

    async def work() -> None:
        await wait_for_news(news, clock)
        seen.extend(waiting)
        waiting.clear()
        if seen == ["a"]:  # in the middle of the round, after it looked
            waiting.append("b")
            news.set()

    task = run_forever("work", work, clock)
    news.set()
    await settle()
    await settle()

    assert seen == ["a", "b"]
    await task.stop()
