"""Gateway client: discord.Client cut down to what a chat needs, handing on raw events in order."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import discord
from discord.gateway import KeepAliveHandler
from discord.state import ConnectionState

from channels.discord.inbound import BotUser, Json
from channels.discord.rest import PlacedHTTPClient
from channels.discord.settings import DiscordSettings

# the library would warn about missing voice packages at every start; calls are not this adapter's work
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

MAX_RATELIMIT_SECONDS = 60.0
PAUSE_BEFORE_IDENTIFY = 5.0  # Discord allows one IDENTIFY in five seconds; Source: Discord docs, Gateway, Rate Limiting


class GatewayEvent(Enum):
    """The kinds of event that the gateway client hands on."""

    NEW_SESSION = "new_session"  # earlier messages are only in the history
    MESSAGE = "message"
    UPDATE = "update"  # of a message: an edit, but also a pin, a thread begun on it, a preview, the end of a poll
    INTERACTION = "interaction"


OnEvent = Callable[[GatewayEvent, Json], None]
NONSENSE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

log = logging.getLogger(__name__)


class GatewayClient(discord.Client):
    """Calls `on_event` for each event in the gateway's order, and `before_identify` before each new session.

    Message and interaction events skip the library's parsers, whose objects cost memory and would have to be
    taken apart again. `servers_known` is set while the gateway has announced all servers.
    """

    def __init__(
        self, settings: DiscordSettings, on_event: OnEvent, before_identify: Callable[[bool], Awaitable[None]]
    ) -> None:
        intents = discord.Intents(guilds=True, messages=True, message_content=True)
        self._settings = settings
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=settings.guild_wait_seconds,
            max_ratelimit_timeout=MAX_RATELIMIT_SECONDS,
            heartbeat_timeout=settings.silence_seconds,
        )
        self.servers_known = asyncio.Event()
        self._on_event, self._before_identify = on_event, before_identify
        parsers = self._connection.parsers
        self._awaited: set[str] = set()
        self._announced: set[int] = set()
        self._parse_ready, self._parse_server = parsers["READY"], parsers["GUILD_CREATE"]
        parsers |= {event: _tolerant(event, parse) for event, parse in parsers.items()}
        parsers["READY"] = self._start_session
        parsers["GUILD_CREATE"] = _tolerant("GUILD_CREATE", self._learn_server)
        parsers["MESSAGE_CREATE"] = lambda data: on_event(GatewayEvent.MESSAGE, data)
        parsers["MESSAGE_UPDATE"] = lambda data: on_event(GatewayEvent.UPDATE, data)
        parsers["INTERACTION_CREATE"] = lambda data: on_event(GatewayEvent.INTERACTION, data)

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        # the one place between making the library's HTTP client and handing it to everything else
        api_base = self._settings.api_base.rstrip("/")
        placed = PlacedHTTPClient(
            self.loop,
            proxy=self._settings.proxies.proxy_for(api_base),
            max_ratelimit_timeout=MAX_RATELIMIT_SECONDS,
        )
        placed.api_base = api_base
        self.http: PlacedHTTPClient = placed
        return super()._get_state(**options)

    def _start_session(self, data: Any) -> None:
        self.servers_known.clear()
        self._awaited, self._announced = {str(server["id"]) for server in data["guilds"]}, set()
        self._on_event(GatewayEvent.NEW_SESSION, {})
        self._parse_ready(data)
        if not self._awaited:
            self.servers_known.set()

    def _learn_server(self, data: Any) -> None:
        """Ends the wait with the last awaited server: the library would draw it out in case more come."""
        self._parse_server(data)
        if self.servers_known.is_set():
            return
        self._awaited.discard(str(data["id"]))
        self._announced.add(int(data["id"]))
        if not self._awaited:
            self.servers_known.set()

    async def on_ready(self) -> None:
        self.servers_known.set()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        if guild.id in self._announced:
            self._announced.discard(guild.id)
        elif self.servers_known.is_set():  # announced late, or back after an outage: no catch-up has read its channels
            self._on_event(GatewayEvent.NEW_SESSION, {})

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._before_identify(initial)

    async def close(self) -> None:
        """Closes as the library does, and cancels its wait for the last servers, which would outlive the loop."""
        waiting = self._connection._ready_task
        if waiting is not None:
            waiting.cancel()
        await super().close()

    async def end_half_open(self) -> None:
        """Closes connections that broke off between HELLO and READY, as ours do when the IDENTIFY limit is spent:
        the library forgets their heartbeat threads and sockets."""
        for thread in threading.enumerate():
            if not isinstance(thread, KeepAliveHandler) or thread.ws is self.ws:
                continue
            if thread.ws._connection is self._connection:
                thread.stop()
                await thread.ws.socket.close()

    def me(self, room: str) -> BotUser:
        """The bot as messages of this server ("" for a direct chat) name it."""
        guild = self.get_guild(int(room)) if room else None
        role = guild.self_role if guild else None
        return BotUser(str(self.user.id) if self.user else "", frozenset({str(role.id)} if role else ()))

    def upload_bytes(self, channel_id: str) -> int:
        """The largest file this channel takes: servers with boosts take more."""
        channel = self.get_channel(int(channel_id)) if channel_id.isdecimal() else None
        guild = getattr(channel, "guild", None)
        return int(guild.filesize_limit) if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


def _tolerant(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """The library's parser, which logs an event that it cannot read: raised, the error would end the connection,
    and a resume would bring the same event again."""

    def parsed(data: Any) -> None:
        try:
            parse(data)
        except NONSENSE:
            log.exception("discord.event_unread", extra={"event": event})

    return parsed
