"""Who feeds the watchdog, and when it is left to bite."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app_health import beat
from bot.core.background import run_forever
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
class Loop:
    """A background loop, as far as health asks."""

    running: bool = True
    name: str = "reminders"


@dataclass
class Daemon:
    """As much of the running daemon as the watchdog asks for."""

    store: Store = field(default_factory=Store)
    links: Links = field(default_factory=Links)
    clock: FakeClock = field(default_factory=FakeClock)
    background: tuple[Loop, ...] = (Loop(),)


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

        beating = run_forever("watchdog", lambda: beat(daemon), daemon.clock)  # type: ignore[arg-type]
        pings = [await fed(), await fed()]
        daemon.store.lives = False
        pings.append(await fed())
        daemon.store.lives, daemon.links.stuck = True, ("telegram",)
        pings.append(await fed())
        daemon.links.stuck = ()
        pings.append(await fed())
        daemon.background = (Loop(running=False),)
        pings.append(await fed())
        await beating.stop()

    assert pings == [True, True, False, False, True, False]
