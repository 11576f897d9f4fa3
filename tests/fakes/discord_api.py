"""A Discord that runs on loopback: the REST API, the gateway and the file host, for the real client library.

As a process of its own: `python -m tests.fakes.discord_api --port 8099`, driven through /control/*.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes import discord_rest
from tests.fakes.discord_faults import Do, Fault, strike
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_world import ADA_ID, APPLICATION_ID, BOT_ID, CHANNEL_ID, DM_ID, GUILD_ID, Upload, World
from tests.specs import discord

TOKEN = "fake-discord-token"
Json = dict[str, Any]

__all__ = ["ADA_ID", "BOT_ID", "CHANNEL_ID", "DM_ID", "GUILD_ID", "TOKEN", "DiscordApi", "Do", "Fault", "Upload"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as people see it. `edits` are the earlier contents; `raw` is the API's own object."""

    id: str
    author_id: str
    content: str
    edits: tuple[str, ...]
    attachments: tuple[Json, ...]
    flags: int
    raw: Json


@dataclass(frozen=True, slots=True)
class Request:
    """One REST request that arrived, whether or not it was answered. `path` is below the API base."""

    method: str
    path: str
    body: Json | list[Json] | None


class DiscordApi(AbstractAsyncContextManager["DiscordApi"]):
    """Use as `async with DiscordApi() as api`; `api.base` is what an adapter takes as its API base."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), port: int = 0) -> None:
        self.world = World(now=now)
        self.gateway = Gateway(self.world, TOKEN, self._notify)
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self._port = port
        self._changed = asyncio.Condition()

    @property
    def base(self) -> str:
        return f"{self.world.base}/api/v10"

    async def __aenter__(self) -> DiscordApi:
        app = web.Application(middlewares=[self._middleware], client_max_size=64 << 20)
        app.add_routes(discord_rest.routes(self.world, self.gateway))
        app.router.add_get("/gateway", self.gateway.serve)
        app.add_routes(_control(self))
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.world.base = f"http://127.0.0.1:{self._port}"
        self.gateway.url = f"ws://127.0.0.1:{self._port}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.vanish()

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v10")
        if path == request.path:
            return await handler(request)
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else None
        self.requests.append(Request(request.method, path, body))
        if not path.startswith("/webhooks") and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return discord_rest.refused(discord.UNAUTHORIZED)
        # every fault counts every request it matches, also while another one strikes
        striking = [fault for fault in self.faults if fault.strikes(request.method, path)]
        answer = await (strike(striking[0], request, handler) if striking else handler(request))
        await self._notify()
        return answer

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def wait_for(self, holds: Callable[[], object], seconds: float = 5.0) -> None:
        """Returns as soon as `holds()` is true; asked again after everything that happens here."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(holds()))

    # --- faults -----------------------------------------------------------------------------------

    def fail(self, method: str, path: str, do: Do = Do.STATUS, **more: Any) -> Fault:
        """Scripts a fault; see `Fault` for what can be said."""
        fault = Fault(method, path, do, **more)
        self.faults.append(fault)
        return fault

    def expire_links(self) -> None:
        """Every link to a file given out so far stops working; reading the message again gives a new one."""
        self.world.gone_links = set(self.world.files)

    async def vanish(self) -> None:
        """Every connection ends and nobody can connect any more."""
        await self.gateway.drop(1001)
        await self._runner.cleanup()

    # --- what people do ---------------------------------------------------------------------------

    async def say(
        self,
        channel_id: str,
        author: str,
        text: str,
        *,
        mentions_bot: bool = False,
        attachments: Sequence[Upload] = (),
        reply_to: str = "",
        **more: Any,
    ) -> str:
        """A person (by display name) writes; returns the message id. `mentions_bot` puts the mention first."""
        if mentions_bot:
            text = f"<@{BOT_ID}> {text}"
            more["mentions"] = [self.world.bot]
        if reply_to:
            more["message_reference"] = {"message_id": reply_to, "channel_id": channel_id}
        listed = self.world.attach(channel_id, attachments)
        message = self.world.add(channel_id, self.world.person(author), text, attachments=listed, **more)
        await self.gateway.dispatch("MESSAGE_CREATE", self.world.told(message))
        await self._notify()
        return str(message["id"])

    async def voice_message(self, channel_id: str, author: str, ogg: bytes, seconds: float) -> str:
        """A person records a voice message."""
        upload = Upload("voice-message.ogg", ogg, "audio/ogg", duration=seconds, waveform="AAD/")
        return await self.say(channel_id, author, "", attachments=[upload], flags=8192)

    async def edit(self, channel_id: str, message_id: str, text: str) -> None:
        """A person changes what they wrote."""
        message = self.world.find(channel_id, message_id)
        assert message is not None
        message |= {"content": text, "edited_timestamp": self.world.now().isoformat()}
        await self.gateway.dispatch("MESSAGE_UPDATE", self.world.told(message))

    async def update(self, channel_id: str, message_id: str, **changes: Any) -> None:
        """Something about a message changes that is no edit: it is pinned, a thread begins on it, a preview comes."""
        message = self.world.find(channel_id, message_id)
        assert message is not None
        message |= changes
        await self.gateway.dispatch("MESSAGE_UPDATE", self.world.told(message))
        await self._notify()

    async def press(self, channel_id: str, author: str, message_id: str, custom_id: str) -> str:
        """A person presses a button; returns the interaction id."""
        data = {"component_type": 2, "custom_id": custom_id}
        message = self.world.find(channel_id, message_id)
        return await self._interact(channel_id, author, {"type": 3, "data": data, "message": message})

    async def slash(self, channel_id: str, author: str, command: str, **options: str) -> str:
        """A person uses a slash command; returns the interaction id."""
        given = [{"type": 3, "name": key, "value": value} for key, value in options.items()]
        data = {"id": "1", "type": 1, "name": command, "options": given}
        return await self._interact(channel_id, author, {"type": 2, "data": data})

    async def _interact(self, channel_id: str, author: str, more: Json) -> str:
        person = self.world.person(author)
        interaction: Json = {
            "id": self.world.snowflake(),
            "token": f"token-{len(self.world.interactions)}",
            "version": 1,
        }
        interaction |= {"application_id": APPLICATION_ID, "channel_id": channel_id, **more}
        if self.world.channels[channel_id]["type"] == 1:
            interaction["user"] = person
        else:
            interaction |= {"guild_id": GUILD_ID, "member": {"user": person, "roles": [], "nick": None}}
        self.world.tokens[interaction["token"]] = interaction
        await self.gateway.dispatch("INTERACTION_CREATE", interaction)
        return str(interaction["id"])

    # --- what can be seen -------------------------------------------------------------------------

    def messages(self, channel_id: str, *, by_bot: bool = True) -> tuple[Shown, ...]:
        """What the channel shows, oldest first; only the bot's own messages unless asked otherwise."""
        return tuple(
            Shown(
                id=message["id"],
                author_id=message["author"]["id"],
                content=message["content"],
                edits=tuple(self.world.edits.get(message["id"], [])),
                attachments=tuple(message["attachments"]),
                flags=message["flags"],
                raw=message,
            )
            for message in self.world.history[channel_id]
            if not by_bot or message["author"]["id"] == BOT_ID
        )

    def file(self, attachment: Json) -> bytes:
        """The bytes behind a listed attachment."""
        return self.world.files[attachment["url"].removeprefix(self.world.base).split("?")[0]]

    def asked(self, method: str, ending: str) -> list[Request]:
        """The requests with this method whose path ends so."""
        return [request for request in self.requests if request.method == method and request.path.endswith(ending)]


