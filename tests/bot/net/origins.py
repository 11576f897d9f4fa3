"""Web servers on loopback and a name server that says what the test wants."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

CAP = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """A name server that says what the test wants."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = answers, 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=answer, port=port, family=kind, proto=0, flags=0)
            for answer in self.answers
            for kind in [socket.AF_INET6 if ":" in answer else socket.AF_INET]
        ]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def serving(**pages: Handler) -> AsyncIterator[str]:
    """A web server on loopback, as an origin."""
    app = web.Application()
    for name, handler in pages.items():
        app.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def answer(body: bytes = b"hello", status: int = 200, **headers: str) -> Handler:
    async def reply(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return reply
