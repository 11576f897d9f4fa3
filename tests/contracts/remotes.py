"""The other side of every channel: what people there do and what they see.

Telegram and Discord are the servers on loopback, the page is a client of the real page's server, and the channel in
memory is its own other side. A `Remote` also makes the adapter that talks to it, over one real store.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol
from uuid import uuid4

import aiohttp

from bot.core.arrivals import Arrivals
from bot.core.errors import StoreUnavailable
from bot.core.messages import Attachment, Conversation, Inbound, Kind, Media, Part, Person, Text, Voice
from bot.core.ports.channel import Channel
from bot.store import SqliteStore
from bot.store.database import Database
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from channels.web.adapter import WebChannel
from channels.web.settings import WebSettings
from tests.fakes.channel import LIMITS, FakeChannel
from tests.fakes.clock import FakeClock
from tests.fakes.discord_api import BOT_ID, DM_ID, DiscordApi, Do
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.sides import DiscordSide, Seen, TelegramSide

KINDS = {Kind.PICTURE: "photo", Kind.AUDIO: "audio", Kind.VIDEO: "video", Kind.DOCUMENT: "document"}


class ImpatientClock(FakeClock):
    """Pauses below two minutes pass at once; longer ones are waits for something else and last for ever."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= 120:
            await super().sleep(seconds)
        self._elapsed += max(seconds, 0.0)
        await asyncio.sleep(0)


class Trouble(StrEnum):
    """What can happen to the next send or edit."""

    NO_ROUTE = "the server cannot be reached"
    CUT_OFF = "it is carried out and the answer is lost"
    SLOW_DOWN = "the platform asks for a pause"
    REFUSED = "this message is refused"
    BLOCKED = "the person has blocked the bot"
    FULL_DISK = "the page's log cannot be written"


class Remote(AbstractAsyncContextManager["Remote"], Protocol):
    """`chat` is a private chat with a person. `secret` is what no error may tell. `shows_replies` and `has_buttons`
    say what people can see there, `troubles` what can happen."""

    name: str
    chat: str
    secret: str
    shows_replies: bool
    has_buttons: bool
    troubles: tuple[Trouble, ...]

    def channel(self) -> Channel:
        """A new adapter, as a new process makes it; not yet entered."""

    async def say(self, text: str) -> str:
        """A person writes; returns the id to answer to."""

    async def voice(self, ogg: bytes, seconds: float) -> str: ...
    async def press(self, seen: Seen, button: str) -> None: ...
    async def confirmed(self, said: str) -> bool:
        """Whether the other side would not offer this message again."""

    def seen(self) -> list[Seen]: ...
    def typing(self) -> int: ...
    async def watches(self) -> None:
        """Returns once somebody there would see an indicator."""

    async def until(self, holds: Callable[[], object]) -> None: ...
    async def trouble(self, trouble: Trouble) -> None: ...


class TelegramRemote(TelegramSide):
    secret = "AAFakeToken"
    shows_replies = has_buttons = True
    troubles = tuple(Trouble)[:5]

    def __init__(self, store: SqliteStore, clock: ImpatientClock) -> None:
        super().__init__()
        self._store, self._clock = store, clock

    def channel(self) -> Channel:
        self.api.meet(int(self.chat))
        settings = TelegramSettings(self.api.token, self.api.root, poll_seconds=1)
        return TelegramChannel(settings, cursors=self._store, blobs=self._store, clock=self._clock)

    async def confirmed(self, said: str) -> bool:
        return self.api.confirmed > int(self.updates[said]["update_id"])

    async def watches(self) -> None:
        return None

    async def trouble(self, trouble: Trouble) -> None:
        if trouble is Trouble.NO_ROUTE:
            await self.api.__aexit__(None, None, None)
            await asyncio.sleep(0.05)  # until the client has noticed that its kept connections are gone
        for method in ("sendMessage", "editMessageText"):
            if trouble is Trouble.CUT_OFF:
                self.api.fault(method, "accept_then_reset")
            elif trouble is Trouble.SLOW_DOWN:
                self.api.too_many(method, 100)
            elif trouble is Trouble.REFUSED:
                self.api.fault(method, "status", status=400, description="Bad Request: not enough rights")
        if trouble is Trouble.BLOCKED:
            self.api.blocked.add(int(self.chat))


