"""A Telegram server, and the channel that talks to it over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.arrivals import Arrivals, Poison
from bot.core.messages import Conversation, Inbound, Target
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi


class TellingClock(FakeClock):
    """Says when somebody begins to wait, so that a test never has to guess."""

    def __init__(self) -> None:
        super().__init__()
        self.naps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task and task.get_name() != "telegram.watch":
            self.naps.put_nowait(seconds)
        await super().sleep(seconds)

    async def next_nap(self) -> float:
        """How long the next waiter wants to wait; the watch over the poll, always there, is left out."""
        async with asyncio.timeout(10):
            return await self.naps.get()


class Ear:
    """An `accept` that keeps what arrived, and fails as often as `fail` says."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.inbounds: list[Inbound] = []
        self.poison: list[Poison] = []
        self.batches: list[Arrivals] = []
        self.fail: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._heard = asyncio.Event()

    async def __call__(self, arrivals: Arrivals) -> None:
        self.batches.append(arrivals)
        self._heard.set()
        await self.gate.wait()
        if self.fail:
            raise self.fail.pop(0)
        if arrivals.cursor:
            await self.shelf.save_cursor(arrivals.cursor)
        self.inbounds += arrivals.inbounds
        self.poison += arrivals.poison
        self._heard.set()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._heard.clear()
                await self._heard.wait()

    async def hears(self, count: int = 1) -> Inbound:
        """The newest of at least `count` messages."""
        await self.until(lambda: len(self.inbounds) >= count)
        return self.inbounds[-1]


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as api:
        yield api


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> TellingClock:
    return TellingClock()


@pytest.fixture
def settings(api: TelegramApi) -> TelegramSettings:
    return TelegramSettings(token=api.token, api_root=api.root)


@pytest.fixture
async def channel(settings: TelegramSettings, shelf: Shelf, clock: TellingClock) -> AsyncIterator[TelegramChannel]:
    async with TelegramChannel(settings, cursors=shelf, blobs=shelf, clock=clock) as channel:
        yield channel


@pytest.fixture
def ear(shelf: Shelf) -> Ear:
    return Ear(shelf)


@asynccontextmanager
async def receiving(channel: TelegramChannel, ear: Ear) -> AsyncIterator[asyncio.Task[None]]:
    """The channel receives while the block runs."""
    task = asyncio.create_task(channel.receive(ear))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def room(chat: int, thread: str = "", reply_to: str = "") -> Target:
    return Target(Conversation("telegram", str(chat), thread), reply_to)


def changed(settings: TelegramSettings, **fields: object) -> TelegramSettings:
    return replace(settings, **fields)  # type: ignore[arg-type]