def _control(api: DiscordApi) -> list[web.RouteDef]:
    """The endpoints of the stand-alone process: say, dump, fail, drop."""

    async def say(request: web.Request) -> web.Response:
        wish = await request.json()
        return web.json_response(
            {"id": await api.say(wish.pop("channel"), wish.pop("author"), wish.pop("text"), **wish)}
        )

    async def fail(request: web.Request) -> web.Response:
        wish = await request.json()
        api.fail(wish.pop("method"), wish.pop("path"), Do(wish.pop("do")), **wish)
        return web.json_response({})

    async def drop(request: web.Request) -> web.Response:
        wish = await request.json()
        await (api.gateway.drop(wish["code"]) if "code" in wish else api.gateway.invalidate())
        return web.json_response({})

    async def dump(request: web.Request) -> web.Response:
        world = api.world
        seen = {"history": world.history, "edits": world.edits, "commands": world.commands}
        return web.json_response(seen | {"identifies": api.gateway.identifies, "resumes": api.gateway.resumes})

    return [
        web.post("/control/say", say),
        web.post("/control/fail", fail),
        web.post("/control/drop", drop),
        web.get("/control/dump", dump),
    ]


async def _serve(port: int) -> None:
    async with DiscordApi(port=port) as api:
        print(json.dumps({"base": api.base, "token": TOKEN, "channel": CHANNEL_ID, "dm": DM_ID}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(parser.parse_args().port))
