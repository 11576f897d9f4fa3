"""Secrets without a form that gives them away, so that only knowing them can hide them; and where to look for them."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from bot.config.profiles import FILE_NAME
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN

ROOT = Path(__file__).parents[1]
MODEL_KEY = "canary of the model key 5d1f"
PROFILE_KEY = "canary-of-the-stored-profile-77ab"
SPEECH_KEY = "canary-of-the-speech-key-c03e"
HEADER = "canary-of-a-proxy-header-19bd"
PASSWORD = "canary-of-a-password-e5e5"
REFUSED = "canary-of-a-refused-key-44aa"
TELEGRAM_TOKEN = "123456789:CanaryOfTelegram_bb21"
CANARIES = (MODEL_KEY, PROFILE_KEY, SPEECH_KEY, HEADER, PASSWORD, REFUSED, TELEGRAM_TOKEN, DISCORD_TOKEN)
HELD = ("voxline.json5", FILE_NAME, "speech.key", ".env")  # the files that the operator gave the secrets in

Output = dict[str, bytes]


def leaks(output: Mapping[str, bytes], canaries: Iterable[str] = CANARIES) -> list[str]:
    """Where a canary shows, in any dress that a program may put it into."""
    return [f"{canary!r} in {name}" for canary in canaries for name, data in output.items() if _shows(canary, data)]


def _shows(canary: str, data: bytes) -> bool:
    plain = canary.encode()
    dresses = (plain, quote(canary, safe="").encode(), base64.b64encode(plain).rstrip(b"="), plain.hex().encode())
    return any(dress in data for dress in dresses)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything on the disk: log, database, write-ahead log, media."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in HELD:
            yield str(file.relative_to(folder)), file.read_bytes()


async def voxline(folder: Path, *argv: str, failpoints: str = "", **more: str) -> asyncio.subprocess.Process:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "VOXLINE_FAILPOINTS": failpoints,
        "MODEL_KEY": MODEL_KEY,
        "HTTPS_PROXY": f"http://proxy:{PASSWORD}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "CREDENTIALS_DIRECTORY": str(folder),
        **more,
    }
    places = ("--config", str(folder / "voxline.json5"), "--state-dir", str(folder / "state"))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *argv, *places),
        cwd=ROOT,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def told(process: asyncio.subprocess.Process, seconds: float = 40.0) -> bytes:
    """All it said, once it has ended; a daemon that still waits for better times after `seconds` is told to end."""
    saying = asyncio.create_task(told_until_end(process))
    try:
        return await asyncio.wait_for(asyncio.shield(saying), seconds)
    except TimeoutError:
        process.terminate()
        return await saying


async def told_until_end(process: asyncio.subprocess.Process) -> bytes:
    out, err = await process.communicate()
    return out + err
