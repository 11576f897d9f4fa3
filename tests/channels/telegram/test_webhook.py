"""A push is answered 200 only after it was stored, and nobody but Telegram can push."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import pytest

from bot.config.load import parse
from bot.core.errors import ChannelDown, ConfigError, StoreUnavailable
from channels.telegram.adapter import TelegramChannel
from channels.telegram.batch import ALLOWED_UPDATES
from channels.telegram.settings import TelegramSettings, WebhookSettings
from channels.telegram.webhook import ALBUM_SECONDS, BODY_BYTES, SECRET_HEADER
from tests.channels.telegram.conftest import Ear, TellingClock, changed, receiving
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi
from tests.fakes.telegram_push import pushing

URL = "https://bot.example/telegram"
SECRET = "a-secret_that-only-Telegram-knows"
JSON = {"Content-Type": "application/json"}
TELEGRAM = JSON | {SECRET_HEADER: SECRET}


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def settings(api: TelegramApi, port: int) -> TelegramSettings:
    return TelegramSettings(api.token, api.root, webhook=WebhookSettings(URL, port, SECRET, "/telegram"))


@pytest.fixture
async def listening(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> AsyncIterator[None]:
    async with receiving(channel, ear):
        await api.wait_for(lambda: api.webhook)
        yield


@asynccontextmanager
async def pushed(api: TelegramApi, port: int) -> AsyncIterator[tuple[list[int], list[float]]]:
    """Telegram pushes; its pauses take no time."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with pushing(api, f"http://127.0.0.1:{port}", sleep=pause) as answers:
        yield answers, pauses


async def post(port: int, body: bytes, headers: dict[str, str], path: str = "/telegram") -> int:
    address = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.post(address, data=BytesIO(body), headers=headers) as answer:
        return answer.status


@pytest.mark.usefixtures("listening")
async def test_telegram_is_told_where_to_push_and_nobody_polls(api: TelegramApi) -> None:
    told = api.last("setWebhook")

    assert (told["url"], told["secret_token"]) == (URL, SECRET)
    assert tuple(told["allowed_updates"]) == ALLOWED_UPDATES
    assert not told.get("drop_pending_updates")
    assert api.count("getUpdates") == 0


@pytest.mark.usefixtures("listening")
async def test_a_push_is_answered_only_after_it_was_stored(api: TelegramApi, ear: Ear, port: int) -> None:
    ear.gate.clear()
    api.say(7, "hello")
    async with pushed(api, port) as (answers, _):
        await ear.until(lambda: ear.batches)
        held = (list(answers), api.pending)
        ear.gate.set()
        await api.wait_for(lambda: not api.pending)

    assert held == ([], 1)
    assert answers == [200]
    assert [inbound.text for inbound in ear.inbounds] == ["hello"]
    assert ear.batches[0].source == f"telegram:{api.me['id']}"


@pytest.mark.usefixtures("listening")
async def test_while_the_disk_is_full_telegram_is_asked_to_come_back(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, port: int
) -> None:
    ear.fail = [StoreUnavailable("disk full")]
    body = b'{"update_id": 1}'
    first = await post(port, body, TELEGRAM)
    unhealthy = await channel.ping()
    ear.fail = [StoreUnavailable("disk full"), StoreUnavailable("disk full")]
    api.say(7, "hello")
    async with pushed(api, port) as (answers, pauses):
        await api.wait_for(lambda: not api.pending)
        healthy = await channel.ping()

    assert (first, unhealthy.ok, "cannot be stored" in unhealthy.detail) == (503, False, True)
    assert (answers, pauses) == ([503, 503, 200], [5.0, 5.0])
    assert healthy.ok
    assert [inbound.text for inbound in ear.inbounds] == ["hello"]


@pytest.mark.usefixtures("listening")
async def test_poison_is_set_aside_and_the_next_message_is_heard(api: TelegramApi, ear: Ear, port: int) -> None:
    not_json = await post(port, b"{not json", TELEGRAM)
    not_an_update = await post(port, b"[[1]]", TELEGRAM)
    too_deep = await post(port, b"[" * 100_000, TELEGRAM)
    poison = api.poison()
    api.say(7, "after")
    async with pushed(api, port) as (answers, _):
        await ear.hears()
        await api.wait_for(lambda: not api.pending)

    assert (not_json, not_an_update, too_deep, answers) == (200, 200, 200, [200, 200])
    assert len(ear.poison) == 4
    assert ear.poison[-1].id == str(poison["update_id"])


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        (JSON, "/telegram", 401),
        (JSON | {SECRET_HEADER: SECRET[:-1]}, "/telegram", 401),
        (JSON | {SECRET_HEADER: "\xff"}, "/telegram", 401),
        (TELEGRAM, "/", 404),
        (TELEGRAM | {"Content-Type": "text/plain"}, "/telegram", 415),
    ],
)
async def test_who_is_not_telegram_gets_nothing(
    ear: Ear, port: int, headers: dict[str, str], path: str, status: int
) -> None:
    assert await post(port, b'{"update_id": 1}', headers, path) == status
    assert not ear.batches


