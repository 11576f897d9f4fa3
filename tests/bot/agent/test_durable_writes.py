"""Writing for as long as the disk refuses."""

from __future__ import annotations

import asyncio

import pytest

from bot.agent.durable_writes import SECONDS_BETWEEN, write_durably
from bot.core.errors import StoreUnavailable
from tests.fakes.clock import FakeClock


async def test_a_write_is_tried_until_the_store_takes_it(clock: FakeClock) -> None:
    tries: list[float] = []

    async def write() -> str:
        tries.append(clock.monotonic())
        if len(tries) < 6:
            raise StoreUnavailable("full")
        return "kept"

    writing = asyncio.create_task(write_durably(write, clock))
    await asyncio.sleep(0)
    await clock.advance(60)

    assert await writing == "kept"
    first, second, last = SECONDS_BETWEEN
    assert tries == pytest.approx([0, first, first + second, *(first + second + last * n for n in (1, 2, 3))])


async def test_another_error_is_not_waited_out(clock: FakeClock) -> None:
    async def write() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await write_durably(write, clock)
