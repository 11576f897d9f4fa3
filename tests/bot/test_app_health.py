"""Who feeds the watchdog, and when it is left to bite."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app_health import beat
from tests.fakes.clock import FakeClock


@dataclass
class Store:
    lives: bool = True

    def alive(self) -> bool:
        return self.lives


@dataclass
class Links:
    stuck: tuple[str, ...] = ()


@dataclass
class Daemon:
    """As much of the running daemon as the watchdog asks for."""

    store: Store = field(default_factory=Store)
    links: Links = field(default_factory=Links)
    clock: FakeClock = field(default_factory=FakeClock)


async def test_the_watchdog_is_fed_only_while_everything_that_must_move_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    daemon = Daemon()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as systemd:
        systemd.bind(str(tmp_path / "notify"))

        async def fed() -> bool:
            await daemon.clock.advance(30)
            try:
                return systemd.recv(4096) == b"WATCHDOG=1"
            except BlockingIOError:
                return False

        beating = asyncio.create_task(beat(daemon))  # type: ignore[arg-type]
        told = [await fed(), await fed()]
        daemon.store.lives = False
        told.append(await fed())
        daemon.store.lives, daemon.links.stuck = True, ("telegram",)
        told.append(await fed())
        daemon.links.stuck = ()
        told.append(await fed())
        beating.cancel()
        await asyncio.wait({beating})

    assert told == [True, True, False, False, True]
