"""The local page as a browser sees it: a real server on a real socket, and a client with a cookie jar."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.core.arrivals import Arrivals
from bot.core.errors import StoreUnavailable
from bot.core.messages import Conversation, Inbound, Target
from bot.store import SqliteStore
from channels.web.adapter import WebChannel
from channels.web.settings import WebSettings
from tests.fakes.clock import FakeClock

UPLOAD_BYTES = 100_000
PATIENCE_SECONDS = 5.0


class Desk:
    """The page's side: asks, posts and hears. `accepted` is what the agent was given."""

    def __init__(self, channel: WebChannel, session: aiohttp.ClientSession) -> None:
        self.channel, self.session = channel, session
        self.accepted: list[Inbound] = []
        self.refusals = 0  # how often accepting fails from now on
        self.url = channel.address.partition("/enter/")[0]

    async def accept(self, arrivals: Arrivals) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("the disk is full")
        self.accepted += [new for new in arrivals.inbounds if new.id not in {old.id for old in self.accepted}]

    async def enter(self) -> None:
        async with self.session.get(self.channel.address) as response:
            assert response.status == 200

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.text()

    async def headers(self, path: str) -> aiohttp.ClientResponse:
        async with self.session.get(self.url + path) as response:
            await response.read()
            return response

    async def entries(self, chat: str = "c1", after: int = 0) -> list[dict[str, Any]]:
        status, body = await self.get(f"/api/entries?chat={chat}&after={after}")
        assert status == 200
        found: list[dict[str, Any]] = json.loads(body)["entries"]
        return found

    async def say(self, identity: str, text: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
        """Posts a message; `files` is a list of (field, name, type, data), other keywords are fields."""
        headers = more.pop("headers", {})
        with aiohttp.MultipartWriter("form-data") as form:
            for field, name, mime, data in more.pop("files", []):
                part = form.append(data, {"Content-Type": mime})
                part.set_content_disposition("form-data", name=field, filename=name)
            for field, value in {"id": identity, "chat": "c1", "text": text, **more}.items():
                form.append(value).set_content_disposition("form-data", name=field)
        async with self.session.post(f"{self.url}/api/messages", data=form, headers=headers) as response:
            answer = await response.text()
            return response.status, json.loads(answer) if answer.startswith("{") else {"error": answer}

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        """(name, data) of each event from now on."""
        async with self.session.get(f"{self.url}/api/events") as response:
            assert response.content_type == "text/event-stream"
            await response.content.readuntil(b"\n\n")
            yield heard(response)


async def heard(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    while True:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                raw = await response.content.readuntil(b"\n\n")
        except asyncio.IncompleteReadError:
            return
        if not raw:
            return
        fields = dict(line.split(": ", 1) for line in raw.decode().strip().split("\n") if not line.startswith(":"))
        if fields:
            yield fields["event"], json.loads(fields["data"])


def to(chat: str = "c1") -> Target:
    return Target(Conversation("web", chat))


@asynccontextmanager
async def open_desk(store: SqliteStore, clock: FakeClock) -> AsyncIterator[Desk]:
    settings = WebSettings(port=0, upload_bytes=UPLOAD_BYTES)
    async with (
        WebChannel(settings, log=store, blobs=store, clock=clock) as channel,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        desk = Desk(channel, session)
        receiving = asyncio.create_task(channel.receive(desk.accept))
        try:
            yield desk
        finally:
            receiving.cancel()


@pytest.fixture
async def stranger(store: SqliteStore, clock: FakeClock) -> AsyncIterator[Desk]:
    """A desk without the cookie."""
    async with open_desk(store, clock) as desk:
        yield desk


@pytest.fixture
async def desk(stranger: Desk) -> Desk:
    await stranger.enter()
    return stranger
