"""Event intake: gateway events become stored arrivals, in the gateway's order."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.arrivals import Arrivals, Poison
from bot.core.errors import ChannelDown, StoreUnavailable
from bot.core.messages import Inbound
from bot.core.ports.channel import Accept
from bot.core.ports.clock import Clock
from channels.discord import inbound, interactions
from channels.discord.catch_up import Bookmarks, CatchUpChannel, guild_channels, missed
from channels.discord.client import NONSENSE, GatewayClient, GatewayEvent
from channels.discord.inbound import Json
from channels.discord.rest import DiscordRest

log = logging.getLogger(__name__)

WAITING = 1000
EDIT_WINDOW = timedelta(hours=24)  # the store keeps what it answered for two days at least, and knows an edit again
Read = Callable[[Json], Inbound | None]


class EventQueue:
    """Events that wait to be stored. When more than a thousand wait, the messages among them are dropped and
    read from the history later: the cursors have not moved."""

    def __init__(self) -> None:
        self._events: deque[tuple[GatewayEvent, Json]] = deque()
        self._event_waits = asyncio.Event()
        self._down: ChannelDown | None = None

    def put(self, kind: GatewayEvent, data: Json) -> None:
        if len(self._events) >= WAITING:
            kept = [event for event in self._events if event[0] is GatewayEvent.INTERACTION][-WAITING // 2 :]
            self._events = deque([(GatewayEvent.NEW_SESSION, {}), *kept])
            log.warning("discord.queue_full", extra={"dropped": WAITING - len(kept)})
        self._events.append((kind, data))
        self._event_waits.set()

    def end(self, down: ChannelDown) -> None:
        """The gateway is gone: `next` hands out what still waits, then raises `down`."""
        self._down = down
        self._event_waits.set()

    async def next(self) -> tuple[GatewayEvent, Json]:
        """The oldest event. Raises `ChannelDown` at the end of the queue."""
        while not self._events:
            if self._down is not None:
                raise self._down
            self._event_waits.clear()
            await self._event_waits.wait()
        return self._events.popleft()

    def put_back(self, kind: GatewayEvent, data: Json) -> None:
        """Makes an event that was taken and not stored the next one again."""
        self._events.appendleft((kind, data))


class EventIntake:
    """Takes events from the queue and hands them to `accept` until `accept` stores them."""

    def __init__(self, client: GatewayClient, rest: DiscordRest, bookmarks: Bookmarks, clock: Clock) -> None:
        self._client, self._rest, self._bookmarks, self._clock = client, rest, bookmarks, clock
        self._source = f"discord:{client.me('').id}"

    async def run(self, queue: EventQueue, accept: Accept) -> None:
        """Until cancelled. Raises `ChannelDown` when the connection is gone for good."""
        while True:
            kind, data = await queue.next()
            try:
                await self._take(kind, data, accept)
            except BaseException:  # cancelled while storing: the next `run` begins with this event
                queue.put_back(kind, data)
                raise

    async def _take(self, kind: GatewayEvent, data: Json, accept: Accept) -> None:
        if kind is GatewayEvent.NEW_SESSION:
            await self._catch_up(accept)
        elif kind is GatewayEvent.INTERACTION:
            await self._store(accept, self._arrivals([data], interactions.to_inbound))
        elif kind is GatewayEvent.MESSAGE or await self._is_news(data):
            await self._message(accept, data)

    async def _is_news(self, update: Json) -> bool:
        """Whether an update holds new words of its author: a fresh edit, or a message that was never stored.

        Discord also updates a message, of any age, for a pin, a thread begun on it, a preview, the end of a poll, and
        then sends the whole of it with the `edited_timestamp` that it had before, mostly null."""
        if "author" not in update:
            return False
        try:
            if edited := update.get("edited_timestamp"):
                return self._clock.now() - datetime.fromisoformat(edited) < EDIT_WINDOW
            return int(update["id"]) > await self._bookmarks.read_until(str(update["channel_id"]))
        except NONSENSE:
            return True  # `_arrivals` sets it aside for the operator

    async def _message(self, accept: Accept, data: Json) -> None:
        room, channel_id = str(data.get("guild_id") or ""), str(data.get("channel_id") or "")
        if channel_id and not room:
            await self._until_stored(lambda: self._bookmarks.keep_direct_chat(channel_id))
        arrivals = self._arrivals([data], self._reader(room))
        if channel_id and not data.get("edited_timestamp") and not arrivals.poison:
            arrivals = replace(arrivals, cursor=self._bookmarks.at(channel_id, str(data["id"])))
        await self._store(accept, arrivals)

    async def _catch_up(self, accept: Accept) -> None:
        """Stores each channel's history before any event that followed the new session."""
        await self._client.servers_known.wait()
        direct = [CatchUpChannel(channel_id, "", None) for channel_id in await self._bookmarks.direct_chats()]
        channels = direct + guild_channels(self._client)
        async for channel, messages in missed(channels, self._bookmarks, self._rest, self._clock):
            # the agent has seen none of them, so the text after an edit counts as the original
            unseen = [message | {"edited_timestamp": None} for message in messages]
            arrivals = self._arrivals(unseen, self._reader(channel.room))
            cursor = self._bookmarks.at(channel.channel_id, str(messages[-1]["id"]))
            await self._store(accept, replace(arrivals, cursor=cursor))

    def _reader(self, room: str) -> Read:
        me = self._client.me(room)
        return lambda message: inbound.to_inbound(message, me, room)

    def _arrivals(self, events: list[Json], read: Read) -> Arrivals:
        """The events as inbounds; an event that makes no sense becomes poison, which the operator can look at."""
        inbounds: list[Inbound] = []
        poison: list[Poison] = []
        for data in events:
            try:
                inbound_message = read(data)
            except NONSENSE as error:
                log.warning("discord.poison", extra={"error": error.__class__.__name__})
                poison.append(Poison(str(data.get("id", "")), json.dumps(data), repr(error)))
            else:
                inbounds += [inbound_message] if inbound_message else []
        return Arrivals(self._source, tuple(inbounds), poison=tuple(poison))

    async def _store(self, accept: Accept, arrivals: Arrivals) -> None:
        if arrivals.inbounds or arrivals.poison or arrivals.cursor:
            await self._until_stored(lambda: accept(arrivals))

    async def _until_stored(self, act: Callable[[], Awaitable[None]]) -> None:
        """Repeats `act` until the disk takes it: Discord never sends an event a second time."""
        wait = 1.0
        while True:
            try:
                await act()
            except StoreUnavailable:
                log.warning("discord.store_unavailable", extra={"seconds": wait})
                await self._clock.sleep(wait)
                wait = min(wait * 2, 30.0)
            else:
                return
