"""Catch-up after downtime: the bot reads each channel's history after the last message that it stored.

The gateway replays missed events only while a session lives, and never to a new process: hence the bookmarks.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import discord
from discord.http import Route

from bot.core.arrivals import Cursor
from bot.core.errors import MaybeSent, NotSent, Undeliverable
from bot.core.ports.clock import Clock
from bot.core.ports.store import Cursors
from channels.discord.inbound import Json
from channels.discord.rest import DiscordRest
from channels.discord.snowflake import first_id_at

log = logging.getLogger(__name__)

MESSAGES, PAGE = 200, 100
WINDOW = timedelta(hours=24)
DIRECT_CHATS = 200
TRIES = 5


@dataclass(frozen=True, slots=True)
class CatchUpChannel:
    """A channel whose history is read. `newest` is its last message id, None when Discord did not name it;
    `since` is the last id before the bot came into the server."""

    channel_id: str
    room: str
    newest: int | None
    since: int = 0


def guild_channels(client: discord.Client) -> list[CatchUpChannel]:
    """The text channels and threads that hold a message at all."""
    return [
        CatchUpChannel(str(channel.id), str(guild.id), channel.last_message_id, _joined(guild))
        for guild in client.guilds
        for channel in (*guild.channels, *guild.threads)
        if isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread)
        and channel.last_message_id
    ]


def _joined(guild: discord.Guild) -> int:
    return first_id_at(guild.me.joined_at) - 1 if guild.me and guild.me.joined_at else 0


class Bookmarks:
    """The cursors of one bot: how far each channel has been read, and which direct chats there are.

    Discord never lists a bot's direct chats, so their ids are kept. A channel that was never read counts
    from the moment the bot first came here.
    """

    def __init__(self, cursors: Cursors, bot_id: str, clock: Clock) -> None:
        self._cursors, self._clock, self._prefix = cursors, clock, f"discord:{bot_id}"
        self._direct: list[str] | None = None

    def at(self, channel_id: str, message_id: str) -> Cursor:
        return Cursor(f"{self._prefix}:{channel_id}", message_id)

    async def begin(self) -> None:
        """Remembers the first visit ever."""
        name = f"{self._prefix}:since"
        if not await self._cursors.cursor(name):
            await self._cursors.save_cursor(Cursor(name, str(first_id_at(self._clock.now()) - 1)))

    async def read_until(self, channel_id: str) -> int:
        """The message id after which to look, at most a day back."""
        kept = await self._cursors.cursor(f"{self._prefix}:{channel_id}")
        since = kept or await self._cursors.cursor(f"{self._prefix}:since")
        return max(int(since or 0), first_id_at(self._clock.now() - WINDOW))

    async def direct_chats(self) -> tuple[str, ...]:
        if self._direct is None:
            self._direct = (await self._cursors.cursor(f"{self._prefix}:direct")).split()
        return tuple(self._direct)

    async def keep_direct_chat(self, channel_id: str) -> None:
        """Newest first; saved before the message is, so that a crash between forgets nothing."""
        chats = await self.direct_chats()
        if channel_id not in chats:
            kept = [channel_id, *chats][:DIRECT_CHATS]
            await self._cursors.save_cursor(Cursor(f"{self._prefix}:direct", " ".join(kept)))
            self._direct = kept


async def missed(
    channels: list[CatchUpChannel], bookmarks: Bookmarks, rest: DiscordRest, clock: Clock
) -> AsyncIterator[tuple[CatchUpChannel, list[Json]]]:
    """Channel by channel, the messages after the bookmark, oldest first: the newest 200 of the last 24 hours.

    A channel that refuses is left out; one that does not answer is tried again a few times.
    """
    for channel in channels:
        after = max(await bookmarks.read_until(channel.channel_id), channel.since)
        if channel.newest is not None and channel.newest <= after:
            continue
        messages = await _history(channel.channel_id, after, rest, clock)
        if messages:
            log.info("discord.caught_up", extra={"channel": channel.channel_id, "messages": len(messages)})
            yield channel, messages


async def _history(channel_id: str, after: int, rest: DiscordRest, clock: Clock) -> list[Json]:
    for attempt in range(TRIES):
        try:
            return await _read_back(channel_id, after, rest)
        except Undeliverable as error:
            log.info("discord.cannot_look", extra={"channel": channel_id, "error": str(error)})
            return []
        except (NotSent, MaybeSent) as error:
            log.warning("discord.history_unread", extra={"channel": channel_id, "error": str(error)})
            await clock.sleep(min(getattr(error, "retry_after", None) or 2.0**attempt, 30.0))
    log.error("discord.history_lost", extra={"channel": channel_id, "after": after})
    return []


async def _read_back(channel_id: str, after: int, rest: DiscordRest) -> list[Json]:
    """Pages backwards, because reading forwards would stop at the oldest 200."""
    messages: list[Json] = []
    before: dict[str, str] = {}
    while len(messages) < MESSAGES:
        route = Route("GET", "/channels/{channel_id}/messages", channel_id=channel_id)
        page: list[Json] = await rest.call(route, params={"limit": str(PAGE), **before})
        messages += [message for message in page if int(message["id"]) > after]
        if len(page) < PAGE or int(page[-1]["id"]) <= after:
            break
        before = {"before": str(page[-1]["id"])}
    return messages[:MESSAGES][::-1]
