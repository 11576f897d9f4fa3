"""A bot that is really connected to a Discord on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.core.arrivals import Arrivals
from bot.core.messages import Inbound
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from tests.fakes.clock import FakeClock
from tests.fakes.discord_api import TOKEN, DiscordApi
from tests.fakes.shelf import Shelf


@dataclass(slots=True)
class Desk:
    """What the daemon would store: keeps arrivals and cursors, and knows what it has seen."""

    shelf: Shelf
    arrivals: list[Arrivals] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def accept(self, arrivals: Arrivals) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if arrivals.cursor is not None:
            await self.shelf.save_cursor(arrivals.cursor)
        self.arrivals.append(arrivals)
        async with self._changed:
            self._changed.notify_all()

    @property
    def inbounds(self) -> list[Inbound]:
        """Everything new, in order: what came twice counts once."""
        seen = {(arrivals.source, found.id): found for arrivals in self.arrivals for found in arrivals.inbounds}
        return list(seen.values())

    async def wait_for(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: bool(holds()))

    async def heard(self, count: int = 1) -> list[Inbound]:
        """The first `count` inbounds, as soon as they are there."""
        await self.wait_for(lambda: len(self.inbounds) >= count)
        return self.inbounds[:count]


class HastyClock(FakeClock):
    """Time stands still, and sleeping takes none of it: for pauses that are not the point of a test."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


Connect = Callable[..., DiscordChannel]


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def desk(shelf: Shelf) -> Desk:
    return Desk(shelf)


@pytest.fixture
async def api(clock: HastyClock) -> AsyncIterator[DiscordApi]:
    async with DiscordApi(now=clock.now) as running:
        yield running


@pytest.fixture
def connect(api: DiscordApi, shelf: Shelf, clock: HastyClock) -> Connect:
    """Connects a bot; settings by keyword."""

    def connected(**changes: Any) -> DiscordChannel:
        settings = DiscordSettings(token=TOKEN, api_base=api.base, connect_seconds=5.0, guild_wait_seconds=0.05)
        return DiscordChannel(replace(settings, **changes), cursors=shelf, blobs=shelf, clock=clock)

    return connected


@pytest.fixture
async def channel(connect: Connect) -> AsyncIterator[DiscordChannel]:
    async with connect() as connected:
        yield connected


@contextlib.asynccontextmanager
async def listening(channel: DiscordChannel, desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    """Receives into the desk for the length of the block."""
    task = asyncio.create_task(channel.receive(desk.accept))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


def contents(shown: Sequence[object]) -> list[str]:
    return [message.content for message in shown]  # type: ignore[attr-defined]
