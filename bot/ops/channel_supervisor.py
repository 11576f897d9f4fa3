"""Channels kept connected: each on its own, so that one that is down delays no other.

What passes by itself is tried again with growing pauses; what only the operator can mend is left alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from bot.core.arrivals import Arrivals
from bot.core.background import BackgroundTask, run_forever
from bot.core.errors import ChannelDown
from bot.core.ports.channel import Accept, Channel, Health
from bot.core.ports.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 300.0
SECONDS_BETWEEN_LOOKS = 15.0
SILENT_SECONDS = 60.0  # a connection that comes back within this is no news
PING_SECONDS = 10.0
CONNECTING = Health(False, "connecting")

Changed = Callable[[str, Health], Awaitable[None]]


@dataclass(slots=True)
class _Link:
    """One channel. `announced` is the health that was announced last; `down_since` is when a ping failed first;
    `pause` is how many seconds to wait before the next try."""

    channel: Channel
    health: Health = CONNECTING
    announced: Health | None = None
    connected: bool = False
    gave_up: bool = False
    pause: float = FIRST_PAUSE_SECONDS
    down_since: float | None = None
    accepting_since: float | None = None
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class ChannelSupervisor:
    """An async context manager: leaving it disconnects. `channels` holds what is connected, and changes.

    `hold_seconds` keeps the channels in `held` unconnected for that long."""

    def __init__(
        self,
        made: Sequence[Channel],
        *,
        clock: Clock,
        hold_seconds: float = 0.0,
        held: frozenset[str] = frozenset(),
    ) -> None:
        self._links = {channel.name: _Link(channel) for channel in made}
        self._clock = clock
        self._changed: Changed = _unheard
        self._hold_seconds, self._held = hold_seconds, held
        self._channels: dict[str, Channel] = {}
        self._watches: tuple[BackgroundTask, ...] = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(self._disconnect(link) for link in self._links.values()))

    @property
    def channels(self) -> Mapping[str, Channel]:
        """What is connected now."""
        return self._channels

    @asynccontextmanager
    async def receiving(self, accept: Accept, changed: Changed) -> AsyncIterator[None]:
        """Connects and receives until the block ends; what is connected stays so for what is still to be said.

        `changed` is called once for each channel that came up or went down."""
        self._changed = changed
        tasks = []
        self._watches = tuple(
            run_forever(f"watch {name}", partial(self._watch, link), self._clock) for name, link in self._links.items()
        )
        for link in self._links.values():
            link.task = asyncio.create_task(self._keep(link, accept), name=f"receive {link.channel.name}")
            tasks.append(link.task)
        try:
            yield
        finally:
            await asyncio.gather(*(watch.stop() for watch in self._watches))
            self._watches = ()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def first_round(self) -> None:
        """Returns once every channel has been tried."""
        await asyncio.gather(*(link.tried.wait() for link in self._links.values()))

    @property
    def background(self) -> tuple[BackgroundTask, ...]:
        """The loops that watch the channels' health, one for each channel."""
        return self._watches

    @property
    def hopeless(self) -> bool:
        """Whether no channel works, and none will before the operator acts."""
        return all(link.gave_up for link in self._links.values())

    @property
    def stuck(self) -> tuple[str, ...]:
        """Channels whose loop has ended, or has not been able to hand over a message for a minute."""
        now = self._clock.monotonic()
        return tuple(name for name, link in self._links.items() if _is_stuck(link, now))

    async def look(self) -> dict[str, Health]:
        """Every channel's health at this moment."""
        await asyncio.gather(*(self._ping(link) for link in self._links.values() if link.connected))
        return {name: link.health for name, link in self._links.items()}

    async def _ping(self, link: _Link) -> None:
        try:
            async with asyncio.timeout(PING_SECONDS):
                health = await link.channel.ping()
        except TimeoutError:
            health = Health(False, f"{link.channel.name} did not answer within {PING_SECONDS:.0f} s")
        except OSError as error:
            health = Health(False, f"{link.channel.name} cannot be asked: {error.strerror or error}")
        except Exception as error:  # a door: one channel's mistake must not hide the health of the others
            log.exception("channel.ping_failed", extra={"channel": link.channel.name})
            health = Health(False, f"{link.channel.name} cannot be asked: {type(error).__name__}; the log says why")
        if link.connected:
            link.health = health

    async def _watch(self, link: _Link) -> None:
        """One look at a channel, after a rest."""
        await self._clock.sleep(SECONDS_BETWEEN_LOOKS)
        if link.connected:
            await self._ping(link)
            await self._judge(link)
        elif link.announced is not None or link.gave_up:
            await self._announce(link)  # a change whose announcement failed when it happened

    async def _judge(self, link: _Link) -> None:
        """Announces what lasts: a channel that works again, or has not worked for a while."""
        now = self._clock.monotonic()
        if link.health.ok:
            link.down_since = None
            await self._announce(link)
            return
        link.down_since = now if link.down_since is None else link.down_since
        if now - link.down_since >= SILENT_SECONDS:
            await self._announce(link)

    async def _keep(self, link: _Link, accept: Accept) -> None:
        """Connects and receives for as long as the daemon runs: what breaks is started again."""
        name = link.channel.name
        if self._hold_seconds and name in self._held:
            link.health = Health(False, f"connects in {self._hold_seconds:.0f} s, after too many crashes")
            link.tried.set()
            await self._clock.sleep(self._hold_seconds)
        while not link.gave_up:
            try:
                await self._receive(link, accept)
            except Exception:  # the door of the poll loop: a broken channel must not take the others with it
                log.exception("channel.broken", extra={"channel": name})
                link.tried.set()
            if not link.gave_up:
                await self._clock.sleep(link.pause)
            link.pause = min(2 * link.pause, max(link.pause, LONGEST_PAUSE_SECONDS))

    async def _receive(self, link: _Link, accept: Accept) -> None:
        """Connects where that is needed, and receives until the channel is down."""
        try:
            if not link.connected:
                await self._connect(link)
                link.pause = FIRST_PAUSE_SECONDS
            await link.channel.receive(self._measured(link, accept))
        except ChannelDown as down:
            if down.retry_after is not None:
                link.pause = max(down.retry_after, min(link.pause, LONGEST_PAUSE_SECONDS))
            await self._went_down(link, down)

    async def _connect(self, link: _Link) -> None:
        await link.channel.__aenter__()
        link.connected = True
        self._channels[link.channel.name] = link.channel
        await self._ping(link)
        await self._announce(link)
        link.tried.set()

    async def _went_down(self, link: _Link, down: ChannelDown) -> None:
        link.health = Health(False, str(down))
        link.gave_up = down.retry_after is None
        await self._disconnect(link)
        await self._announce(link)
        link.tried.set()

    async def _disconnect(self, link: _Link) -> None:
        self._channels.pop(link.channel.name, None)
        if link.connected:
            link.connected = False
            await link.channel.__aexit__(None, None, None)

    async def _announce(self, link: _Link) -> None:
        """Announces a change of state once: the first state, and every time it turns."""
        if link.announced is not None and link.announced.ok == link.health.ok:
            return
        health = link.health
        level = logging.INFO if link.health.ok else logging.ERROR
        event = "channel.up" if link.health.ok else "channel.down"
        log.log(level, event, extra={"channel": link.channel.name, "detail": link.health.detail})
        await self._changed(link.channel.name, health)
        link.announced = health

    def _measured(self, link: _Link, accept: Accept) -> Accept:
        async def measured(arrivals: Arrivals) -> None:
            link.accepting_since = self._clock.monotonic()
            try:
                await accept(arrivals)
            finally:
                link.accepting_since = None

        return measured


async def _unheard(_: str, __: Health) -> None:
    """A no-op: before `receiving` there is no callback."""


def _is_stuck(link: _Link, now: float) -> bool:
    if link.accepting_since is not None and now - link.accepting_since > SILENT_SECONDS:
        return True
    return link.task is not None and link.task.done() and not link.gave_up
