"""A configuration and a state directory of the test's own, and real servers beside the command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.cli.main import run
from bot.sandbox import Sandbox
from tests.fakes.discord_api import DiscordApi
from tests.fakes.telegram_api import TelegramApi

Server = TypeVar("Server", bound=AbstractAsyncContextManager[Any])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with voxline.json5 and state, and nothing of this machine's own settings."""
    for name in ("OPENROUTER_API_KEY", "TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "REMOTE_CONTAINERS", "CODESPACES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOXLINE_CONFIG", str(tmp_path / "voxline.json5"))
    monkeypatch.setenv("VOXLINE_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def config(home: Path) -> Path:
    return home / "voxline.json5"


Voxline = Callable[..., tuple[int, str, str]]


@pytest.fixture
def voxline(capsys: pytest.CaptureFixture[str]) -> Voxline:
    """Runs a command; its exit status, standard output and standard error."""

    def call(*argv: str) -> tuple[int, str, str]:
        try:
            status = run(argv)
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with ExitStack() as stack:
        yield stack.enter_context(serving(Sandbox()))


@pytest.fixture
def telegram() -> Iterator[TelegramApi]:
    with ExitStack() as stack:
        yield stack.enter_context(serving(TelegramApi()))


@pytest.fixture
def discord() -> Iterator[DiscordApi]:
    with ExitStack() as stack:
        yield stack.enter_context(serving(DiscordApi()))


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server, running in a loop of its own: a command has its own loop too."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with server:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
