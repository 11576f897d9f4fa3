"""The real daemon as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.telegram_api import TOKEN

ROOT = Path(__file__).parents[1]
READY_SECONDS, DEATH_SECONDS = 30.0, 40.0


@dataclass(frozen=True)
class Daemon:
    """A running `voxline run`. What it says is in `log`."""

    process: asyncio.subprocess.Process
    log: Path
    notices: socket.socket

    async def ready(self) -> None:
        """Returns once it says that it is, as it says to systemd."""
        async with asyncio.timeout(READY_SECONDS):
            while b"READY=1" not in await asyncio.get_running_loop().sock_recv(self.notices, 4096):
                pass

    async def ended(self) -> int:
        """The exit status once it has ended by itself; negative for a signal."""
        async with asyncio.timeout(DEATH_SECONDS):
            return await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless the process is gone already."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def kill(self) -> None:
        """Without a warning."""
        self.signal(signal.SIGKILL)
        await self.process.wait()

    def said(self) -> str:
        """The end of its log, for a failing test."""
        return self.log.read_text(errors="replace")[-4000:]


@asynccontextmanager
async def daemon(
    folder: Path, *, failpoints: str = "", before: str = "true", log: Path | None = None
) -> AsyncIterator[Daemon]:
    """`python -m bot run` over the configuration and the state in `folder`; killed when the block ends.

    `before` is what a shell does first, in the same process: a limit, a mount. It writes to `log`."""
    log, address = log or folder / "daemon.log", f"voxline-{uuid.uuid4().hex}"
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    notices.bind(f"\0{address}")
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-ec", f'{before}; exec "$@"', "sh"),
            *(sys.executable, "-m", "bot", "run", "--config", str(folder / "voxline.json5")),
            *("--state-dir", str(folder / "state")),
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "VOXLINE_FAILPOINTS": failpoints,
                "NOTIFY_SOCKET": f"@{address}",
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    running = Daemon(process, log, notices)
    try:
        yield running
    finally:
        notices.close()
        await running.kill()


def open_telegram(root: str) -> dict[str, object]:
    """The section of a bot on a Telegram on loopback, to which everybody may talk."""
    return {"botToken": TOKEN, "apiRoot": root, "dmPolicy": "open", "allowFrom": ["*"]}


def free_port() -> int:
    """A port that nobody listens on, for what cannot be told to take any."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def configure(folder: Path, *, base_url: str, key: str, **sections: object) -> None:
    """Writes the configuration of a daemon in `folder`. `sections` are added to it or replace what is there."""
    config: dict[str, object] = {
        "models": {"providers": {"openrouter": {"baseUrl": base_url, "apiKey": key}}},
        "messages": {"tts": {"auto": "inbound"}},
        "limits": {"messagesPerMinute": 1000000},
        "logging": {"level": "info"},
        "health": {"crashesBeforeHold": 0},  # it is killed on purpose
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "voxline.json5").write_text(json.dumps(config | sections), encoding="utf-8")
