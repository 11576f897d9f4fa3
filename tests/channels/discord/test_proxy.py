"""Discord through an HTTP proxy: REST, the gateway and the files."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest

from bot.core.messages import Conversation, Target, Text
from bot.net.proxy import ProxyRules
from tests.channels.discord.conftest import Connect, Desk, contents, listening
from tests.fakes.discord_api import DM_ID, DiscordApi, Upload

REQUEST = re.compile(rb"^[A-Z]+ (\S+) HTTP/1\.1\r$", re.MULTILINE)
HOST = "discord.example"  # a name that only the proxy can resolve


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


@pytest.fixture
async def behind(api: DiscordApi) -> AsyncIterator[tuple[str, list[str]]]:
    """A Discord that can be reached through the proxy alone."""
    port = int(api.world.base.rpartition(":")[2])
    api.world.base, api.gateway.url = f"http://{HOST}:{port}", f"ws://{HOST}:{port}/gateway"
    async with proxy_to(port) as proxy:
        yield proxy


async def test_everything_goes_through_the_proxy(
    api: DiscordApi, connect: Connect, desk: Desk, behind: tuple[str, list[str]]
) -> None:
    address, addresses = behind

    async with connect(api_base=api.base, proxies=ProxyRules(http=address)) as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "see this", attachments=[Upload("a.txt", b"hello", "text/plain")])
        (heard,) = await desk.heard()
        data = b"".join([chunk async for chunk in channel.fetch(heard.attachments[0])])
        await channel.send(Target(Conversation("discord", DM_ID)), Text("seen"), key="1:0")

    assert (data, contents(api.messages(DM_ID))) == (b"hello", ["seen"])
    assert any("/gateway?" in url for url in addresses)
    assert any("/attachments/" in url for url in addresses)
    assert all(url.partition("://")[2].startswith(f"{HOST}:") for url in addresses)


async def test_the_password_of_the_proxy_is_in_no_repr(connect: Connect) -> None:
    channel = connect(proxies=ProxyRules(https="http://me:hunter2@proxy:8080"))

    assert "hunter2" not in repr(channel._settings)
