"""Health over HTTP, for this machine alone: /healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.core.errors import ConfigError
from bot.core.ports.channel import Health
from bot.net.listener import listening
from bot.net.port_in_use import why_not
from bot.ops.metrics import CONTENT_TYPE

HOST = "127.0.0.1"
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

Ask = Callable[[], Awaitable[Health]]


@asynccontextmanager
async def serve_health(
    port: int, *, alive: Ask, ready: Ask, metrics: Callable[[], Awaitable[str]]
) -> AsyncIterator[int]:
    """Serves until the block ends; the port, which is another when `port` is 0. Raises `ConfigError`."""

    async def healthz(_: web.Request) -> web.Response:
        return _answer(await alive())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(await ready())

    async def figures(_: web.Request) -> web.Response:
        return web.Response(body=(await metrics()).encode(), headers={"Content-Type": CONTENT_TYPE})

    application = web.Application(middlewares=[_right_name])
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", figures)
    async with AsyncExitStack() as opened:
        try:
            taken = await opened.enter_async_context(listening(application, HOST, port))
        except OSError as error:
            raise ConfigError(
                await why_not(port, error), path="health.port", fix="End that program, or write another port."
            ) from error
        yield taken


@web.middleware
async def _right_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A web site whose name was made to point at this machine gets nothing."""
    name, colon, port = request.host.rpartition(":")
    if (name if colon and port.isdecimal() else request.host) not in NAMES:
        return web.Response(status=421, text="This answers at 127.0.0.1 and localhost only.\n")
    response = await handler(request)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(health: Health) -> web.Response:
    return web.Response(status=200 if health.ok else 503, text=f"{health.detail}\n")
