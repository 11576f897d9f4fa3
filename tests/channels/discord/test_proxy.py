"""Discord through an HTTP proxy: REST, the gateway and the files."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.core.messages import Conversation, Target, Text
from bot.net.proxy import ProxyRules
from tests.channels.discord.conftest import Connect, Desk, contents, listening
from tests.fakes.discord_api import DM_ID, DiscordApi, Upload
from tests.fakes.proxy import proxy_to

HOST = "discord.example"  # a name that only the proxy can resolve


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
