"""Inbound: a raw update as an `Inbound`, without a request.

Raw JSON rather than `telegram.Update`: one field of an unknown shape must not cost the whole batch, and
what cannot be read is kept as it came. Reading raises one of `UNREADABLE` then.
Source: Telegram Bot API, Update, Message, MessageEntity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.messages import Conversation, Inbound, Person, Quoted
from bot.media.characters import between, whole
from channels.telegram.attachments import attachments_in
from channels.telegram.descriptions import Raw, described, described_in_private

SOMEBODY = "somebody"  # who wrote forwarded words where Telegram does not name them

_FORWARD_MARKS = ("forward_origin", "forward_date", "forward_from", "forward_from_chat", "forward_sender_name")
_GROUPS = ("group", "supergroup")


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is on Telegram."""

    id: int
    name: str
    username: str


def read_update(update: Raw, me: Me, now: datetime) -> Inbound | None:
    """What to act on, or None for updates that are nothing to answer. `now` dates a pressed button."""
    event = str(int(update["update_id"]))
    if message := update.get("message"):
        return _read_message(message, event, me, edited=False)
    if edited := update.get("edited_message"):
        if "location" in edited:
            return None  # a live location, sent every few seconds
        return _read_message(edited, event, me, edited=True)
    if query := update.get("callback_query"):
        return _read_press(query, event, now)
    return None


def moved(update: Raw) -> tuple[str, str] | None:
    """The old and the new chat id, where a group became a supergroup."""
    message = update.get("message") or {}
    new = message.get("migrate_to_chat_id")
    return (str(message["chat"]["id"]), str(new)) if new else None


def _read_message(message: Raw, event: str, me: Me, *, edited: bool) -> Inbound | None:
    chat = message["chat"]
    private = chat["type"] == "private"
    if not private and chat["type"] not in _GROUPS:
        return None
    text, called = _words(message, me)
    attachments = attachments_in(message)
    if not text and not attachments:
        text = described_in_private(message) if private else described(message)
    elif not text:
        text = described(message)
    if not text and not attachments:
        return None  # a service message: a person joined, a title changed, a message was pinned
    forwarded = any(mark in message for mark in _FORWARD_MARKS)
    return Inbound(
        id=event,
        conversation=_conversation(message),
        sender=_sender(message),
        sent_at=datetime.fromtimestamp(message["edit_date" if edited and "edit_date" in message else "date"], UTC),
        text=text,
        attachments=attachments,
        message_id=str(int(message["message_id"])),
        quoted=_quoted(message, me),
        private=private,
        to_me=private or called or _answers_me(message, me),
        room="" if private else str(int(chat["id"])),
        room_name=str(chat.get("title", "")),
        group=str(message.get("media_group_id", "")),
        forwarded=forwarded,
        forwarded_from=_origin_name(message.get("forward_origin")) or SOMEBODY if forwarded else "",
        edited=edited,
    )


def _read_press(query: Raw, event: str, now: datetime) -> Inbound | None:
    message, data = query.get("message"), query.get("data")
    if not message or not data:
        return None  # a button of an inline result or of a game
    private = message["chat"]["type"] == "private"
    return Inbound(
        id=event,
        conversation=_conversation(message),
        sender=_person(query["from"]),
        sent_at=now,
        text=whole(str(data)),
        message_id=str(int(message["message_id"])),
        private=private,
        to_me=True,
        room="" if private else str(int(message["chat"]["id"])),
    )


def _conversation(message: Raw) -> Conversation:
    # A reply in an ordinary supergroup has a thread id too; only topics are conversations of their own.
    thread = str(int(message["message_thread_id"])) if message.get("is_topic_message") else ""
    return Conversation("telegram", str(int(message["chat"]["id"])), thread)


def _sender(message: Raw) -> Person:
    """The person, or the group or channel that an anonymous admin speaks for."""
    if spoken_for := message.get("sender_chat"):
        return Person(str(int(spoken_for["id"])), whole(str(spoken_for.get("title", ""))))
    return _person(message["from"])


