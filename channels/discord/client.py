"""The real discord.Client, cut down to what a chat needs, handing on raw events in order."""

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

from channels.discord.inbound import Json, Me
from channels.discord.rest import PlacedHTTPClient
from channels.discord.settings import DiscordSettings

# the library would warn about missing voice packages at every start; calls are not this adapter's work
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

MAX_RATELIMIT_SECONDS = 60.0
PAUSE_BEFORE_IDENTIFY = 5.0  # Discord allows one IDENTIFY in five seconds; Source: Discord docs, Gateway, Rate Limiting


class Heard(Enum):
    """What came over the gateway."""

    NEW_SESSION = "new_session"  # what was said before is only in the history
    MESSAGE = "message"
    INTERACTION = "interaction"


Hear = Callable[[Heard, Json], None]
NONSENSE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

log = logging.getLogger(__name__)


class GatewayClient(discord.Client):
    """Calls `hear` for each event in the order Discord told it, and `before_identify` before each new session.

    Message and interaction events skip the library's parsers, whose objects cost memory and would have to be
    taken apart again. `told` is set while all servers are known.
    """

    def __init__(
        self, settings: DiscordSettings, hear: Hear, before_identify: Callable[[bool], Awaitable[None]]
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
        self.told = asyncio.Event()
        self._hear, self._before_identify = hear, before_identify
        parsers = self._connection.parsers
        self._untold: set[str] = set()
        self._early: set[int] = set()
        self._parse_ready, self._parse_server = parsers["READY"], parsers["GUILD_CREATE"]
        parsers |= {event: _tolerant(event, parse) for event, parse in parsers.items()}
        parsers["READY"] = self._start_session
        parsers["GUILD_CREATE"] = _tolerant("GUILD_CREATE", self._learn_server)
        parsers["MESSAGE_CREATE"] = parsers["MESSAGE_UPDATE"] = lambda data: hear(Heard.MESSAGE, data)
        parsers["INTERACTION_CREATE"] = lambda data: hear(Heard.INTERACTION, data)

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        # the one place between making the library's HTTP client and handing it to everything else
        placed = PlacedHTTPClient(self.loop, max_ratelimit_timeout=MAX_RATELIMIT_SECONDS)
        placed.api_base = self._settings.api_base.rstrip("/")
        self.http: PlacedHTTPClient = placed
        return super()._get_state(**options)

    def _start_session(self, data: Any) -> None:
        self.told.clear()
        self._untold, self._early = {str(server["id"]) for server in data["guilds"]}, set()
        self._hear(Heard.NEW_SESSION, {})
        self._parse_ready(data)
        if not self._untold:
            self.told.set()

    def _learn_server(self, data: Any) -> None:
        """The last server that was announced ends the wait, which the library draws out in case more come."""
        self._parse_server(data)
        if self.told.is_set():
            return
        self._untold.discard(str(data["id"]))
        self._early.add(int(data["id"]))
        if not self._untold:
            self.told.set()

    async def on_ready(self) -> None:
        self.told.set()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        if guild.id in self._early:
            self._early.discard(guild.id)
        elif self.told.is_set():  # told late, or back after an outage: its channels were not looked into
            self._hear(Heard.NEW_SESSION, {})

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._before_identify(initial)

    async def close(self) -> None:
        """As the library, which lets its wait for the last servers outlive the loop that it closes."""
        waiting = self._connection._ready_task
        if waiting is not None:
            waiting.cancel()
        await super().close()

    async def end_half_open(self) -> None:
        """Ends connections that broke off between HELLO and READY, as ours do when no session may be begun any
        more: the library forgets them with their heartbeat threads and sockets."""
        for thread in threading.enumerate():
            if not isinstance(thread, KeepAliveHandler) or thread.ws is self.ws:
                continue
            if thread.ws._connection is self._connection:
                thread.stop()
                await thread.ws.socket.close()

    def me(self, room: str) -> Me:
        """The bot as messages of this server ("" for a direct chat) name it."""
        guild = self.get_guild(int(room)) if room else None
        role = guild.self_role if guild else None
        return Me(str(self.user.id) if self.user else "", frozenset({str(role.id)} if role else ()))

    def upload_bytes(self, channel_id: str) -> int:
        """The largest file this channel takes: servers with boosts take more."""
        channel = self.get_channel(int(channel_id))
        guild = getattr(channel, "guild", None)
        return int(guild.filesize_limit) if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


def _tolerant(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """The library's parser, leaving out what it cannot read: it would end the connection, and a resume would
    bring the same event again."""

    def parsed(data: Any) -> None:
        try:
            parse(data)
        except NONSENSE:
            log.exception("discord.event_unread", extra={"event": event})

    return parsed
