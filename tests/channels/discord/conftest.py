"""A bot that is really connected to a Discord on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.errors import MediaError
from bot.core.messages import Blob, Inbound
from bot.core.work import Arrivals, Cursor
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from tests.fakes.clock import FakeClock
from tests.fakes.discord_api import TOKEN, DiscordApi


@dataclass(slots=True)
class Shelf:
    """Cursors and blobs in memory: what outlives a connection."""

    cursors: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict, repr=False)

    async def cursor(self, name: str) -> str:
        return self.cursors.get(name, "")

    async def save_cursor(self, cursor: Cursor) -> None:
        self.cursors[cursor.name] = cursor.value

    async def put(self, data: bytes, mime: str) -> Blob:
        digest = hashlib.sha256(data).hexdigest()
        self.data[digest] = data
        return Blob(digest, mime, len(data))

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        return await self.put(b"".join([chunk async for chunk in chunks]), mime)

    async def read(self, blob: Blob) -> bytes:
        if blob.sha256 not in self.data:
            raise MediaError(f"{blob.sha256} is gone")
        return self.data[blob.sha256]

    def path(self, blob: Blob) -> Path:
        raise NotImplementedError


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


Connect = Callable[..., AbstractAsyncContextManager[DiscordChannel]]


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

    def connected(**changes: object) -> AbstractAsyncContextManager[DiscordChannel]:
        settings = DiscordSettings(token=TOKEN, api_base=api.base, connect_seconds=5.0, guild_wait_seconds=0.05)
        return DiscordChannel(replace(settings, **changes), cursors=shelf, blobs=shelf, clock=clock)  # type: ignore[arg-type]

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
