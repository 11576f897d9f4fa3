"""Inbound messages: Discord's message objects as the daemon's own values. Pure: no network, no clock.

Works on the raw JSON because the gateway and the REST history word a message alike, and because an
object that the library cannot parse must not end the connection.
Source: Discord docs, Message object and Receiving Messages.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.messages import Attachment, Conversation, Inbound, Kind, Person, Quoted
from channels.discord.message_types import NOTICES
from channels.discord.snowflake import made_at

FORWARD = 1  # a message_reference of this type carries a snapshot instead of a reply
VOICE_MESSAGE = 1 << 13
UNREADABLE = "[a message of a kind that cannot be read here]"
_WRITTEN_EMBEDS = ("rich", "poll_result", "auto_moderation_message")
_TEXT_DISPLAY = 10
_KINDS = {"image": Kind.PICTURE, "video": Kind.VIDEO, "audio": Kind.AUDIO}
_CUSTOM_EMOJI = re.compile(r"<a?(:\w+:)\d+>")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BotUser:
    """The bot as messages name it: its user id, and the roles in that server that stand for it."""

    id: str
    roles: frozenset[str] = frozenset()


def to_inbound(message: Json, me: BotUser, room: str) -> Inbound | None:
    """What a person wrote, or None for a notice and for the bot's own messages. `room` is "" in a direct chat.

    A message without anything that can be read has a text that says so: in a direct chat it is answered too.

    An edited message has an id of its own, so that it is not taken for the original.
    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` when it makes no sense.
    """
    author = message["author"]
    if message.get("type", 0) in NOTICES or str(author["id"]) == me.id:
        return None
    message_id, channel_id = str(message["id"]), str(message["channel_id"])
    edited = message.get("edited_timestamp")
    body = _shown(message)
    quoted = _quoted(message, me)
    text, attachments = _words(body, me), _attachments(body, channel_id, message_id)
    return Inbound(
        id=f"{message_id}:e{_millis(edited)}" if edited else message_id,
        conversation=Conversation("discord", channel_id),
        sender=_person(message),
        sent_at=made_at(message_id),
        text=text or ("" if attachments or quoted or _names_me(message, me) else UNREADABLE),
        attachments=attachments,
        message_id=message_id,
        quoted=quoted,
        private=not room,
        to_me=not room or _names_me(message, me) or (quoted is not None and quoted.from_me),
        room=room,
        forwarded=body is not message,
        forwarded_from="another chat" if body is not message else "",
        edited=bool(edited),
    )


def _person(message: Json) -> Person:
    author = message["author"]
    nick = (message.get("member") or {}).get("nick")
    name = nick or author.get("global_name") or author.get("username") or ""
    # a webhook posts under any name it likes, without a user behind it
    return Person(str(author["id"]), name, is_bot=bool(author.get("bot") or message.get("webhook_id")))


def _names_me(message: Json, me: BotUser) -> bool:
    mentioned = {str(user["id"]) for user in message.get("mentions") or ()}
    return me.id in mentioned or not me.roles.isdisjoint(str(role) for role in message.get("mention_roles") or ())


def _quoted(message: Json, me: BotUser) -> Quoted | None:
    """The message that this one answers; without text when it was deleted or Discord left it out."""
    reference = message.get("message_reference") or {}
    if not reference.get("message_id") or reference.get("type", 0) == FORWARD:
        return None
    message_id = str(reference["message_id"])
    answered = message.get("referenced_message")
    if not answered:
        return Quoted(message_id)
    channel_id = str(answered.get("channel_id") or message["channel_id"])
    body = _shown(answered)
    return Quoted(
        message_id,
        text=_words(body, me),
        attachments=_attachments(body, channel_id, message_id),
        from_me=str(answered["author"]["id"]) == me.id,
    )


def _shown(message: Json) -> Json:
    """What people see of a message: its own content, or the snapshot that a forward carries."""
    reference = message.get("message_reference") or {}
    snapshots = message.get("message_snapshots") or ()
    if reference.get("type", 0) != FORWARD or not snapshots:
        return message
    shown: Json = snapshots[0]["message"]
    return shown


def _words(body: Json, me: BotUser) -> str:
    """The text without the bot's own mention, other mentions by name, and in brackets what is not text."""
    text: str = body.get("content") or ""
    for own in (f"<@{me.id}>", f"<@!{me.id}>", *(f"<@&{role}>" for role in me.roles)):
        text = text.replace(own, "")
    for user in body.get("mentions") or ():
        name = user.get("global_name") or user.get("username") or "someone"
        text = text.replace(f"<@{user['id']}>", f"@{name}").replace(f"<@!{user['id']}>", f"@{name}")
    text = _CUSTOM_EMOJI.sub(r"\1", text)
    return "\n".join(part for part in (text.strip(), *_besides_text(body)) if _is_visible(part))


def _is_visible(text: str) -> bool:
    return any(character.isprintable() and not character.isspace() for character in text)


def _besides_text(body: Json) -> Iterable[str]:
    for sticker in body.get("sticker_items") or ():
        yield f"[sticker: {sticker.get('name', '')}]"
    if poll := body.get("poll"):
        answers = ", ".join(str((answer.get("poll_media") or {}).get("text", "")) for answer in poll.get("answers", ()))
        yield f"[poll: {(poll.get('question') or {}).get('text', '')} ({answers})]"
    if activity := body.get("activity"):
        name = (body.get("application") or {}).get("name") or activity.get("party_id") or ""
        yield f"[invitation to an activity: {name}]"
    for embed in body.get("embeds") or ():
        # other kinds are previews of the links in the text, which Discord adds by itself
        if embed.get("type") in _WRITTEN_EMBEDS or not body.get("content"):
            yield _card(embed)
    yield from _component_texts(body.get("components") or ())


def _card(embed: Json) -> str:
    """An embed as people read it, from its author's name to its footer. Source: Discord docs, Embed object."""
    fields = [f"{field.get('name', '')}: {field.get('value', '')}" for field in embed.get("fields") or ()]
    author, footer = (embed.get("author") or {}).get("name"), (embed.get("footer") or {}).get("text")
    lines = (author, embed.get("title"), embed.get("description"), *fields, footer)
    return "\n".join(str(line) for line in lines if line)


def _component_texts(components: Iterable[Json]) -> Iterable[str]:
    """The texts among the components of a bot's message. Source: Discord docs, Component Reference, Text Display."""
    for component in components:
        if component.get("type") == _TEXT_DISPLAY:
            yield str(component.get("content") or "")
        yield from _component_texts(component.get("components") or ())


def _attachments(body: Json, channel_id: str, message_id: str) -> tuple[Attachment, ...]:
    voice = bool((body.get("flags") or 0) & VOICE_MESSAGE)
    return tuple(_attachment(raw, channel_id, message_id, voice) for raw in body.get("attachments") or ())


def _attachment(raw: Json, channel_id: str, message_id: str, voice: bool) -> Attachment:
    name = str(raw.get("filename") or "")
    mime = str(raw.get("content_type") or mimetypes.guess_type(name)[0] or "").split(";")[0]
    kind = _KINDS.get(mime.split("/")[0], Kind.DOCUMENT)
    # the flag is what the app sets; some clients only send the waveform (discord-api-docs, voice messages)
    if voice or (kind is Kind.AUDIO and raw.get("waveform")):
        kind = Kind.VOICE
    seconds = raw.get("duration_secs")
    return Attachment(
        kind=kind,
        mime=mime,
        remote=f"{channel_id}/{message_id}/{raw['id']} {raw['url']}",
        name=name,
        size=int(raw["size"]) if raw.get("size") is not None else None,
        seconds=float(seconds) if seconds is not None else None,
    )


def _millis(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp() * 1000)
