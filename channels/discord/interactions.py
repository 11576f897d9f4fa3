"""Interactions (buttons, slash commands) as inbound messages, and their acknowledgements.

Source: Discord docs, Receiving and Responding to Interactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.core.messages import Conversation, Inbound, Person
from channels.discord.settings import SlashCommand
from channels.discord.snowflake import made_at

COMMAND, COMPONENT = 2, 3
LATER, SILENTLY = 5, 6  # callback types: "thinking" until answered, and nothing at all
EPHEMERAL = 1 << 6
STRING = 3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The callback that must reach Discord within three seconds. `shows_thinking` asks to be taken away again."""

    interaction_id: str
    channel_id: str
    token: str
    body: Json
    shows_thinking: bool


def acknowledgement(interaction: Json) -> Acknowledgement | None:
    """The callback to send, or None for an interaction that this bot never offered (forms, completions)."""
    kind = interaction.get("type")
    if kind == COMMAND:
        body: Json = {"type": LATER, "data": {"flags": EPHEMERAL}}
    elif kind == COMPONENT:
        body = {"type": SILENTLY}
    else:
        return None
    return Acknowledgement(
        interaction_id=str(interaction["id"]),
        channel_id=str(interaction.get("channel_id", "")),
        token=str(interaction["token"]),
        body=body,
        shows_thinking=kind == COMMAND,
    )


def to_inbound(interaction: Json) -> Inbound | None:
    """A pressed button or a chosen command, as if the person had written it; None for other interactions.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` when it makes no sense.
    """
    kind, data = interaction["type"], interaction.get("data") or {}
    if kind == COMPONENT:
        text = str(data["custom_id"])
    elif kind == COMMAND:
        values = [str(option["value"]) for option in data.get("options") or () if "value" in option]
        text = " ".join([f"/{data['name']}", *values])
    else:
        return None
    member = interaction.get("member") or {}
    user = interaction.get("user") or member["user"]
    room = str(interaction.get("guild_id") or "")
    return Inbound(
        id=str(interaction["id"]),
        conversation=Conversation("discord", str(interaction["channel_id"])),
        sender=Person(str(user["id"]), member.get("nick") or user.get("global_name") or user.get("username") or ""),
        sent_at=made_at(interaction["id"]),
        text=text,
        message_id=str((interaction.get("message") or {}).get("id", "")),
        private=not room,
        to_me=True,
        room=room,
    )


def offered(commands: tuple[SlashCommand, ...]) -> list[Json]:
    """The commands as Discord takes them. Source: Discord docs, Application Commands."""
    return [
        {
            "type": 1,
            "name": command.name,
            "description": command.description[:100],
            "options": [{"type": STRING, "name": command.argument, "description": command.argument, "required": False}]
            if command.argument
            else [],
        }
        for command in commands
    ]
