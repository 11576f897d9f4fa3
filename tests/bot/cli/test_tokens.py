"""What a service's answer says about a token: only its own refusal means that the token is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.cli.tokens import discord_bot, telegram_bot, telegram_people
from bot.core.errors import ChannelDown, NotSent
from bot.net.proxy import ProxyRules

TOKEN = "123456789:AAH-of-a-test"


class Answering:
    """A server that gives every request the same answer and remembers what was asked."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self.body = status, body
        self.asked: list[web.BaseRequest] = []
        self.root = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request)
        return web.Response(status=self.status, text=self.body, headers={"Location": "http://sign-in.invalid/"})


async def serving(status: int, body: str) -> AsyncIterator[Answering]:
    answering = Answering(status, body)
    runner = web.ServerRunner(web.Server(answering.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answering.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield answering
    await runner.cleanup()


STRANGERS = [(302, ""), (403, "<html>blocked</html>"), (404, "<html>not here</html>"), (200, "<html>sign in</html>")]


@pytest.mark.parametrize(("status", "body"), STRANGERS)
async def test_an_answer_of_a_stranger_says_nothing_about_the_token(status: int, body: str) -> None:
    async for server in serving(status, body):
        for ask in (telegram_bot, discord_bot, telegram_people):
            with pytest.raises(NotSent, match=rf"HTTP {status}.*Check the network"):
                await ask(TOKEN, server.root)


async def test_a_refusal_in_the_services_own_words_means_a_refused_token() -> None:
    for status, body in ((401, '{"ok": false}'), (404, '{"ok": false, "description": "Not Found"}')):
        async for server in serving(status, body):
            with pytest.raises(ChannelDown, match="refuses this token"):
                await telegram_bot(TOKEN, server.root)
    async for server in serving(401, '{"message": "401: Unauthorized"}'):
        with pytest.raises(ChannelDown, match="refuses this token"):
            await discord_bot(TOKEN, server.root)


async def test_discord_is_asked_under_the_name_that_it_demands() -> None:
    async for server in serving(200, '{"id": "7", "bot": {"username": "vox"}}'):
        await discord_bot(TOKEN, server.root)

        assert server.asked[0].headers["User-Agent"].startswith("DiscordBot (https://")


async def test_a_proxy_is_asked_where_one_is_set() -> None:
    async for proxy in serving(200, '{"ok": true, "result": {"id": 7, "username": "vox"}}'):
        bot = await telegram_bot(TOKEN, "http://bot-api.example", proxies=ProxyRules(http=proxy.root))

        assert bot.username == "vox"
        assert proxy.asked[0].host == "bot-api.example"
