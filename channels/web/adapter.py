"""The local page as a channel: every message lies in the page log, so that a reload loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.core.arrivals import Arrivals
from bot.core.errors import ChannelDown, FetchFailed, NotSent, StoreUnavailable, Undeliverable
from bot.core.messages import Attachment, Conversation, Doing, Inbound, Part, Sent, Target, Text
from bot.core.ports.channel import Accept, Channel, ChannelLimits, Health
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs, PageLog
from bot.net.listener import listening
from bot.net.port_in_use import why_not
from channels.web.entries import doing, entry_json, event
from channels.web.gate import gate, protect
from channels.web.pages import Pages
from channels.web.settings import WebSettings

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
HOST = "127.0.0.1"
SOURCE = "web"
LISTENER_BACKLOG = 500
END = b""  # the last event of a stream
LIMITS = ChannelLimits(
    text=100_000, caption=100_000, upload_bytes=2**30, download_bytes=2**30, seconds_between_edits=0.05, keyed=True
)


class WebChannel(Channel):
    """Implements `bot.core.ports.Channel` for the person at this machine."""

    name = "web"
    limits = LIMITS

    def __init__(self, settings: WebSettings, *, log: PageLog, blobs: Blobs, clock: Clock) -> None:
        self._settings, self._log, self._blobs = settings, log, blobs
        self.token = settings.token  # may be renewed: then only the new address opens the page
        self._accept: asyncio.Future[Accept] | None = None
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._pages = Pages(self, log=log, blobs=blobs, clock=clock, settings=settings)
        self._port, self._serves = settings.port, False
        self._open = contextlib.AsyncExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        return ("Voxline",)

    @property
    def address(self) -> str:
        """What to open in a browser. It carries the token."""
        return f"http://{HOST}:{self._port}/enter/{self.token}"

    async def __aenter__(self) -> Self:
        """Serves the page. Raises `ChannelDown` when the port is taken."""
        self._accept = asyncio.get_running_loop().create_future()
        application = web.Application(
            middlewares=[gate(lambda: self.token)], client_max_size=self._settings.upload_bytes + 2**20
        )
        application.on_response_prepare.append(protect)
        self._pages.add_to(application, PAGE)
        try:
            listener = listening(application, HOST, self._settings.port)
            self._port = await self._open.enter_async_context(listener)
        except OSError as error:
            await self._open.aclose()
            raise ChannelDown(
                f"{await why_not(self._settings.port, error)}: end that program, or choose another port in "
                "channels.web.port",
                retry_after=10.0,
            ) from error
        self._serves = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serves = False
        for listener in tuple(self._listeners):
            self._hang_up(listener)
        await self._open.aclose()

    async def receive(self, accept: Accept) -> None:
        assert self._accept is not None, "receive() comes after entering"
        self._accept.set_result(accept)
        try:
            await asyncio.Event().wait()
        finally:  # who posts from now on waits for the next to receive
            self._accept = asyncio.get_running_loop().create_future()

    async def take(self, inbound: Inbound, parts: tuple[Part, ...]) -> None:
        """Shows and stores what the person said; only then may the page forget it. Raises `StoreUnavailable`."""
        assert self._accept is not None
        for number, part in enumerate(parts):
            await self._show(inbound.conversation.chat, f"in:{inbound.id}:{number}", "person", part)
        accept = await asyncio.shield(self._accept)
        await accept(Arrivals(SOURCE, (inbound,)))

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        raise FetchFailed(f"the page's file {attachment.name!r} was not stored with its message")

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        if not isinstance(part, Text) and not await asyncio.to_thread(self._blobs.path(part.blob).is_file):
            what = f"the file {part.blob.sha256} for {to.conversation} is gone from the disk"
            raise Undeliverable(what, tell="The file is gone.")
        await self._say(to, key, part)
        return Sent(key)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        """A message that was swept from the log is shown anew."""
        await self._say(to, message_id, text)

    async def busy(self, to: Target, what: Doing) -> None:
        self._publish(doing(to.conversation.chat, what))

    async def ping(self) -> Health:
        if not self._serves:
            return Health(False, "the local page is closed")
        return Health(True, f"the local page is open at http://{HOST}:{self._port}/")

    async def _say(self, to: Target, key: str, part: Part) -> None:
        try:
            await self._show(to.conversation.chat, key, "bot", part)
        except StoreUnavailable as error:
            raise NotSent(f"the page's log does not take a message for {to.conversation}: {error}") from error

    async def _show(self, chat: str, key: str, who: str, part: Part) -> None:
        entry = await self._log.show(Conversation(SOURCE, chat), key, who, part)
        self._publish(event("entry", entry_json(entry), number=entry.changed))

    def _publish(self, message: bytes) -> None:
        for listener in tuple(self._listeners):
            try:
                listener.put_nowait(message)
            except asyncio.QueueFull:  # a page that stopped reading: it reconnects and reads the log
                self._hang_up(listener)

    def _hang_up(self, listener: asyncio.Queue[bytes]) -> None:
        """Ends a page's stream of events, whatever it has not read yet."""
        self._listeners.discard(listener)
        while not listener.empty():
            listener.get_nowait()
        listener.put_nowait(END)

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Queue[bytes]]:
        """Everything that is shown from now on; an empty message is the end."""
        listener: asyncio.Queue[bytes] = asyncio.Queue(LISTENER_BACKLOG)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