class DiscordRemote(DiscordSide):
    secret = DISCORD_TOKEN
    shows_replies = has_buttons = True
    troubles = tuple(Trouble)[:5]

    def __init__(self, store: SqliteStore, clock: ImpatientClock) -> None:
        super().__init__()
        self.api = DiscordApi(now=clock.now)
        self._store, self._clock = store, clock

    def channel(self) -> Channel:
        settings = DiscordSettings(DISCORD_TOKEN, self.api.base, connect_seconds=5.0, guild_wait_seconds=0.05)
        return DiscordChannel(settings, cursors=self._store, blobs=self._store, clock=self._clock)

    async def confirmed(self, said: str) -> bool:
        """The history is read from the bookmark on."""
        return int(await self._store.cursor(f"discord:{BOT_ID}:{DM_ID}") or 0) >= int(said)

    async def watches(self) -> None:
        return None

    async def trouble(self, trouble: Trouble) -> None:
        if trouble is Trouble.NO_ROUTE:
            await self.api.vanish()
        for method, path in (("POST", "/channels/*/messages"), ("PATCH", "/channels/*/messages/*")):
            if trouble is Trouble.CUT_OFF:
                self.api.fail(method, path, Do.ACCEPT_THEN_RESET)
            elif trouble is Trouble.SLOW_DOWN:
                self.api.fail(method, path, status=429, body='{"message": "slow", "retry_after": 100, "global": false}')
            elif trouble in (Trouble.REFUSED, Trouble.BLOCKED):
                code = 50013 if trouble is Trouble.REFUSED else 50007
                self.api.fail(method, path, status=403, body=f'{{"message": "no", "code": {code}}}')


class WebRemote(AbstractAsyncContextManager["WebRemote"]):
    """The page: it looks at whichever server runs, and offers a message until that has taken it."""

    name, chat = "web", "c1"
    shows_replies, has_buttons = False, True
    troubles = (Trouble.FULL_DISK,)

    def __init__(self, store: SqliteStore, clock: ImpatientClock) -> None:
        self._store, self._clock = store, clock
        self._server: WebChannel | None = None
        self._entries: dict[str, Seen] = {}
        self._says: dict[tuple[str, str], str] = {}
        self._indicators = 0
        self._looking = asyncio.Event()
        self._news = asyncio.Condition()
        self._posts: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> WebRemote:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._page = asyncio.create_task(self._look(), name="the page")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (self._page, *self._posts.values()):
            task.cancel()
        await asyncio.gather(self._page, *self._posts.values(), return_exceptions=True)
        await self._session.close()

    @property
    def secret(self) -> str:
        return self._server.address.rpartition("/")[2] if self._server else "none"

    def channel(self) -> Channel:
        self._looking.clear()
        self._server = WebChannel(WebSettings(port=0), log=self._store, blobs=self._store, clock=self._clock)
        return self._server

    # --- what the person does --------------------------------------------------------------------

    async def say(self, text: str) -> str:
        return self._post({"text": text})

    async def voice(self, ogg: bytes, seconds: float) -> str:
        return self._post({"text": "", "seconds": str(seconds), "waveform": "0102"}, ogg)

    async def press(self, seen: Seen, button: str) -> None:
        self._post({"text": self._says[seen.id, button]})

    def _post(self, fields: dict[str, str], voice: bytes = b"") -> str:
        said = uuid4().hex
        self._posts[said] = asyncio.create_task(self._offer({"id": said, "chat": self.chat, **fields}, voice))
        return said

    async def _offer(self, fields: dict[str, str], voice: bytes) -> None:
        while True:
            await self._looking.wait()
            form = aiohttp.MultipartWriter("form-data")
            for name, value in fields.items():
                form.append(value).set_content_disposition("form-data", name=name)
            if voice:
                part = form.append(voice, {"Content-Type": "audio/ogg"})
                part.set_content_disposition("form-data", name="voice", filename="voice.ogg")
            with suppress(aiohttp.ClientError):
                async with self._session.post(f"{self._origin}/api/messages", data=form) as answer:
                    if answer.status == 202:
                        return
            await asyncio.sleep(0.01)

    async def confirmed(self, said: str) -> bool:
        return self._posts[said].done()

    # --- what the person sees --------------------------------------------------------------------

    @property
    def _origin(self) -> str:
        assert self._server is not None
        return self._server.address.partition("/enter/")[0]

    async def _look(self) -> None:
        while True:
            with suppress(aiohttp.ClientError):
                if self._server is not None:
                    await self._look_once(self._server.address)
            self._looking.clear()
            await asyncio.sleep(0.01)

    async def _look_once(self, address: str) -> None:
        async with self._session.get(address) as entered:
            entered.raise_for_status()
        async with self._session.get(f"{self._origin}/api/events") as stream:
            async with self._session.get(f"{self._origin}/api/entries", params={"chat": self.chat}) as log:
                for entry in (await log.json())["entries"]:
                    await self._draw("entry", entry)
            self._looking.set()
            name = ""
            async for line in stream.content:
                word, _, rest = line.decode().rstrip("\n").partition(": ")
                if word == "event":
                    name = rest
                elif word == "data":
                    await self._draw(name, json.loads(rest))

    async def _draw(self, name: str, entry: dict[str, Any]) -> None:
        if name == "busy":
            self._indicators += 1
        elif entry["who"] == "bot":
            self._says |= {(entry["key"], choice["label"]): choice["say"] for choice in entry.get("choices", ())}
            self._entries[entry["key"]] = Seen(
                entry["key"],
                {"picture": "photo"}.get(entry["kind"], entry["kind"]),
                entry.get("text", ""),
                await self._bytes(entry.get("url", "")),
                entry.get("seconds"),
                tuple(choice["label"] for choice in entry.get("choices", ())),
                name=entry.get("name", ""),
            )
        async with self._news:
            self._news.notify_all()

    async def _bytes(self, url: str) -> bytes:
        if not url:
            return b""
        async with self._session.get(self._origin + url) as answer:
            return await answer.read() if answer.status == 200 else b""

    def seen(self) -> list[Seen]:
        return list(self._entries.values())

    def typing(self) -> int:
        return self._indicators

    async def watches(self) -> None:
        await self._looking.wait()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: bool(holds()))

    async def trouble(self, trouble: Trouble) -> None:
        await self._store._writer.read(_fill)


