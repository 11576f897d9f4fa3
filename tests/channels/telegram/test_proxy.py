"""Telegram through an HTTP proxy: calls, long polls and files."""

from __future__ import annotations

from dataclasses import replace

from bot.core.messages import Conversation, Target, Text
from bot.net.proxy import ProxyRules
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.conftest import Ear, TellingClock, receiving
from tests.fakes.proxy import proxy_to
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi

HOST = "telegram.example"  # a name that only the proxy can resolve


async def test_everything_goes_through_the_proxy(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear
) -> None:
    port = int(api.root.rpartition(":")[2])
    async with proxy_to(port) as (address, addresses):
        behind = replace(settings, api_root=f"http://{HOST}:{port}", proxies=ProxyRules(http=address))
        async with TelegramChannel(behind, cursors=shelf, blobs=shelf, clock=clock) as channel, receiving(channel, ear):
            api.send_photo(7, b"hello")
            await ear.hears()
            data = b"".join([chunk async for chunk in channel.fetch(ear.inbounds[0].attachments[0])])
            await channel.send(Target(Conversation("telegram", "7")), Text("seen"), key="1:0")

    assert (data, api.texts(7)) == (b"hello", ["seen"])
    assert any("/getUpdates" in url for url in addresses)
    assert any("/file/bot" in url for url in addresses)
    assert all(url.partition("://")[2].startswith(f"{HOST}:") for url in addresses)


def test_the_password_of_the_proxy_is_in_no_repr(settings: TelegramSettings) -> None:
    assert "hunter2" not in repr(replace(settings, proxies=ProxyRules(https="http://me:hunter2@proxy:8080")))
