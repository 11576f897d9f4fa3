"""Files and other things in a Telegram message: what can be fetched, and what becomes words.

Source: Telegram Bot API, Message and the types of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.core.messages import Attachment, Kind
from bot.media.characters import whole

Raw = Mapping[str, Any]

_SEEN = ("image/jpeg", "image/png", "image/webp", "image/gif")


def attachments_in(message: Raw) -> tuple[Attachment, ...]:
    """The files of a message; a message carries one at most."""
    if photos := message.get("photo"):
        largest = max(photos, key=lambda size: size.get("width", 0) * size.get("height", 0))
        return (_attachment(largest, Kind.PICTURE, "image/jpeg"),)
    if sticker := message.get("sticker"):
        moving = sticker.get("is_animated") or sticker.get("is_video")
        return () if moving else (_attachment(sticker, Kind.PICTURE, "image/webp"),)
    for field, kind, mime in _FILES:
        if value := message.get(field):
            return (_attachment(value, kind, mime),)
    if document := message.get("document"):
        return (_attachment(document, _use(str(document.get("mime_type", ""))), "application/octet-stream"),)
    return ()


def described(message: Raw) -> str:
    """Things without words, as words; "" when there are none."""
    for field, describe in _DESCRIBED:
        if value := message.get(field):
            return whole(describe(value))
    return ""


# An animation comes with a document of the same file, a venue with its location: the first field wins.
_FILES = (
    ("voice", Kind.VOICE, "audio/ogg"),
    ("audio", Kind.AUDIO, "audio/mpeg"),
    ("video_note", Kind.VIDEO, "video/mp4"),
    ("video", Kind.VIDEO, "video/mp4"),
    ("animation", Kind.VIDEO, "video/mp4"),
)


def _attachment(file: Raw, kind: Kind, mime: str) -> Attachment:
    size, seconds = file.get("file_size"), file.get("duration")
    return Attachment(
        kind=kind,
        mime=str(file.get("mime_type") or mime),
        remote=str(file["file_id"]),
        name=whole(str(file.get("file_name", ""))),
        size=None if size is None else int(size),
        seconds=None if seconds is None else float(seconds),
    )


def _use(mime: str) -> Kind:
    """A picture or a song sent "as a file" is still a picture or a song."""
    if mime in _SEEN:
        return Kind.PICTURE
    return {"audio": Kind.AUDIO, "video": Kind.VIDEO}.get(mime.partition("/")[0], Kind.DOCUMENT)


def _place(place: Raw) -> str:
    return f"latitude {place['latitude']}, longitude {place['longitude']}"


def _venue(venue: Raw) -> str:
    return f"[venue: {venue['title']}, {venue['address']}, {_place(venue['location'])}]"


def _contact(contact: Raw) -> str:
    name = " ".join(filter(None, (contact["first_name"], contact.get("last_name"))))
    return f"[contact: {name}, {contact['phone_number']}]"


def _poll(poll: Raw) -> str:
    options = "".join(f"\n- {option['text']}" for option in poll["options"])
    return f"[poll: {poll['question']}]{options}"


_DESCRIBED: tuple[tuple[str, Callable[[Raw], str]], ...] = (
    ("venue", _venue),
    ("location", lambda place: f"[location: {_place(place)}]"),
    ("contact", _contact),
    ("poll", _poll),
    ("dice", lambda dice: f"[dice {dice['emoji']}: {dice['value']}]"),
    ("sticker", lambda sticker: f"[sticker {sticker.get('emoji', '')}".rstrip() + "]"),
    ("game", lambda game: f"[game: {game['title']}]"),
    ("story", lambda _: "[a story]"),
)
