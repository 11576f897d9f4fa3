"""Server-sent events for the page, as JSON: entries of the log, and what the bot is doing."""

from __future__ import annotations

import json
from typing import assert_never

from bot.core.messages import Blob, Doing, Media, Part, Text, Voice
from bot.core.page_entries import PageEntry

Json = dict[str, object]


def entry_json(entry: PageEntry) -> Json:
    """One message as the page draws it. `changed` grows with every change of any message."""
    return {
        "id": entry.id,
        "changed": entry.changed,
        "chat": entry.conversation.chat,
        "key": entry.key,
        "who": entry.who,
        **_part(entry.part),
    }


def _part(part: Part) -> Json:
    match part:
        case Text(text=text, choices=choices):
            return {"kind": "text", "text": text, "choices": [{"label": c.label, "say": c.say} for c in choices]}
        case Voice(blob=blob, seconds=seconds, waveform=waveform, text=words):
            return {"kind": "voice", "url": url(blob), "seconds": seconds, "waveform": list(waveform), "words": words}
        case Media(kind=kind, blob=blob, name=name, caption=caption, seconds=seconds):
            return {
                "kind": kind.value,
                "url": url(blob),
                "name": name,
                "text": caption,
                "seconds": seconds,
                "size": blob.size,
            }
        case _:
            assert_never(part)


def url(blob: Blob) -> str:
    """Where the page finds the bytes."""
    return f"/media/{blob.sha256}?type={blob.mime}"


def event(name: str, data: Json, *, number: int | None = None) -> bytes:
    """One server-sent event. `number` is what the browser sends again after a reconnect (Last-Event-ID)."""
    line = f"id: {number}\n" if number is not None else ""
    return f"{line}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def doing(chat: str, what: Doing) -> bytes:
    """The busy indicator; it is not kept and has no number."""
    return event("busy", {"chat": chat, "doing": what.value})
