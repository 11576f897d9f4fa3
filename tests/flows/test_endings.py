"""However a turn ends, the indicator ends with it; and a model that falls silent is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.faults import Fault, Hang, Slow, Stall
from tests.flows.world import HurriedClock, open_world
from tests.sides import Side, TelegramSide

HURRY = 200.0
SHOWN = 3  # how often it must have been seen before the turn ends: it is kept alive
LONG_AFTER_SECONDS = 0.2  # ten times as long as from one indicator to the next


async def is_shown_no_more(side: Side) -> bool:
    shown = side.typing()
    await asyncio.sleep(LONG_AFTER_SECONDS)
    return side.typing() == shown


@pytest.mark.parametrize(
    ("fault", "stop", "ending"),
    [
        (Slow(0.3), False, "done"),
        (Hang(), True, "(stopped)"),
    ],
    ids=["answer", "stop"],
)
async def test_the_indicator_is_kept_alive_and_ends_with_the_turn(
    side: Side, sandbox: Sandbox, tmp_path: Path, fault: Fault, stop: bool, ending: str
) -> None:
    sandbox.faults.add("/chat/completions", do=fault, times=1 if isinstance(fault, Slow) else None)
    async with open_world(side, sandbox, tmp_path, tts="always", clock=HurriedClock(HURRY)) as world:
        await side.say("reply with exactly: all is well and done")
        await side.until(lambda: side.typing() >= SHOWN)
        if stop:
            await side.say("/stop")
        await world.answer(ending)
        await world.settled()

        assert await is_shown_no_more(side)
        assert len(world.texts()) == 1


async def test_the_indicator_ends_when_the_daemon_does(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add("/chat/completions", do=Hang(), times=None)
    async with open_world(side, sandbox, tmp_path, clock=HurriedClock(HURRY)) as world:
        world.app.agent.engine._drain_seconds = 0.05
        await side.say("never answered")
        await side.until(lambda: side.typing() >= SHOWN)

    assert await is_shown_no_more(side)


async def test_a_model_that_only_keeps_the_line_open_is_told_and_with_it_the_indicator_ends(
    side: Side, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add("/chat/completions", do=Stall(after_events=2, every=0.02), times=None)
    async with open_world(side, sandbox, tmp_path, clock=HurriedClock(HURRY)) as world:
        await side.say("reply with exactly: one two three four five six")
        await world.answer("The answer broke off.")
        await world.settled()
        told = world.texts()
        assert await is_shown_no_more(side)
        sandbox.faults.clear()
        await side.say("reply with exactly: here again")

        await world.answer("here again")
        assert len(told) == 1
        assert len(world.texts()) == 2


async def test_a_model_that_falls_silent_once_is_asked_again(
    telegram: TelegramSide, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add("/chat/completions", do=Stall(after_events=2, every=0.02), times=1)
    async with open_world(telegram, sandbox, tmp_path, clock=HurriedClock(HURRY)) as world:
        await telegram.say("reply with exactly: one two three four five six")
        await world.answer("six")
        await world.settled()

        assert world.texts() == ["one two three four five six"]
