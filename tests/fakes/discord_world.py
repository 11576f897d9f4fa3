"""What a Discord server knows: people, servers, channels, messages and files, as the API words them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

EPOCH_MS = 1_420_070_400_000
BOT_ID = "900000000000000001"
APPLICATION_ID = "900000000000000002"
GUILD_ID = "100000000000000001"
CHANNEL_ID = "100000000000000002"
THREAD_ID = "100000000000000003"
BOT_ROLE_ID = "100000000000000004"
DM_ID = "100000000000000005"
ADA_ID = "200000000000000001"
NONCE_WINDOW = timedelta(minutes=5)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as a person drops it into the chat. `duration` and `waveform` make it a voice message."""

    name: str
    data: bytes
    content_type: str = ""
    duration: float | None = None
    waveform: str = ""


def user(user_id: str, name: str, *, bot: bool = False) -> Json:
    return {
        "id": user_id,
        "username": name.lower(),
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "display_name_styles": None,
        "primary_guild": None,
        "clan": None,
        "public_flags": 0,
        "flags": 0,
        "bot": bot,
    }


def _number_components(message: Json) -> None:
    """Gives every component the id that Discord gives it. Source: Discord docs, Component Reference."""
    numbers = count(1)
    for row in message["components"]:
        for component in (row, *row.get("components", ())):
            component.setdefault("id", next(numbers))


def _role(role_id: str, name: str, tags: Json | None = None) -> Json:
    role: Json = {"id": role_id, "name": name, "color": 0, "hoist": False, "position": 0, "permissions": "0"}
    role |= {"managed": bool(tags), "mentionable": False, "flags": 0, "colors": {"primary_color": 0}}
    return role | ({"tags": tags} if tags else {})


