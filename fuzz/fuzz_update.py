"""An update of any shape is read, ignored, or refused by one of the errors that set it aside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.core.messages import Inbound
from channels.telegram.descriptions import UNREADABLE
from channels.telegram.inbound import Me, moved, read_update
from fuzz.choices import Choices

ME = Me(99, "Vox", "vox_bot")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEEPEST = 6
FIELDS = (
    *("update_id", "message", "edited_message", "callback_query", "message_id", "from", "chat", "date", "edit_date"),
    *("text", "caption", "entities", "caption_entities", "reply_to_message", "external_reply", "quote", "photo"),
    *("voice", "audio", "video", "video_note", "animation", "document", "sticker", "location", "venue", "contact"),
    *("poll", "dice", "game", "story", "forward_origin", "sender_chat", "sender_user", "sender_user_name", "title"),
    *("id", "type", "offset", "length", "user", "url", "is_bot", "first_name", "last_name", "username", "data"),
    *("file_id", "file_size", "file_name", "mime_type", "duration", "width", "height", "is_animated", "is_video"),
    *("media_group_id", "message_thread_id", "is_topic_message", "forum_topic_created", "migrate_to_chat_id"),
    *("latitude", "longitude", "address", "phone_number", "options", "question", "emoji", "value", "position"),
)
WORDS = (
    *("private", "group", "supergroup", "channel", "mention", "text_mention", "text_link", "bot_command", "user"),
    *("hidden_user", "chat", "/start@vox_bot", "@vox_bot", "\ud83d", "👩‍🚀 hi", "image/png", "audio/ogg"),
)
NUMBERS = (0, 1, -1, 99, 1767225600, 2**31, 2**63, -(2**53), 10**400, 1.5, -0.0, 1e308, float("inf"), float("nan"))


def check(data: bytes) -> None:
    update = _update(data)
    for read in (lambda: read_update(update, ME, NOW), lambda: moved(update)):
        try:
            found = read()
        except UNREADABLE:
            continue
        if isinstance(found, Inbound):
            _is_storable(found)


def _is_storable(found: Inbound) -> None:
    """What was read can be written down: no half characters, no infinities where numbers are counted."""
    assert found.id
    for text in (found.text, found.sender.name, found.quoted.text if found.quoted else ""):
        text.encode()
    for file in found.attachments:
        file.name.encode()


def _update(data: bytes) -> dict[str, Any]:
    """The JSON in the data, or else an update that the bytes decide on."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else _object(Choices(data), DEEPEST)


def _object(choices: Choices, depth: int) -> dict[str, Any]:
    return {choices.one_of(FIELDS): _value(choices, depth - 1) for _ in range(choices.number(12))}


def _value(choices: Choices, depth: int) -> Any:
    kind = choices.number(8 if depth > 0 else 5)
    if kind < 2:
        return choices.one_of(NUMBERS)
    if kind < 4:
        return choices.one_of(WORDS) if kind == 2 else choices.text(12)
    if kind == 4:
        return choices.one_of((None, True, False))
    if kind == 5:
        return [_value(choices, depth - 1) for _ in range(choices.number(4))]
    return _object(choices, depth)