@pytest.mark.usefixtures("listening")
async def test_a_stranger_is_refused_before_the_body_is_read(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()

    assert b" 401 " in line


@pytest.mark.usefixtures("listening")
async def test_only_posts_are_taken(port: int) -> None:
    address = f"http://127.0.0.1:{port}/telegram"
    async with aiohttp.ClientSession() as session, session.get(address, headers=TELEGRAM) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.usefixtures("listening")
async def test_a_body_may_have_one_mebibyte(ear: Ear, port: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 1024 + 1):
            yield b" " * 1024

    address = f"http://127.0.0.1:{port}/telegram"
    async with aiohttp.ClientSession() as session, session.post(address, data=pieces(), headers=TELEGRAM) as answer:
        without_length = answer.status

    assert await post(port, b'{"update_id": 1}'.ljust(BODY_BYTES), TELEGRAM) == 200
    assert await post(port, b'{"update_id": 1}'.ljust(BODY_BYTES + 1), TELEGRAM) == 413
    assert without_length == 413


@pytest.mark.usefixtures("listening")
async def test_a_pressed_button_is_answered(api: TelegramApi, ear: Ear, port: int) -> None:
    api.press(7, 12, "/model kimi")
    async with pushed(api, port):
        await ear.hears()
        await api.wait_for(lambda: api.count("answerCallbackQuery"))

    assert api.last("answerCallbackQuery")["callback_query_id"] == "q12"


@pytest.mark.usefixtures("listening")
async def test_the_rest_of_an_album_is_given_time_to_come(api: TelegramApi, ear: Ear, port: int) -> None:
    for _ in range(2):
        api.send_photo(7, b"picture", media_group_id="g1")
    api.say(7, "and a word")
    async with pushed(api, port):
        await ear.hears(3)

    assert [inbound.group for inbound in ear.inbounds] == ["g1", "g1", ""]
    assert [arrivals.settle_seconds for arrivals in ear.batches] == [ALBUM_SECONDS, ALBUM_SECONDS, 0]


@pytest.mark.usefixtures("listening")
async def test_a_webhook_that_was_taken_away_is_told_and_set_again(
    api: TelegramApi, channel: TelegramChannel, clock: TellingClock
) -> None:
    api.webhook = "https://elsewhere.example/"
    taken_away = await channel.ping()
    await clock.advance(await clock.next_nap())
    await api.wait_for(lambda: api.webhook == URL)

    assert (taken_away.ok, "took the webhook away" in taken_away.detail) == (False, True)
    assert (await channel.ping()).ok


@pytest.mark.usefixtures("listening")
async def test_a_proxy_that_does_not_hand_pushes_on_is_told(api: TelegramApi, channel: TelegramChannel) -> None:
    api.webhook_error = "Wrong response from the webhook: 502 Bad Gateway"
    api.say(7, "hello")

    health = await channel.ping()

    assert (health.ok, "502 Bad Gateway" in health.detail) == (False, True)


async def test_a_webhook_is_asked_for_until_telegram_answers(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    api.fault("setWebhook", "status", status=502)
    api.too_many("setWebhook", 7)
    async with receiving(channel, ear):
        pauses = []
        for _ in range(2):
            pauses.append(await clock.next_nap())
            unhealthy = await channel.ping()
            await clock.advance(pauses[-1])
        await api.wait_for(lambda: api.webhook)

    assert sorted(pauses) == [1, 7]
    assert not unhealthy.ok


async def test_an_address_that_telegram_refuses_ends_the_channel_with_what_to_do(
    api: TelegramApi, channel: TelegramChannel, ear: Ear
) -> None:
    api.fault("setWebhook", "status", status=400, description="Bad Request: bad webhook: IP address is reserved")
    with pytest.raises(ChannelDown, match=r"IP address is reserved.*channels\.telegram\.webhook\.url"):
        await channel.receive(ear)


async def test_a_port_that_is_taken_ends_the_channel_with_what_to_do(
    settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear, port: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        async with TelegramChannel(settings, cursors=shelf, blobs=shelf, clock=clock) as channel:
            with pytest.raises(ChannelDown, match=r"taken.*channels\.telegram\.webhook\.port"):
                await channel.receive(ear)


@pytest.mark.parametrize("secret", ["", "has space", "x" * 257, "ümlaut"])
def test_a_secret_that_telegram_would_refuse_is_refused_at_start(settings: TelegramSettings, secret: str) -> None:
    with pytest.raises(ConfigError, match="openssl rand"):
        changed(settings, webhook=WebhookSettings(URL, 1, secret, "/"))


@pytest.mark.parametrize(
    ("webhook", "told"),
    [
        ('url: "https://bot.example/t", port: 8443', "there is no secret"),
        ('url: "http://bot.example/t", port: 8443, secret: "s"', "https addresses only"),
    ],
)
def test_a_webhook_that_is_not_safe_is_no_configuration(webhook: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse(f'{{ channels: {{ telegram: {{ botToken: "1:a", webhook: {{ {webhook} }} }} }} }}')


def test_a_webhook_listens_at_the_path_that_is_asked_for() -> None:
    written = 'url: "https://bot.example/t", port: 8443, secret: "s"'
    paths = []
    for more in ("", ', path: "/inside"'):
        text = f'{{ channels: {{ telegram: {{ botToken: "1:a", webhook: {{ {written}{more} }} }} }} }}'
        telegram = parse(text).channels.telegram
        assert telegram is not None
        assert telegram.webhook is not None
        paths.append(telegram.webhook.asked_path)

    assert paths == ["/t", "/inside"]


def test_the_secret_is_never_shown(settings: TelegramSettings) -> None:
    assert SECRET not in repr(settings)
