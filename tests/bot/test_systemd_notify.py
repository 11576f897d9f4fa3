"""What systemd hears, over real sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.systemd_notify import READY, WATCHDOG, notify, status, watchdog_seconds


@contextmanager
def _systemd(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(2)
        yield listener


def test_systemd_hears_readiness_and_the_status_in_one_message(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with _systemd(address) as systemd:
        assert notify(READY, status("two channels\nare open"), environ={"NOTIFY_SOCKET": address})
        assert systemd.recv(4096) == b"READY=1\nSTATUS=two channels are open"


def test_an_abstract_socket_is_written_with_an_at_sign() -> None:
    name = f"voxline-test-{os.getpid()}"
    with _systemd(f"\0{name}") as systemd:
        assert notify(WATCHDOG, environ={"NOTIFY_SOCKET": f"@{name}"})
        assert systemd.recv(4096) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    assert not notify(READY, environ={})
    assert not notify(READY, environ={"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_bites(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environ) == seconds
