"""From gateway events to stored arrivals, strictly in the order Discord told them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.core.arrivals import Arrivals, Poison
from bot.core.errors import ChannelDown, StoreUnavailable
from bot.core.messages import Inbound
from bot.core.ports.channel import Accept
from bot.core.ports.clock import Clock
from channels.discord import inbound, interactions
from channels.discord.catch_up import Bookmarks, Place, guild_places, missed
from channels.discord.client import NONSENSE, GatewayClient, Heard
from channels.discord.inbound import Json
from channels.discord.rest import Rest

log = logging.getLogger(__name__)

WAITING = 1000
Read = Callable[[Json], Inbound | None]


class Line:
    """Events that wait to be stored. When more than a thousand wait, the messages among them are dropped and
    read from the history later: the cursors have not moved."""

    def __init__(self) -> None:
        self._events: deque[tuple[Heard, Json]] = deque()
        self._something = asyncio.Event()
        self._down: ChannelDown | None = None

    def put(self, heard: Heard, data: Json) -> None:
        if len(self._events) >= WAITING:
            kept = [event for event in self._events if event[0] is Heard.INTERACTION][-WAITING // 2 :]
            self._events = deque([(Heard.NEW_SESSION, {}), *kept])
            log.warning("discord.line_full", extra={"dropped": WAITING - len(kept)})
        self._events.append((heard, data))
        self._something.set()

    def end(self, down: ChannelDown) -> None:
        """Nothing comes any more; what waits is still handed out first."""
        self._down = down
        self._something.set()

    async def next(self) -> tuple[Heard, Json]:
        """Raises `ChannelDown` at the end of the line."""
        while not self._events:
            if self._down is not None:
                raise self._down
            self._something.clear()
            await self._something.wait()
        return self._events.popleft()

    def put_back(self, heard: Heard, data: Json) -> None:
        """What was taken and not stored is the next again."""
        self._events.appendleft((heard, data))


class Intake:
    """Takes from the line and hands to `accept`, which keeps it or is asked again."""

    def __init__(self, client: GatewayClient, rest: Rest, bookmarks: Bookmarks, clock: Clock) -> None:
        self._client, self._rest, self._bookmarks, self._clock = client, rest, bookmarks, clock
        self._source = f"discord:{client.me('').id}"

    async def run(self, line: Line, accept: Accept) -> None:
        """Until cancelled. Raises `ChannelDown` when the connection is gone for good."""
        while True:
            heard, data = await line.next()
            try:
                await self._take(heard, data, accept)
            except BaseException:  # cut off while it was stored: whoever receives next begins with it
                line.put_back(heard, data)
                raise

    async def _take(self, heard: Heard, data: Json, accept: Accept) -> None:
        if heard is Heard.NEW_SESSION:
            await self._catch_up(accept)
        elif heard is Heard.INTERACTION:
            await self._store(accept, self._understood([data], interactions.to_inbound))
        elif "author" in data:  # without one a link preview was added: nobody said anything
            await self._message(accept, data)

    async def _message(self, accept: Accept, data: Json) -> None:
        room, channel_id = str(data.get("guild_id") or ""), str(data.get("channel_id") or "")
        if channel_id and not room:
            await self._insist(lambda: self._bookmarks.keep_direct_chat(channel_id))
        arrivals = self._understood([data], self._reader(room))
        if channel_id and not data.get("edited_timestamp") and not arrivals.poison:
            arrivals = replace(arrivals, cursor=self._bookmarks.at(channel_id, str(data["id"])))
        await self._store(accept, arrivals)

    async def _catch_up(self, accept: Accept) -> None:
        """Before anything that came after the new session: the history, channel by channel."""
        await self._client.told.wait()
        direct = [Place(channel_id, "", None) for channel_id in await self._bookmarks.direct_chats()]
        places = direct + guild_places(self._client)
        async for place, messages in missed(places, self._bookmarks, self._rest, self._clock):
            # nobody has seen them yet, so what was changed since is simply what was said
            unseen = [message | {"edited_timestamp": None} for message in messages]
            arrivals = self._understood(unseen, self._reader(place.room))
            cursor = self._bookmarks.at(place.channel_id, str(messages[-1]["id"]))
            await self._store(accept, replace(arrivals, cursor=cursor))

    def _reader(self, room: str) -> Read:
        me = self._client.me(room)
        return lambda message: inbound.to_inbound(message, me, room)

    def _understood(self, events: list[Json], read: Read) -> Arrivals:
        """What the events say; one that makes no sense is set aside for the operator."""
        inbounds: list[Inbound] = []
        poison: list[Poison] = []
        for data in events:
            try:
                said = read(data)
            except NONSENSE as error:
                log.warning("discord.poison", extra={"error": error.__class__.__name__})
                poison.append(Poison(str(data.get("id", "")), json.dumps(data), repr(error)))
            else:
                inbounds += [said] if said else []
        return Arrivals(self._source, tuple(inbounds), poison=tuple(poison))

    async def _store(self, accept: Accept, arrivals: Arrivals) -> None:
        if arrivals.inbounds or arrivals.poison or arrivals.cursor:
            await self._insist(lambda: accept(arrivals))

    async def _insist(self, act: Callable[[], Awaitable[None]]) -> None:
        """Asks again until the disk takes it: Discord would never tell it a second time."""
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