@dataclass(slots=True)
class World:
    """One bot in one server with one text channel and one thread, and one direct chat with Ada."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    base: str = ""
    bot: Json = field(default_factory=lambda: user(BOT_ID, "Vox", bot=True))
    users: dict[str, Json] = field(default_factory=lambda: {ADA_ID: user(ADA_ID, "Ada")})
    channels: dict[str, Json] = field(default_factory=dict)
    history: dict[str, list[Json]] = field(default_factory=dict)
    edits: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    premium_tier: int = 0
    joined_at: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    interactions: list[Json] = field(default_factory=list)
    tokens: dict[str, Json] = field(default_factory=dict)
    commands: list[Json] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    gone_links: set[str] = field(default_factory=set)
    files_moved_to: str = ""
    fetched: int = 0
    identifies_left: int = 1000
    _nonces: dict[str, tuple[datetime, Json]] = field(default_factory=dict)
    _last_id: int = 0

    def __post_init__(self) -> None:
        self.channels[CHANNEL_ID] = self._guild_channel(CHANNEL_ID, 0, "general")
        self.channels[THREAD_ID] = self._guild_channel(THREAD_ID, 11, "a thread") | {
            "parent_id": CHANNEL_ID,
            "owner_id": ADA_ID,
            "message_count": 0,
            "member_count": 1,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 60,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
                "locked": False,
            },
        }
        self.channels[DM_ID] = {"id": DM_ID, "type": 1, "recipients": [self.users[ADA_ID]]}
        for channel_id in self.channels:
            self.history[channel_id] = []

    def direct_chat(self, person: Json) -> Json:
        """The private chat with this person, made when new."""
        for channel in self.channels.values():
            if channel["type"] == 1 and channel["recipients"][0]["id"] == person["id"]:
                return channel
        made: Json = {"id": self.snowflake(), "type": 1, "recipients": [person]}
        self.channels[made["id"]], self.history[made["id"]] = made, []
        return made

    def _guild_channel(self, channel_id: str, kind: int, name: str) -> Json:
        return {
            "id": channel_id,
            "type": kind,
            "guild_id": GUILD_ID,
            "name": name,
            "position": 0,
            "permission_overwrites": [],
            "nsfw": False,
            "parent_id": None,
            "last_message_id": None,
        }

    def snowflake(self) -> str:
        """A new id: time in the upper bits, growing."""
        millis = int(self.now().timestamp() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, millis << 22)
        return str(self._last_id)

    def guild(self) -> Json:
        """The server as GUILD_CREATE tells it."""
        channels = [self._with_last(channel) for channel in self.channels.values() if channel["type"] == 0]
        threads = [self._with_last(channel) for channel in self.channels.values() if channel["type"] == 11]
        me = {"user": self.bot, "roles": [BOT_ROLE_ID], "joined_at": self.joined_at.isoformat(), "deaf": False}
        return {
            "id": GUILD_ID,
            "name": "Voxline",
            "owner_id": ADA_ID,
            "unavailable": False,
            "member_count": 2,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "premium_tier": self.premium_tier,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "system_channel_flags": 0,
            "preferred_locale": "en-US",
            "premium_progress_bar_enabled": False,
            "features": [],
            "emojis": [],
            "stickers": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "roles": [_role(GUILD_ID, "@everyone"), _role(BOT_ROLE_ID, "Vox", {"bot_id": BOT_ID})],
            "members": [me | {"mute": False, "flags": 0}],
            "channels": channels,
            "threads": threads,
        }

    def _with_last(self, channel: Json) -> Json:
        newest = self.history[channel["id"]][-1:]
        return channel | {"last_message_id": newest[0]["id"] if newest else None}

    def person(self, name: str, *, bot: bool = False) -> Json:
        """The user with this display name, made when new."""
        for known in self.users.values():
            if known["global_name"] == name:
                return known
        made = user(self.snowflake(), name, bot=bot)
        self.users[made["id"]] = made
        return made

    def attach(self, channel_id: str, uploads: Sequence[Upload]) -> list[Json]:
        """Stores the files and returns how a message lists them."""
        listed = []
        for upload in uploads:
            attachment_id = self.snowflake()
            path = f"/attachments/{channel_id}/{attachment_id}/{upload.name}"
            self.files[path] = upload.data
            entry: Json = {"id": attachment_id, "filename": upload.name, "size": len(upload.data)}
            entry |= {"url": self.base + path, "proxy_url": self.base + path}
            if upload.content_type:
                entry["content_type"] = upload.content_type
            if upload.duration is not None:
                entry |= {"duration_secs": upload.duration, "waveform": upload.waveform}
            listed.append(entry)
        return listed

    def add(self, channel_id: str, author: Json, content: str, **more: Any) -> Json:
        """A new message, as the history keeps it."""
        message: Json = {
            "id": self.snowflake(),
            "channel_id": channel_id,
            "author": author,
            "content": content.strip(),
            "timestamp": self.now().isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
        } | more
        reference = message.get("message_reference")
        if reference and reference.get("message_id") and not reference.get("type"):
            target = self.find(channel_id, reference["message_id"])
            told = {"type": 0, "channel_id": channel_id, "message_id": reference["message_id"]}
            if guild_id := self.channels[channel_id].get("guild_id"):
                told["guild_id"] = guild_id
            message |= {"type": 19, "message_reference": told, "referenced_message": copy.deepcopy(target)}
        _number_components(message)
        self.history[channel_id].append(message)
        return message

    def change(self, message: Json, wish: Json) -> None:
        """An edit by the message's author."""
        self.edits.setdefault(message["id"], []).append(message["content"])
        message |= {key: wish[key] for key in ("content", "flags", "components") if key in wish}
        message["edited_timestamp"] = self.now().isoformat()
        _number_components(message)

    def told(self, message: Json) -> Json:
        """The message as the gateway words it: with the server it is in, which REST leaves out."""
        told = copy.deepcopy(message)
        if guild_id := self.channels[message["channel_id"]].get("guild_id"):
            told |= {"guild_id": guild_id, "member": {"roles": [], "nick": None}}
        return told

    def find(self, channel_id: str, message_id: str) -> Json | None:
        return next((found for found in self.history.get(channel_id, []) if found["id"] == message_id), None)

    def with_nonce(self, nonce: str) -> Json | None:
        """The message that was sent with this nonce in the past few minutes."""
        kept = self._nonces.get(nonce)
        return kept[1] if kept and self.now() - kept[0] < NONCE_WINDOW else None

    def keep_nonce(self, nonce: str, message: Json) -> None:
        self._nonces[nonce] = (self.now(), message)

    def upload_bytes(self, channel_id: str) -> int:
        """Boosted servers take larger files. Source: Discord help centre, Server Boosting."""
        boosted = self.premium_tier if "guild_id" in self.channels[channel_id] else 0
        return (10, 10, 50, 100)[boosted] << 20

    def forget_nonces(self) -> None:
        self._nonces.clear()

    def page(self, channel_id: str, *, after: str = "", before: str = "", limit: int = 50) -> list[Json]:
        """Messages newest first; `after` takes the oldest of those that follow, as Discord does."""
        found = self.history[channel_id]
        if after:
            found = [message for message in found if int(message["id"]) > int(after)][:limit]
        elif before:
            found = [message for message in found if int(message["id"]) < int(before)][-limit:]
        return found[-limit:][::-1]
