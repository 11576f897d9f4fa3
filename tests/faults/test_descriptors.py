"""The real daemon when it may open nothing more: it rests, and goes on once it can."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from bot.sandbox import Sandbox
from tests.daemon import Daemon, configure, daemon, free_port, open_telegram
from tests.fakes.telegram_api import TelegramApi

DESCRIPTORS = 64
TICKS = os.sysconf("SC_CLK_TCK")


def opened(running: Daemon) -> int:
    """How many descriptors the daemon has."""
    return len(os.listdir(f"/proc/{running.process.pid}/fd"))


def cpu_seconds(running: Daemon) -> float:
    """How long it has computed."""
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / TICKS


async def until(true: Callable[[], bool], running: Daemon) -> None:
    async with asyncio.timeout(20):
        while not true():
            assert running.process.returncode is None, running.said()
            await asyncio.sleep(0.02)


async def test_a_daemon_that_may_open_nothing_more_rests_and_answers_when_it_can(tmp_path: Path) -> None:
    port = free_port()
    async with Sandbox() as sandbox, TelegramApi() as api:
        configure(
            tmp_path,
            base_url=sandbox.base_url,
            key=sandbox.key,
            channels={"telegram": open_telegram(api.root)},
            health={"port": port},
        )
        async with daemon(tmp_path, before=f"ulimit -n {DESCRIPTORS}") as running:
            await until(lambda: "store.swept" in running.said() and api.polling > 0, running)
            eaters = [await asyncio.open_connection("127.0.0.1", port) for _ in range(DESCRIPTORS)]
            await until(lambda: opened(running) == DESCRIPTORS, running)
            api.say(7, "reply with exactly: one")
            api.say(7, "reply with exactly: two")
            await until(lambda: "chat.retry" in running.said(), running)
            before = cpu_seconds(running)
            await asyncio.sleep(1.5)  # long enough to see a loop that spins
            spent = cpu_seconds(running) - before
            for _, writer in eaters:
                writer.close()
            await until(lambda: "two" in api.texts(7), running)

            assert spent < 0.5
            assert api.texts(7) == ["one", "two"]
            assert running.said().count("descriptors.exhausted") == 1
            assert "socket.accept()" not in running.said()
