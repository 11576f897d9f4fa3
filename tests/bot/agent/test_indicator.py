"""The indicator: shown soon, kept alive, always ended."""

from __future__ import annotations

import asyncio

import pytest

from bot.agent.indicator import SECONDS_AT_MOST, SECONDS_BEFORE, SECONDS_BETWEEN, indicator
from bot.core.messages import Doing, Target
from tests.fakes.channel import FakeChannel, conversation
from tests.fakes.clock import FakeClock

TO = Target(conversation())


async def test_a_quick_answer_needs_none(clock: FakeClock) -> None:
    channel = FakeChannel()
    async with indicator(channel, TO, clock, Doing.TYPING):
        await asyncio.sleep(0)
        await clock.advance(SECONDS_BEFORE / 2)

    assert channel.doing == []


async def test_it_is_shown_again_and_follows_what_is_being_done(clock: FakeClock) -> None:
    channel = FakeChannel()
    async with indicator(channel, TO, clock, Doing.TYPING) as shown:
        await asyncio.sleep(0)
        await clock.advance(SECONDS_BEFORE)
        shown.doing = Doing.RECORDING
        await clock.advance(SECONDS_BETWEEN)

    assert channel.doing == [Doing.TYPING, Doing.RECORDING]


async def test_it_gives_up_after_a_while(clock: FakeClock) -> None:
    channel = FakeChannel()
    async with indicator(channel, TO, clock, Doing.TYPING):
        await asyncio.sleep(0)
        await clock.advance(SECONDS_AT_MOST + 60)
        shown = len(channel.doing)
        await clock.advance(60)

    assert len(channel.doing) == shown == SECONDS_AT_MOST / SECONDS_BETWEEN


@pytest.mark.parametrize("error", [ValueError("broken"), asyncio.CancelledError()])
async def test_it_ends_on_every_way_out(clock: FakeClock, error: BaseException) -> None:
    channel = FakeChannel()
    with pytest.raises(type(error)):
        async with indicator(channel, TO, clock, Doing.TYPING):
            await asyncio.sleep(0)
            await clock.advance(SECONDS_BEFORE)
            raise error
    await clock.advance(60)

    assert channel.doing == [Doing.TYPING]
    assert clock.sleepers == 0


async def test_one_that_breaks_is_not_worth_the_answer(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeChannel):
        async def busy(self, to: Target, doing: Doing) -> None:
            raise RuntimeError("a bug")

    async with indicator(Broken(), TO, clock, Doing.TYPING):
        await asyncio.sleep(0)
        await clock.advance(SECONDS_BEFORE)

    assert "indicator.failed" in caplog.text
