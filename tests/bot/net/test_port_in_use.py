"""What is said about a port that cannot be used."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.core.ports.channel import Health
from bot.net.port_in_use import holder, why_not
from bot.ops.http import serve_health


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this very process listens on."""
    with socket.socket() as listens:
        listens.bind(("127.0.0.1", 0))
        listens.listen()
        yield int(listens.getsockname()[1])


async def test_whoever_holds_a_port_is_named(taken: int) -> None:
    told = await why_not(taken, OSError(errno.EADDRINUSE, "error while attempting to bind"))

    assert told.startswith(f"port {taken} is taken by ")
    assert told.endswith(f", pid {os.getpid()}")


async def test_a_holder_that_cannot_be_seen_is_another_program(taken: int, tmp_path: Path) -> None:
    assert holder(taken, tmp_path) == ""
    assert await why_not(1, OSError(errno.EADDRINUSE, "")) == "port 1 is taken by another program"


async def test_another_reason_is_told_as_it_is() -> None:
    assert await why_not(80, OSError(errno.EACCES, "")) == "port 80 cannot be used (Permission denied)"


async def test_a_port_for_health_that_is_taken_names_its_key_and_what_to_do(taken: int) -> None:
    async def ask() -> Health:
        return Health(True, "ok")

    async def figures() -> str:
        return ""

    with pytest.raises(ConfigError) as refused:
        async with serve_health(taken, alive=ask, ready=ask, metrics=figures):
            pass

    told = str(refused.value)
    assert told.startswith(f"health.port: port {taken} is taken by ")
    assert told.endswith("End that program, or write another port.")
