"""HTTP listener with a connection limit: a client that connects and stays silent can neither fill it nor stay.

Every port that this daemon opens for HTTP is opened here, so that strangers on this machine cannot use up the
descriptors which the channels need.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

CONNECTIONS = 64  # of one listener at once
HEAD_SECONDS = 10.0  # how long a connection may stay without a whole request head


@asynccontextmanager
async def listening(
    application: web.Application,
    host: str,
    port: int,
    *,
    shutdown_seconds: float = 1.0,
    connections: int = CONNECTIONS,
    head_seconds: float = HEAD_SECONDS,
) -> AsyncIterator[int]:
    """Serves until the block ends; the port, which is another when `port` is 0. Raises `OSError` when it is taken."""
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=_HttpLog(logging.getLogger(__name__)),
        keepalive_timeout=head_seconds,
        shutdown_timeout=shutdown_seconds,
    )
    await runner.setup()
    try:
        server = runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: _Door(server, connections), host, port) as listener:
            yield int(listener.sockets[0].getsockname()[1])
            listener.close()
            await runner.cleanup()  # ends what is still open, which leaving the listener waits for
    finally:
        await runner.cleanup()


class _Door(asyncio.Protocol):
    """Hands a new connection over to the server, or closes it while too many are open."""

    def __init__(self, server: web.Server, connections: int) -> None:
        self._server, self._connections = server, connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if len(self._server.connections) >= self._connections:
            transport.abort()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)


class _HttpLog(logging.LoggerAdapter[logging.Logger]):
    """The server's log, with one line instead of a traceback for a request head that is no HTTP."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **fields: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            self.info("request.malformed")
        else:
            super().exception(msg, *args, exc_info=exc_info, **fields)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, kwargs