def _person(user: Raw) -> Person:
    return Person(str(int(user["id"])), _full_name(user), bool(user.get("is_bot")))


def _full_name(user: Raw) -> str:
    return whole(" ".join(filter(None, (user.get("first_name"), user.get("last_name")))))


def _origin_name(origin: object) -> str:
    """Who wrote forwarded words; "" for an origin without a name, or of a kind that is unknown here."""
    match origin:
        case {"sender_user": {"first_name": _} as user}:
            return _full_name(user)
        case {"sender_user_name": name} | {"sender_chat": {"title": name}} | {"chat": {"title": name}}:
            return whole(str(name))
        case _:
            return ""


def _words(message: Raw, me: Me) -> tuple[str, bool]:
    """The text or caption, with hidden links made visible and our own name off commands; and whether it calls us."""
    raw, entities = _written(message)
    called = False
    edits = _visible_links(raw, entities)
    for entity in entities:
        kind, marked = entity["type"], between(raw, entity["offset"], entity["length"])
        if kind == "mention":
            called = called or marked[1:].lower() == me.username.lower()
        elif kind == "text_mention":
            called = called or entity["user"]["id"] == me.id
        elif kind == "bot_command" and entity["offset"] == 0:
            command, _, addressee = marked.partition("@")
            if not addressee:
                called = True
            elif addressee.lower() == me.username.lower():
                called = True
                edits.append((0, entity["length"], command))
    return _edited(raw, edits), called


def _written(message: Raw) -> tuple[str, tuple[Raw, ...]]:
    """The text or caption of a message, and its entities."""
    if text := message.get("text"):
        return str(text), tuple(message.get("entities") or ())
    return str(message.get("caption") or ""), tuple(message.get("caption_entities") or ())


# Where an edit begins and how long the replaced piece is, in UTF-16 units, and what stands there instead.
_Edit = tuple[int, int, str]


def _visible_links(text: str, entities: Iterable[Raw]) -> list[_Edit]:
    """An edit for each address that hides behind words."""
    links = [entity for entity in entities if entity["type"] == "text_link"]
    places = [(link["offset"], link["length"], link["url"]) for link in links]
    return [(offset, length, f"[{between(text, offset, length)}]({url})") for offset, length, url in places]


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    """The text with each marked piece replaced; of two edits that overlap the first is made."""
    written = text.encode("utf-16-le", "surrogatepass")
    done, place = bytearray(), 0
    for offset, length, replacement in sorted(edits):
        if 2 * offset >= place and length > 0:
            done += written[place : 2 * offset] + replacement.encode("utf-16-le", "surrogatepass")
            place = 2 * (offset + length)
    return (done + written[place:]).decode("utf-16-le", "replace")


def _with_links(text: str, entities: Iterable[Raw]) -> str:
    return _edited(text, _visible_links(text, entities))


def _replied(message: Raw) -> Raw | None:
    """The message replied to. In a topic every message formally answers the topic's creation: that is no reply."""
    replied = message.get("reply_to_message")
    return None if not replied or "forum_topic_created" in replied else replied


def _answers_me(message: Raw, me: Me) -> bool:
    replied = _replied(message)
    return bool(replied) and (replied or {}).get("from", {}).get("id") == me.id


def _quoted(message: Raw, me: Me) -> Quoted | None:
    quote = message.get("quote") or {}
    selected = _with_links(str(quote.get("text", "")), quote.get("entities") or ())
    if replied := _replied(message):
        text = selected or _with_links(*_written(replied)) or described(replied)
        from_me = replied.get("from", {}).get("id") == me.id
        return Quoted(str(int(replied["message_id"])), text, attachments_in(replied), from_me)
    if elsewhere := message.get("external_reply"):  # a message of another chat
        text = selected or described(elsewhere)
        return Quoted(str(elsewhere.get("message_id", "")), text, attachments_in(elsewhere))
    return None
