"""A message as the page's form carries it: read with bounds, the files straight into the blob store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from aiohttp import BodyPartReader, web

from bot.core.messages import Attachment, Conversation, Inbound, Kind, Media, Part, Person, Text, Voice
from bot.core.ports.store import Blobs

PERSON = Person("you", "You")
ID = re.compile(r"[A-Za-z0-9-]{1,64}")
MIME = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
UNKNOWN = "application/octet-stream"
FIELD_BYTES = 400_000
FILES_AT_MOST = 10
NAME_AT_MOST = 80
WAVEFORM_AT_MOST = 256
SECONDS_AT_MOST = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Message:
    """What the person said: for the agent, and as parts for the page."""

    inbound: Inbound
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: list[Attachment] = field(default_factory=list)


async def read_message(request: web.Request, blobs: Blobs, *, now: datetime, cap: int) -> Message:
    """The message in a form. Raises `HTTPBadRequest`, `HTTPUnsupportedMediaType`, and `MediaError` for a file of
    more than `cap` bytes."""
    if not request.content_type.startswith("multipart/"):
        raise web.HTTPUnsupportedMediaType(text="a message is multipart/form-data")
    try:
        form = await _read(request, blobs, cap)
    except ValueError as error:  # aiohttp raises it for a body that is not multipart
        raise web.HTTPBadRequest(text="the form is broken") from error
    identity, chat, text = (form.fields.get(name, "").strip() for name in ("id", "chat", "text"))
    if not ID.fullmatch(identity) or not ID.fullmatch(chat) or not (text or form.files):
        raise web.HTTPBadRequest(text="id, chat, and text or files are needed")
    seconds, waveform = _measured(form.fields)
    files = tuple(replace(file, seconds=seconds or None) if file.kind is Kind.VOICE else file for file in form.files)
    inbound = Inbound(identity, Conversation("web", chat), PERSON, now, text, files, message_id=identity)
    words = (Text(text),) if text else ()
    return Message(inbound, (*words, *(shown(file, waveform) for file in files)))


async def _read(request: web.Request, blobs: Blobs, cap: int) -> _Form:
    form = _Form()
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest(text="a message is not nested")
        if not part.filename:
            form.fields[part.name or ""] = await _field(part)
            continue
        if len(form.files) == FILES_AT_MOST:
            raise web.HTTPBadRequest(text=f"a message carries {FILES_AT_MOST} files at most")
        form.files.append(await _file(part, blobs, cap))
    return form


async def _field(part: BodyPartReader) -> str:
    held = bytearray()
    async for chunk in chunks(part):
        held += chunk
        if len(held) > FIELD_BYTES:
            raise web.HTTPBadRequest(text=f"a message has {FIELD_BYTES} bytes of text at most")
    return held.decode("utf-8", "replace")


async def _file(part: BodyPartReader, blobs: Blobs, cap: int) -> Attachment:
    announced = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    mime = announced if MIME.fullmatch(announced) else UNKNOWN
    blob = await blobs.put_stream(chunks(part), mime, cap=cap)
    kind = Kind.VOICE if part.name == "voice" else kind_of(mime)
    return Attachment(kind, mime, name=(part.filename or "")[-NAME_AT_MOST:], size=blob.size, blob=blob)


def _measured(fields: dict[str, str]) -> tuple[float, bytes]:
    """How long the page recorded, and how loud it was, from hex."""
    try:
        seconds, waveform = float(fields.get("seconds") or 0), bytes.fromhex(fields.get("waveform", ""))
    except ValueError:
        raise web.HTTPBadRequest(text="seconds is a number and waveform is hex") from None
    return (seconds if 0 <= seconds <= SECONDS_AT_MOST else 0.0), waveform[:WAVEFORM_AT_MOST]


async def chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The bytes of an upload as they come."""
    while data := await part.read_chunk(65536):
        yield data


def kind_of(mime: str) -> Kind:
    """What a dropped file is, by its type."""
    families = {"image": Kind.PICTURE, "audio": Kind.AUDIO, "video": Kind.VIDEO}
    return families.get(mime.partition("/")[0], Kind.DOCUMENT)


def shown(file: Attachment, waveform: bytes) -> Part:
    """An upload as the page shows it."""
    assert file.blob is not None
    if file.kind is Kind.VOICE:
        return Voice(file.blob, file.seconds or 0.0, waveform)
    return Media(file.kind, file.blob, file.name)
