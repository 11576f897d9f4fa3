"""What the page asks of the server: itself, the log, the live events, files, and to take a message."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from aiohttp import BodyPartReader, web

from bot.core.errors import MediaError, StoreUnavailable
from bot.core.messages import Attachment, Blob, Conversation, Inbound, Kind, Media, Part, Person, Text, Voice
from bot.core.ports import Blobs, Clock, PageLog
from channels.web.entries import told
from channels.web.gate import COOKIE
from channels.web.settings import WebSettings

PERSON = Person("you", "You")
ID = re.compile(r"[A-Za-z0-9-]{1,64}")
SHOWN_INLINE = ("image/png", "image/jpeg", "image/webp", "image/gif", "audio/", "video/")
TEXT_AT_MOST = 100_000
KEEP_ALIVE_SECONDS = 20.0
STORE_FULL = "I cannot save anything right now (the disk may be full). Your message stays here; try again in a minute."


class Intake(Protocol):
    """What taking a message needs of the channel."""

    async def take(self, inbound: Inbound, parts: tuple[Part, ...]) -> None: ...
    def listening(self) -> AbstractContextManager[asyncio.Queue[bytes]]: ...


class Pages:
    """The routes."""

    def __init__(self, intake: Intake, *, log: PageLog, blobs: Blobs, clock: Clock, settings: WebSettings) -> None:
        self._intake, self._log, self._blobs = intake, log, blobs
        self._clock, self._settings = clock, settings

    def add_to(self, application: web.Application, page: Path) -> None:
        """Adds every route; `page` is the folder with the page's own files."""
        files = {path.name: path for path in page.iterdir()}

        async def static(request: web.Request) -> web.StreamResponse:
            path = files.get(request.match_info.get("name") or "index.html")
            if path is None:
                raise web.HTTPNotFound
            return web.FileResponse(path)

        application.add_routes(
            [
                web.get("/enter/{token}", self._enter),
                web.get("/", static),
                web.get("/page/{name}", static),
                web.get("/api/chats", self._chats),
                web.get("/api/entries", self._entries),
                web.get("/api/events", self._events),
                web.post("/api/messages", self._message),
                web.get("/media/{sha256}", self._media),
            ]
        )

    def conversation(self, chat: str) -> Conversation:
        """A conversation of the page."""
        return Conversation("web", chat)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        if not secrets.compare_digest(request.match_info["token"].encode(), self._settings.token.encode()):
            return web.Response(status=401, text="This address is from an earlier start. Use the newest one.\n")
        response = web.HTTPSeeOther("/")
        response.set_cookie(COOKIE, self._settings.token, httponly=True, samesite="Strict", path="/")
        return response

    async def _chats(self, request: web.Request) -> web.Response:
        return web.json_response({"chats": list(await self._log.chats())})

    async def _entries(self, request: web.Request) -> web.Response:
        chat, after = request.query.get("chat", ""), request.query.get("after", "0")
        if not ID.fullmatch(chat) or not after.isdigit():
            raise web.HTTPBadRequest(text="chat and after are needed")
        entries = await self._log.entries(chat, after=int(after))
        return web.json_response({"entries": [told(entry) for entry in entries]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        with self._intake.listening() as news:
            await response.prepare(request)
            await response.write(b": here\n\n")
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        message = await news.get()
                except TimeoutError:
                    message = b": still here\n\n"
                if not message:
                    return response
                await response.write(message)

    async def _message(self, request: web.Request) -> web.Response:
        """Takes one message; the page keeps it until this says 202. The same id twice is one message."""
        try:
            inbound, parts = await self._read(request)
            await self._intake.take(inbound, parts)
        except MediaError as error:
            return web.json_response({"error": error.tell}, status=413)
        except StoreUnavailable:
            return web.json_response({"error": STORE_FULL}, status=503, headers={"Retry-After": "5"})
        return web.json_response({"id": inbound.id}, status=202)

    async def _read(self, request: web.Request) -> tuple[Inbound, tuple[Part, ...]]:
        fields: dict[str, str] = {}
        files: list[Attachment] = []
        if not request.content_type.startswith("multipart/"):
            raise web.HTTPUnsupportedMediaType(text="a message is multipart/form-data")
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise web.HTTPBadRequest(text="a message is not nested")
            if part.filename:
                files.append(await self._file(part))
            else:
                fields[part.name or ""] = (await part.text())[:TEXT_AT_MOST]
        identity, chat, text = fields.get("id", ""), fields.get("chat", ""), fields.get("text", "").strip()
        if not ID.fullmatch(identity) or not ID.fullmatch(chat) or not (text or files):
            raise web.HTTPBadRequest(text="id, chat, and text or files are needed")
        inbound = Inbound(
            identity, self.conversation(chat), PERSON, self._clock.now(), text, tuple(files), message_id=identity
        )
        said = (Text(text),) if text else ()
        return inbound, (*said, *(shown(file) for file in files))

    async def _file(self, part: BodyPartReader) -> Attachment:
        mime = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
        name = (part.filename or "file")[:80]
        blob = await self._blobs.put_stream(chunks(part), mime, cap=self._settings.upload_bytes)
        kind = Kind.VOICE if part.name == "voice" else kind_of(mime)
        return Attachment(kind, mime, name=name, size=blob.size, blob=blob)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        """A file by its content. Only pictures, sound and clips open in the page; the rest is a download."""
        sha256, mime = request.match_info["sha256"], request.query.get("type", "")
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise web.HTTPNotFound
        path = self._blobs.path(Blob(sha256, mime, 0))
        if not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound
        inline = mime.startswith(SHOWN_INLINE)
        headers = {"Content-Type": mime if inline else "application/octet-stream"}
        if not inline:
            headers["Content-Disposition"] = "attachment"
        return web.FileResponse(path, headers=headers)


async def chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The bytes of an upload as they come."""
    while data := await part.read_chunk(65536):
        yield data


def kind_of(mime: str) -> Kind:
    """What a dropped file is, by its type."""
    families = {"image": Kind.PICTURE, "audio": Kind.AUDIO, "video": Kind.VIDEO}
    return families.get(mime.partition("/")[0], Kind.DOCUMENT)


def shown(file: Attachment) -> Part:
    """An upload as the page shows it."""
    assert file.blob is not None
    if file.kind is Kind.VOICE:
        return Voice(file.blob, file.seconds or 0.0, b"")
    return Media(file.kind, file.blob, file.name)
