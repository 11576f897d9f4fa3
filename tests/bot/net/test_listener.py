"""Silent, broken and too many connections: each is closed, and an honest request is served meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.net.listener import listening

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def served(*, connections: int = 64, head_seconds: float = 10.0) -> AsyncIterator[int]:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_get("/", hello)
    async with listening(
        application, "127.0.0.1", 0, connections=connections, head_seconds=head_seconds, shutdown_seconds=0.1
    ) as port:
        yield port


async def answer(port: int, sent: bytes = REQUEST) -> bytes:
    """What comes back until the server hangs up; b"" when it does so at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            writer.write(sent)
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_one_connection_too_many_is_closed_and_the_next_place_is_free_again() -> None:
    async with served(connections=3) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]

        assert await answer(port) == b""

        silent[0][1].close()
        await silent[0][1].wait_closed()
        texts = [await answer(port) for _ in range(20)]  # the server may not have seen the end yet
        assert texts[-1].endswith(b"hello")
        for _, writer in silent[1:]:
            writer.close()


async def test_a_burst_of_connections_does_not_slip_through() -> None:
    async with served(connections=3) as port:
        burst = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(20)))
        ended = [asyncio.ensure_future(reader.read()) for reader, _ in burst]
        done: set[asyncio.Future[bytes]] = set()
        async with asyncio.timeout(5):
            while len(done) < 17:
                done, _ = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(0)

        assert sum(not future.done() for future in ended) == 3
        for _, writer in burst:
            writer.close()
        await asyncio.gather(*ended, return_exceptions=True)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_who_sends_no_whole_head_is_hung_up_on(sent: bytes) -> None:
    async with served(head_seconds=0.05) as port:
        assert b"200 OK" not in await answer(port, sent)


@pytest.mark.parametrize(
    "head", [b"\x16\x03\x01\x02\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"]
)
async def test_a_malformed_head_is_refused_without_a_traceback(head: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with served() as port:
        assert b"400 Bad Request" in await answer(port, head)

    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_a_taken_port_is_an_os_error() -> None:
    async with served() as port:
        with pytest.raises(OSError, match="in use"):
            async with listening(web.Application(), "127.0.0.1", port):
                pass
