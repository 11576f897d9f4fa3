"""The world around a simulated daemon: platform, provider and disk, with drawn latencies and faults."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from bot.core.chat import ChatEvent, ChatRequest
from bot.core.errors import MaybeSent, NotSent
from bot.core.messages import Part, Sent, Target, Text
from bot.store.database import Database
from bot.store.writer import Writer
from tests.fakes.channel import FakeChannel
from tests.fakes.model import ScriptedModel
from tests.simulation.loop import SimulatedLoop

Note = Callable[[str, str], None]
PLATFORM_SECONDS = (0.005, 0.05, 0.3)
COMMIT_SECONDS = (0.0002, 0.002, 0.02)
TOKEN_SECONDS = (0.0, 0.02, 0.3)


@dataclass
class Chances:
    """How likely what goes wrong is: a refused request, an answer that is lost, a crash right after a commit. Each
    life has crashes until `crashes` of them have happened."""

    chance: random.Random
    of_a_refusal: float = 0.03
    of_a_crash_after_a_commit: float = 0.01
    crashes: int = 7


@dataclass
class World:
    """What outlives a crash outside of the database: the platform, and the story that is told of it."""

    chances: Chances
    note: Note
    channel: Platform = field(init=False)
    models: list[Provider] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.channel = Platform(self)


class Platform(FakeChannel):
    """A channel whose requests take time, are refused, or arrive without an answer."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world, self._chance = world, world.chances.chance

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        await self._travels("send", key)
        message = self._show(to, part, key)
        self._world.note("platform", f"shows {key} in chat {to.conversation.chat}: {message.text!r}")
        await self._answers("send", key)
        return Sent(message.id)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        await self._travels("edit", message_id)
        self._change(message_id, text)
        self._world.note("platform", f"message {message_id} now reads {text.text!r}")
        await self._answers("edit", message_id)

    async def _travels(self, request: str, what: str) -> None:
        await asyncio.sleep(self._chance.choice(PLATFORM_SECONDS))
        if self._chance.random() < self._world.chances.of_a_refusal:
            self._world.note("platform", f"refuses {request} {what}")
            raise NotSent("down")

    async def _answers(self, request: str, what: str) -> None:
        await asyncio.sleep(self._chance.choice(PLATFORM_SECONDS))
        if self._chance.random() < self._world.chances.of_a_refusal:
            self._world.note("platform", f"loses its answer to {request} {what}")
            raise MaybeSent("cut")

    async def _tell(self) -> None:
        """No test waits for news here."""


class Provider(ScriptedModel):
    """A model that repeats what the person said, at a drawn pace."""

    chance: random.Random

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        await asyncio.sleep(self.chance.uniform(0.05, 1))
        async for event in super().stream(request):
            yield event
            await asyncio.sleep(self.chance.choice(TOKEN_SECONDS))


class SimulatedWriter(Writer):
    """The real writer with its real commits, but in the loop: a commit takes drawn time, and a crash may fall between
    the commit and its acknowledgement."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], loop: SimulatedLoop, world: World) -> None:
        super().__init__(connect)
        self._simulated, self._world = loop, world
        self._committing = False
        self.connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        self.connection = self._connect()
        self._database = Database(self.connection)

    async def close(self) -> None:
        while self._committing or not self._queue.empty():  # noqa: ASYNC110  time is simulated: this costs none
            await asyncio.sleep(0.001)
        self._closed = True
        self.drop()

    def drop(self) -> None:
        """Closes the connection as a dying process does: what was not committed is gone."""
        if self.connection is not None:
            self.connection.close()

    def alive(self, within_seconds: float = 30.0) -> bool:
        return not self._closed

    def _submit(self, work: object) -> None:
        super()._submit(work)  # type: ignore[arg-type]
        self._begin()

    def _begin(self) -> None:
        if not self._committing and not self._queue.empty():
            self._committing = True
            self._simulated.call_later(self._simulated.chance.choice(COMMIT_SECONDS), self._serve_group)

    def _serve_group(self) -> None:
        group = self._take()
        writes = [work for work in group if work.writes]
        if writes:
            self._commit(self._database, writes)
            chances = self._world.chances
            if chances.crashes and self._simulated.chance.random() < chances.of_a_crash_after_a_commit:
                self._world.note("disk", "has the commit, and the process dies before it knows")
                self._simulated.crash()
                return
            self._notify(writes)
        reads = [work for work in group if not work.writes]
        for work in reads:
            work.attempt(self._database)
        self._notify(reads)
        self._committing = False
        self._begin()
