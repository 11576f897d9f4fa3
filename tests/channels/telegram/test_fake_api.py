"""The loopback server itself: what others lean on must behave as Telegram does."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram_api import TelegramApi


class Client:
    """A bare bot, without any library."""

    def __init__(self, session: aiohttp.ClientSession, root: str, token: str) -> None:
        self.session, self.root, self.token = session, root, token

    async def __call__(self, method: str, **params: Any) -> Any:
        async with self.session.post(f"{self.root}/bot{self.token}/{method}", json=params) as answer:
            told = await answer.json()
        return told["result"] if told["ok"] else (told["error_code"], told["description"])

    async def control(self, verb: str, body: Any = None) -> Any:
        async with self.session.post(f"{self.root}/control/{verb}", json=body) as answer:
            return await answer.json()


@pytest.fixture
async def bot(api: TelegramApi) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, api.root, api.token)


async def test_updates_come_again_until_a_later_offset_confirms_them(api: TelegramApi, bot: Client) -> None:
    first, second = api.say(7, "a")["update_id"], api.say(7, "b")["update_id"]

    assert [update["update_id"] for update in await bot("getUpdates")] == [first, second]
    assert [update["update_id"] for update in await bot("getUpdates", limit=1)] == [first]
    assert [update["update_id"] for update in await bot("getUpdates", offset=second)] == [second]
    assert await bot("getUpdates", offset=second + 1) == []
    assert await bot("getUpdates") == []


async def test_a_long_poll_returns_when_somebody_writes(api: TelegramApi, bot: Client) -> None:
    polling = asyncio.create_task(bot("getUpdates", timeout=50))
    await api.wait_for(lambda: api.polling)

    api.say(7, "hello")

    assert [update["message"]["text"] for update in await polling] == ["hello"]


async def test_a_new_poller_ends_the_old_one(api: TelegramApi, bot: Client) -> None:
    old = asyncio.create_task(bot("getUpdates", timeout=50))
    await api.wait_for(lambda: api.polling)

    new = asyncio.create_task(bot("getUpdates", timeout=50))

    assert (await old)[0] == 409
    api.say(7, "x")
    assert len(await new) == 1


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "a < b", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<h1>x</h1>", "parse_mode": "HTML"}, "Unsupported start tag"),
        ({"text": "x", "chat_id": 8}, "chat not found"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "x" * 65}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_it_refuses_what_telegram_refuses(
    api: TelegramApi, bot: Client, params: dict[str, Any], told: str
) -> None:
    api.meet(7)

    status, description = await bot("sendMessage", **({"chat_id": 7} | params))

    assert status == 400
    assert told in description
    assert api.messages(7) == []


async def test_a_form_and_json_say_the_same(api: TelegramApi, bot: Client) -> None:
    api.meet(7)
    markup = json.dumps({"inline_keyboard": [[{"text": "b", "callback_data": "x"}]]})
    form = {"chat_id": "7", "text": "a & b", "reply_markup": markup}

    async with bot.session.post(f"{api.root}/bot{api.token}/sendMessage", data=form) as answer:
        assert answer.status == 200

    assert [(shown.text, shown.buttons) for shown in api.messages(7)] == [("a & b", ("b",))]


async def test_a_wrong_token_is_refused(api: TelegramApi, bot: Client) -> None:
    bot.token = "1:wrong"

    assert await bot("getMe") == (401, "Unauthorized")


async def test_it_runs_alone_and_is_steered_over_http() -> None:
    root = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.telegram_api", cwd=root, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            bot = Client(session, told["root"], told["token"])
            polling = asyncio.create_task(bot("getUpdates", timeout=50))
            (number,) = await bot.control("say", {"chat": 7, "text": "hi"})
            assert [update["update_id"] for update in await polling] == [number]
            await bot.control("fault", {"method": "sendMessage", "do": "status", "status": 502})
            assert (await bot("sendMessage", chat_id=7, text="lost"))[0] == 502
            await bot("sendMessage", chat_id=7, text="kept")
            record = await bot.control("record")
    finally:
        process.kill()
        await process.wait()

    assert [shown["text"] for shown in record["sent"]["7"]] == ["kept"]
    assert record["calls"]["sendMessage"] == 2
    assert record["pending"] == 1
