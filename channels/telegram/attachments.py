"""Attachments: the files of a Telegram message that can be fetched.

Source: Telegram Bot API, Message and the types of its fields.
"""

from __future__ import annotations

from bot.core.messages import Attachment, Kind
from bot.media.characters import whole
from bot.media.file_kinds import claimed_kind
from channels.telegram.descriptions import Raw


def attachments_in(message: Raw) -> tuple[Attachment, ...]:
    """The files of a message; a message carries one at most."""
    if photos := message.get("photo") or (message.get("live_photo") or {}).get("photo"):
        largest = max(photos, key=lambda size: size.get("width", 0) * size.get("height", 0))
        return (_attachment(largest, Kind.PICTURE, "image/jpeg"),)
    if sticker := message.get("sticker"):
        moving = sticker.get("is_animated") or sticker.get("is_video")
        return () if moving else (_attachment(sticker, Kind.PICTURE, "image/webp"),)
    for field, kind, mime in _FILES:
        if value := message.get(field):
            return (_attachment(value, kind, mime),)
    if document := message.get("document"):
        kind = claimed_kind(str(document.get("file_name") or ""), str(document.get("mime_type") or ""))
        return (_attachment(document, kind, "application/octet-stream"),)
    return ()


# An animation comes with a document of the same file: the first field wins.
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
