"""An HTTP proxy on loopback that hands everything on, and remembers what it was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

REQUEST = re.compile(rb"^[A-Z]+ (\S+) HTTP/1\.1\r$", re.MULTILINE)


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that hands everything on to a port of this machine: its address, and what it was asked for."""
    addresses: list[str] = []

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                addresses.extend(match.decode() for match in REQUEST.findall(data))
                sink.write(data)
                await sink.drain()
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_upstream = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, to_upstream), copy(upstream, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", addresses
    finally:
        server.close()
