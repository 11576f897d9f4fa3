"""Bots that answer each other come to rest."""

from __future__ import annotations

from bot.agent.policy.bot_loops import EVENTS_AT_MOST, SECONDS, BotLoopGuard
from tests.fakes.clock import FakeClock


async def test_after_twenty_messages_in_a_minute_a_bot_is_not_heard_for_a_minute(clock: FakeClock) -> None:
    guard = BotLoopGuard(clock)
    heard = [guard.hears("discord:1", str(number)) for number in range(EVENTS_AT_MOST + 1)]
    other = guard.hears("discord:2", "0")
    await clock.advance(SECONDS - 1)
    still = guard.hears("discord:1", "later")
    await clock.advance(1)

    assert heard == [True] * EVENTS_AT_MOST + [False]
    assert (other, still, guard.hears("discord:1", "much later")) == (True, False, True)


async def test_a_message_that_is_offered_again_counts_once(clock: FakeClock) -> None:
    guard = BotLoopGuard(clock)

    assert all(guard.hears("discord:1", "the same") for _ in range(3 * EVENTS_AT_MOST))


async def test_silent_bots_without_end_are_not_remembered_without_end(clock: FakeClock) -> None:
    guard = BotLoopGuard(clock)
    for number in range(30):
        for event in range(EVENTS_AT_MOST + 1):
            guard.hears(f"discord:{number}", str(event))
        await clock.advance(SECONDS / 2)

    assert len(guard._silent_until) <= 3
