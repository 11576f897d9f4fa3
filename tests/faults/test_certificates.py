"""A server that shows a certificate nobody vouches for, as a proxy that looks into connections does: nothing is told to
it, and whoever asks for health reads which way is closed and what to do."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.core.clock import SystemClock
from bot.core.errors import ChannelDown
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.failure import Distrusted
from bot.openrouter.http.route import Route
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from tests.daemon import configure, daemon, free_port, open_telegram
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi

KEY, TOKEN = "sk-or-v1-0123456789abcdef", "123456789:AAF0000000000000000000000000000000a"
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    shown, key = folder / "shown.pem", folder / "key.pem"
    wish = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=proxy"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*wish.split(), *names, "-keyout", str(key), "-out", str(shown)],
        check=True,
        capture_output=True,
    )
    return shown, key


@asynccontextmanager
async def stranger(certificate: tuple[Path, Path]) -> AsyncIterator[tuple[str, list[str]]]:
    """The address of a server behind this certificate, and what it was asked. It refuses every key."""
    asked: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"error": {"code": 401, "message": "no such key"}}, status=401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


async def test_telegram_behind_a_strange_certificate_is_told_nothing_and_health_says_why(
    certificate: tuple[Path, Path],
) -> None:
    async with stranger(certificate) as (address, asked):
        settings = TelegramSettings(TOKEN, address)
        async with TelegramChannel(settings, cursors=Shelf(), blobs=Shelf(), clock=FakeClock()) as channel:
            health = await channel.ping()

    assert not health.ok
    assert "Telegram" in health.detail
    assert "certificate is not trusted (self-signed certificate)" in health.detail
    assert "SSL_CERT_FILE" in health.detail
    assert TOKEN not in health.detail
    assert asked == []


async def test_discord_behind_a_strange_certificate_is_told_nothing_and_the_operator_reads_why(
    certificate: tuple[Path, Path],
) -> None:
    async with stranger(certificate) as (address, asked):
        settings = DiscordSettings("a.discord.token", api_base=f"{address}/api/v10", connect_seconds=5)
        with pytest.raises(ChannelDown, match=r"Discord at .*certificate is not trusted.*SSL_CERT_FILE") as down:
            async with DiscordChannel(settings, cursors=Shelf(), blobs=Shelf(), clock=FakeClock()):
                pass

    assert down.value.retry_after is not None
    assert asked == []


async def test_a_provider_behind_a_strange_certificate_is_asked_once_and_not_paid(
    certificate: tuple[Path, Path],
) -> None:
    async with (
        stranger(certificate) as (address, asked),
        OpenRouterClient(Route(base_url=f"{address}/api/v1", key=KEY), clock=SystemClock()) as client,
    ):
        with pytest.raises(Distrusted, match="certificate is not trusted"):
            await client.get_json("/models", label="models", timeout_seconds=5)

        assert not client.health.ok
        assert "127.0.0.1" in client.health.detail
        assert KEY not in client.health.detail
        assert asked == []


async def test_readiness_names_the_provider_until_its_certificate_is_vouched_for(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    port = free_port()
    async with stranger(certificate) as (address, _), TelegramApi() as api:
        configure(
            tmp_path,
            base_url=f"{address}/api/v1",
            key=KEY,
            channels={"telegram": open_telegram(api.root)},
            health={"port": port},
        )
        async with daemon(tmp_path):
            api.say(7, "hello")
            await api.wait_for(lambda: any(Distrusted.tell in text for text in api.texts(7)), 30)
            ready = await readiness(port)
        async with daemon(tmp_path, before=f"export SSL_CERT_FILE={certificate[0]}"):
            api.say(7, "hello again")
            await api.wait_for(lambda: any("key was refused" in text for text in api.texts(7)), 30)
            ready_again = await readiness(port)

    assert ready[0] == 503
    assert ready[1].startswith("model: cannot reach 127.0.0.1: its certificate is not trusted")
    assert KEY not in ready[1]
    assert ready_again == (200, "ready\n")


async def readiness(port: int) -> tuple[int, str]:
    async with (
        asyncio.timeout(5),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as page,
        page.get("/readyz") as told,
    ):
        return told.status, await told.text()
