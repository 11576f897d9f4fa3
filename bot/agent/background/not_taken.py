"""Rate limit notices: a person whose messages are not taken hears of the first at once, of the others by their number.

The number is said when the wait is over, so that no message vanishes without a sign and a flood is answered by two
lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.agent.durable_writes import write_durably
from bot.core.background import BackgroundTask, run_forever, wait_for_news
from bot.core.messages import Inbound, Text
from bot.core.ports.clock import Clock

SECONDS = 60.0
MORE = "I did not take {count} of your messages either while you had to wait. Send again what still matters."

Post = Callable[[str, Inbound, Text], Awaitable[None]]


@dataclass(slots=True)
class _Wait:
    """One wait: the first message that was not taken, when the wait is over, and the ids of the others."""

    first: Inbound
    over: float
    others: set[str] = field(default_factory=set)


class NotTaken:
    """An async context manager: leaving says at once what was still to be said. `post` queues a text for the chat of
    a message, under a key."""

    def __init__(self, post: Post, clock: Clock) -> None:
        self._post, self._clock = post, clock
        self._waits: dict[str, _Wait] = {}
        self._news = asyncio.Event()
        self.task: BackgroundTask | None = None

    async def __aenter__(self) -> NotTaken:
        self.task = run_forever("not taken", self._round, self._clock)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.task is not None:
            await self.task.stop()
        for name in list(self._waits):
            await self.end(name)

    async def add(self, name: str, inbound: Inbound, notice: str) -> None:
        """Counts a message that is not taken. The first of a wait is answered by `notice`; `name` says whose wait it
        is and why. Raises `StoreUnavailable`: then the message was not counted."""
        wait = self._waits.get(name)
        if wait is not None and wait.over <= self._clock.monotonic():
            await self.end(name)
            wait = None
        if wait is None:
            await self._post(f"{name}:{inbound.id}", inbound, Text(notice))
            self._waits[name] = _Wait(inbound, self._clock.monotonic() + SECONDS)
            self._news.set()
        elif inbound.id != wait.first.id:
            wait.others.add(inbound.id)

    async def end(self, name: str) -> None:
        """The wait is over: the number of the others is said. A name without a wait is a no-op."""
        wait = self._waits.get(name)
        if wait is not None and wait.others:
            line = Text(MORE.format(count=len(wait.others)))
            await write_durably(lambda: self._post(f"{name}:{wait.first.id}:more", wait.first, line), self._clock)
        self._waits.pop(name, None)

    async def _round(self) -> None:
        """Ends what is over, then rests until the next wait is."""
        for name, wait in list(self._waits.items()):
            if wait.over <= self._clock.monotonic():
                await self.end(name)
        rests = [wait.over - self._clock.monotonic() for wait in self._waits.values()]
        await wait_for_news(self._news, self._clock, max(min(rests), 0.0) if rests else None)
