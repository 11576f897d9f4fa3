"""A real HTTP server on loopback that writes down what it was asked and answers as told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from multidict import CIMultiDictProxy

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request. `path` has the query in it, byte for byte."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed


@dataclass
class RecordingServer:
    """`server.on("POST /videos", reply, ...)`: answers in that order, the last one for ever after."""

    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    _replies: dict[str, list[Reply]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/api/v1"

    def on(self, request: str, *replies: Reply) -> None:
        method, path = request.split(" ")
        self._replies[f"{method} /api/v1{path}"] = list(replies)

    def asked(self, request: str) -> list[Seen]:
        method, path = request.split(" ")
        return [seen for seen in self.seen if seen.method == method and seen.path == f"/api/v1{path}"]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        # A client that takes this server for its proxy names the whole address.
        path = re.sub(r"\Ahttp://[^/]+", "", request.raw_path)
        self.seen.append(Seen(request.method, path, request.headers, await request.read()))
        replies = self._replies.get(f"{request.method} {path.partition('?')[0]}")
        if not replies:
            return web.json_response({"error": {"code": 404, "message": "no such route"}}, status=404)
        return await (replies.pop(0) if len(replies) > 1 else replies[0])(request)


def says(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A JSON answer."""

    async def reply(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return reply


def sends(data: bytes, content_type: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Bytes as they are."""

    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, status=status, headers={**(headers or {}), "Content-Type": content_type})

    return reply


def redirects(location: str, status: int = 302) -> Reply:
    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return reply


def streams(*chunks: bytes, content_type: str = "text/event-stream", cut: bool = False, stall: bool = False) -> Reply:
    """The chunks one by one; `cut` breaks the connection before the end, `stall` never comes to it."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if stall:
            await asyncio.Event().wait()
        if cut:
            assert request.transport is not None
            request.transport.abort()
            return response
        await response.write_eof()
        return response

    return reply


def stalls() -> Reply:
    """Takes the request and never answers."""

    async def reply(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError("not reached")

    return reply


def hangs_up() -> Reply:
    """Takes the request and breaks the connection without a word."""

    async def reply(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return reply
