"""The real daemon: its start, its health, and both ways to end it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bot.cli.control import NotRunning, ask
from bot.openrouter.provider import KEYLESS
from bot.sandbox import Sandbox
from tests.daemon import Daemon, configure, daemon, free_port, open_telegram
from tests.fakes.telegram_api import TelegramApi


async def until(happened: Callable[[], bool], running: Daemon, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not happened():
            assert running.process.returncode is None, running.said()
            await asyncio.sleep(0.05)


def listens(folder: Path) -> bool:
    try:
        return bool(ask(folder / "state", "status")["ok"])
    except NotRunning:
        return False


async def test_health_names_the_channel_that_does_not_work_while_the_daemon_lives(tmp_path: Path) -> None:
    port = free_port()
    channels = {"telegram": open_telegram("http://127.0.0.1:9"), "web": {"enabled": True, "port": 0}}
    health = {"port": port}
    configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels=channels, health=health)
    async with daemon(tmp_path) as running, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as page:
        await until(lambda: "store.swept" in running.said(), running)

        async with page.get("/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with page.get("/readyz") as answer:
            told = await answer.text()
            assert (answer.status, told.startswith("telegram: "), "web" in told) == (503, True, False)
        async with page.get("/metrics") as answer:
            assert 'voxline_channel_up{channel="web"} 1' in await answer.text()
        async with page.get("/metrics", headers={"Host": "evil.test"}) as answer:
            assert answer.status == 421
        status = await asyncio.to_thread(ask, tmp_path / "state", "status")
        assert (status["health"]["web"]["ok"], status["health"]["telegram"]["ok"]) == (True, False)
        running.signal(signal.SIGTERM)
        assert await running.ended() == 0


async def test_messages_that_came_before_the_network_did_are_answered(tmp_path: Path) -> None:
    port = free_port()
    api = TelegramApi(port=port)
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        sandbox.admit("key-1234")
        root = open_telegram(f"http://127.0.0.1:{port}")
        configure(tmp_path, base_url=sandbox.base_url, key="key-1234", channels={"telegram": root})
        async with daemon(tmp_path) as running:
            await until(lambda: "telegram.unreachable" in running.said(), running)
            await stack.enter_async_context(api)
            api.say(7, "hello")
            await api.wait_for(lambda: len(api.messages(7)) > 0, 30)
            status = await asyncio.to_thread(ask, tmp_path / "state", "status")
            assert status["health"]["telegram"]["ok"]
            running.signal(signal.SIGTERM)
            assert await running.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_closed_terminal_ends_the_daemon_in_order(tmp_path: Path, number: signal.Signals) -> None:
    configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels={"web": {"enabled": True, "port": 0}})
    async with daemon(tmp_path) as running:
        await until(lambda: listens(tmp_path), running)
        running.signal(number)
        assert await running.ended() == 0
        assert "daemon.stopping" in running.said()


async def test_a_second_signal_ends_the_daemon_at_once_and_is_no_crash(tmp_path: Path) -> None:
    configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels={"web": {"enabled": True, "port": 0}})
    async with daemon(tmp_path) as running:
        await until(lambda: listens(tmp_path), running)
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGTERM)
        async with asyncio.timeout(2):
            await running.process.wait()
    assert not (tmp_path / "state" / "running").exists()


async def test_ctrl_c_says_at_once_what_it_waits_for(tmp_path: Path) -> None:
    async with TelegramApi() as api, Sandbox(words_per_second=2) as sandbox:
        configure(tmp_path, base_url=sandbox.base_url, key=sandbox.key, channels={"telegram": open_telegram(api.root)})
        async with daemon(tmp_path) as running:
            await running.ready()
            api.say(7, "count to 40")
            await api.wait_for(lambda: len(api.messages(7)) > 0, 30)
            running.signal(signal.SIGINT)
            await until(lambda: "Stopping: 1 answer is still being made" in running.said(), running, 2)
            assert "Ctrl+C again ends at once" in running.said()
            running.signal(signal.SIGINT)
            assert await running.ended() == 1


async def test_the_demo_waits_three_seconds_at_most(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0", "--state-dir", str(tmp_path))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    address = re.search(r"http://\S+", (await asyncio.wait_for(process.stdout.readline(), 60)).decode())
    assert address is not None
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(address[0]) as page:
            root = page.url.origin()
        form = aiohttp.FormData({"id": "a" * 32, "chat": "b" * 32, "text": "count to 900"}, default_to_multipart=True)
        async with browser.post(root / "api/messages", data=form) as taken:
            assert taken.status == 202, await taken.text()
    await asyncio.sleep(1)
    process.send_signal(signal.SIGINT)
    began = asyncio.get_running_loop().time()
    said, _ = await asyncio.wait_for(process.communicate(), 20)

    assert "Stopping: 1 answer is still being made, I wait 3 s at most." in said.decode()
    assert asyncio.get_running_loop().time() - began < 6


async def test_a_daemon_that_keeps_dying_is_back_on_telegram_at_once_and_says_so(tmp_path: Path) -> None:
    async with TelegramApi() as api:
        root = open_telegram(api.root)
        channels = {"telegram": root, "web": {"enabled": True, "port": 0}}
        health = {"crashesBeforeHold": 1}
        configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels=channels, health=health)
        async with daemon(tmp_path) as running:
            await api.wait_for(lambda: api.count("getUpdates") > 0, 30)
            await running.kill()
        polled = api.count("getUpdates")
        async with daemon(tmp_path) as running:
            await until(lambda: "store.swept" in running.said().rpartition("daemon.crash_loop")[2], running)
            await api.wait_for(lambda: api.count("getUpdates") > polled, 30)
            status = await asyncio.to_thread(ask, tmp_path / "state", "status")
            assert status["health"]["telegram"]["ok"]
            assert "died 1 times within five minutes" in running.said()
    assert len(json.loads((tmp_path / "state" / "deaths.json").read_text())) == 1


async def test_the_address_of_the_page_with_its_key_is_told_to_status_and_to_no_log(tmp_path: Path) -> None:
    configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels={"web": {"enabled": True, "port": 0}})
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of a numeric host
    async with daemon(tmp_path) as running, aiohttp.ClientSession(cookie_jar=jar) as browser:
        await until(lambda: listens(tmp_path) and "web: the local page" in running.said(), running)
        address = str((await asyncio.to_thread(ask, tmp_path / "state", "status"))["page"])
        async with browser.get(address) as answer:
            assert (answer.status, answer.url.path) == (200, "/")
        assert address.rpartition("/")[2] not in running.said()


async def test_the_address_of_the_page_survives_a_restart_until_a_new_one_is_made(tmp_path: Path) -> None:
    port = free_port()
    channels = {"web": {"enabled": True, "port": port}}
    configure(tmp_path, base_url="http://127.0.0.1:9", key="key-1234", channels=channels)
    addresses: list[str] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        for _ in range(2):
            async with daemon(tmp_path) as running:
                await until(lambda: listens(tmp_path) and "web: the local page" in running.said(), running)
                addresses.append(str((await asyncio.to_thread(ask, tmp_path / "state", "status"))["page"]))
                async with browser.get(f"http://127.0.0.1:{port}/" if addresses[1:] else addresses[0]) as answer:
                    assert (answer.status, answer.url.path) == (200, "/")  # the open page, also after the restart
                if not addresses[1:]:
                    continue
                addresses.append(str((await asyncio.to_thread(ask, tmp_path / "state", "page.new"))["page"]))
                async with browser.get(f"http://127.0.0.1:{port}/") as answer:
                    assert answer.status == 401
                async with browser.get(addresses[2]) as answer:
                    assert answer.status == 200
    assert addresses[0] == addresses[1] != addresses[2]


async def test_a_start_without_a_key_or_a_working_ffmpeg_says_so_and_what_to_do(tmp_path: Path) -> None:
    media, channels = {"ffmpegPath": str(tmp_path / "none")}, {"web": {"enabled": True, "port": 0}}
    configure(tmp_path, base_url="", key="", models={}, media=media, channels=channels)
    async with daemon(tmp_path) as running:
        await running.ready()
        told = running.said().splitlines()
        assert KEYLESS in told
        (sound,) = [line for line in told if line.startswith("Voice notes are neither understood nor sent: ")]
        assert "set media.ffmpegPath" in sound


async def test_a_demo_on_a_taken_port_says_so_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", port, "--state-dir", str(tmp_path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(second.communicate(), 60)
    assert (second.returncode, b"Traceback" in said) == (1, False)
    assert f"voxline: Port {port} is taken" in said.decode()


async def test_a_configuration_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    async with daemon(tmp_path) as running:
        assert await running.ended() == 78
        assert "voxline.json5: there is no such file" in running.said()
