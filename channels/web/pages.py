"""What the page asks of the server: itself, the log, the live events, files, and to take a message."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.core.errors import MediaError, StoreUnavailable
from bot.core.messages import Blob, Inbound, Part, Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs, PageLog
from channels.web.entries import entry_json
from channels.web.form import ID, MIME, UNKNOWN, read_message
from channels.web.gate import cookie
from channels.web.settings import WebSettings

SHOWN_INLINE = ("image/png", "image/jpeg", "image/webp", "image/gif", "audio/", "video/")
PAGE_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
KEEP_ALIVE_SECONDS = 20.0
COOKIE_SECONDS = 400 * 86_400  # the longest that browsers keep one
ENTRIES_AT_MOST = 2000  # of one conversation, on the page at once
CHATS_AT_MOST = 200
TITLE_LETTERS = 60
STORE_FULL = "I cannot save anything right now (the disk may be full). Your message stays here; try again in a minute."
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # the address names the content


class Intake(Protocol):
    """What taking a message needs of the channel."""

    @property
    def token(self) -> str: ...
    async def take(self, inbound: Inbound, parts: tuple[Part, ...]) -> None: ...
    def listening(self) -> AbstractContextManager[asyncio.Queue[bytes]]: ...


class Pages:
    """The routes."""

    def __init__(self, intake: Intake, *, log: PageLog, blobs: Blobs, clock: Clock, settings: WebSettings) -> None:
        self._intake, self._log, self._blobs = intake, log, blobs
        self._clock, self._settings = clock, settings
        self._titles: dict[str, str] = {}

    def add_to(self, application: web.Application, page: Path) -> None:
        """Adds every route; `page` is the folder with the page's own files."""
        files = {path.name: path for path in page.iterdir()}

        async def static(request: web.Request) -> web.StreamResponse:
            path = files.get(request.match_info.get("name") or "index.html")
            if path is None:
                raise web.HTTPNotFound
            return web.FileResponse(path, headers={"Content-Type": PAGE_TYPES.get(path.suffix, UNKNOWN)})

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

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        if not secrets.compare_digest(request.match_info["token"].encode(), self._intake.token.encode()):
            return web.Response(
                status=401,
                text="This address is from an earlier start or was replaced. `voxline page` prints the newest.\n",
            )
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(
            cookie(request), self._intake.token, max_age=COOKIE_SECONDS, httponly=True, samesite="Strict", path="/"
        )
        return response

    async def _chats(self, request: web.Request) -> web.Response:
        """The conversations, the one that changed last first, and what an upload may weigh in bytes."""
        chats = (await self._log.chats())[:CHATS_AT_MOST]
        listed = [{"chat": chat, "title": await self._title(chat)} for chat in chats]
        return web.json_response({"chats": listed, "upload_bytes": self._settings.upload_bytes})

    async def _title(self, chat: str) -> str:
        """The first words that were typed there, or ""; they never change, so each log is searched once."""
        if chat not in self._titles:
            entries = await self._log.entries(chat, limit=ENTRIES_AT_MOST)
            typed = (e.part.text for e in entries if e.who == "person" and isinstance(e.part, Text))
            title = next((text for text in typed if not text.startswith("/")), "")
            if not title:
                return ""
            self._titles[chat] = " ".join(title.split())[:TITLE_LETTERS]
        return self._titles[chat]

    async def _entries(self, request: web.Request) -> web.Response:
        chat, after = request.query.get("chat", ""), request.query.get("after", "0")
        if not ID.fullmatch(chat) or not re.fullmatch(r"[0-9]{1,18}", after):
            raise web.HTTPBadRequest(text="chat and after are needed")
        entries = await self._log.entries(chat, after=int(after), limit=ENTRIES_AT_MOST)
        return web.json_response({"entries": [entry_json(entry) for entry in entries]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Everything that is shown from now on. Who was away asks `_entries` for what changed meanwhile."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        with self._intake.listening() as news, contextlib.suppress(ConnectionResetError):  # the page was closed
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while message := await _next(news):
                await response.write(message)
        return response

    async def _message(self, request: web.Request) -> web.Response:
        """Takes one message; the page keeps it until this says 202. The same id twice is one message."""
        try:
            message = await read_message(request, self._blobs, now=self._clock.now(), cap=self._settings.upload_bytes)
            await self._intake.take(message.inbound, message.parts)
        except MediaError as error:
            return web.json_response({"error": error.tell}, status=413)
        except StoreUnavailable:
            return web.json_response({"error": STORE_FULL}, status=503, headers={"Retry-After": "5"})
        return web.json_response({"id": message.inbound.id}, status=202)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        """A file by its content. Only pictures, sound and clips open in the page; the rest is a download."""
        sha256, mime = request.match_info["sha256"], request.query.get("type", "")
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise web.HTTPNotFound
        path = self._blobs.path(Blob(sha256, mime, 0))
        if not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound
        if MIME.fullmatch(mime) and mime.startswith(SHOWN_INLINE):
            return web.FileResponse(path, headers={"Content-Type": mime, **FOREVER})
        return web.FileResponse(path, headers={"Content-Type": UNKNOWN, "Content-Disposition": "attachment", **FOREVER})


async def _next(news: asyncio.Queue[bytes]) -> bytes:
    """The next event, or a sign of life when there is none for a while; empty at the end."""
    try:
        async with asyncio.timeout(KEEP_ALIVE_SECONDS):
            return await news.get()
    except TimeoutError:
        return b": still here\n\n"