def _fill(database: Database) -> None:
    """The database may not grow any more, as on a full disk."""
    (pages,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()


class FakeRemote(AbstractAsyncContextManager["FakeRemote"]):
    name, chat, secret = "fake", "1", "none"
    shows_replies, has_buttons = True, False
    troubles: tuple[Trouble, ...] = ()

    def __init__(self, store: SqliteStore, clock: ImpatientClock) -> None:
        self._store, self._clock = store, clock
        self._channel = FakeChannel()
        self._offers: dict[str, asyncio.Task[None]] = {}

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._offers.values():
            task.cancel()
        await asyncio.gather(*self._offers.values(), return_exceptions=True)

    def channel(self) -> Channel:
        return self._channel

    async def say(self, text: str) -> str:
        return self._bring(text)

    async def voice(self, ogg: bytes, seconds: float) -> str:
        self._channel.files["note"] = ogg
        return self._bring("", Attachment(Kind.VOICE, "audio/ogg", "note", size=len(ogg), seconds=seconds))

    def _bring(self, text: str, *attachments: Attachment) -> str:
        said = str(len(self._offers) + 1000)
        here = Conversation(self.name, self.chat)
        inbound = Inbound(said, here, Person("7", "Ada"), self._clock.now(), text, attachments, message_id=said)
        self._offers[said] = asyncio.create_task(self._offer(Arrivals("fake", (inbound,))))
        return said

    async def _offer(self, arrivals: Arrivals) -> None:
        while True:
            with suppress(StoreUnavailable):
                return await self._channel.bring(arrivals)

    async def press(self, seen: Seen, button: str) -> None:
        raise AssertionError("there are no buttons")

    async def confirmed(self, said: str) -> bool:
        return self._offers[said].done()

    def seen(self) -> list[Seen]:
        return [self._drawn(one.id, one.part, one.to.reply_to) for one in self._channel.shown]

    def _drawn(self, number: str, part: Part, reply_to: str) -> Seen:
        match part:
            case Text(text=text):
                return Seen(number, "text", text, reply_to=reply_to)
            case Voice(blob=blob, seconds=seconds):
                return Seen(number, "voice", "", self._store.path(blob).read_bytes(), seconds, reply_to=reply_to)
            case Media(kind=kind, blob=blob, name=name, caption=caption):
                data = self._store.path(blob).read_bytes()
                return Seen(number, KINDS[kind], caption, data, reply_to=reply_to, name=name)

    def typing(self) -> int:
        return len(self._channel.doing)

    async def watches(self) -> None:
        return None

    async def until(self, holds: Callable[[], object]) -> None:
        await self._channel.until(lambda: bool(holds()))

    async def trouble(self, trouble: Trouble) -> None:
        raise AssertionError("a channel in memory fails as it is told to")


class KeyedFakeRemote(FakeRemote):
    """The channel in memory in its other form, as Discord and the page are."""

    def __init__(self, store: SqliteStore, clock: ImpatientClock) -> None:
        super().__init__(store, clock)
        self._channel = FakeChannel(limits=replace(LIMITS, keyed=True))


REMOTES: dict[str, Any] = {  # each makes a Remote of a store and a clock
    "fake": FakeRemote,
    "web": WebRemote,
    "telegram": TelegramRemote,
    "discord": DiscordRemote,
}
