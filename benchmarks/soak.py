"""Ten thousand turns through one daemon, and what it has kept of them: memory, descriptors, threads, tasks, disk.

python -m benchmarks.soak [--turns 10000] [--chats 50] [--mixed] [--trace]

`--mixed` shows a picture with every 21st message and speaks every 49th. `--trace` tells where memory grew; it is
slow, and its own memory counts. Only the daemon's process is measured. Linux only. Ends with status 1 when the
daemon grew by more than 10 MiB between the 1,000th turn and the last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.model_server import ModelServer
from benchmarks.turn import ROOT, config, say
from tests.fakes.telegram_api import TelegramApi
from tests.sounds import ffmpeg

WARM_UP, STEP = 1000, 1000
MIB_AT_MOST = 10.0
PICTURE_EVERY, VOICE_EVERY = 21, 49  # no divisors of the number of chats: everybody does everything in turn
FIRST_CHAT = 1000
ANSWER_SECONDS = 60.0
SETTLE_SECONDS = 1.0
HEADER = "  turns   RSS MiB   PSS MiB  anonymous MiB  descriptors  threads  tasks"


@dataclass(frozen=True)
class Look:
    """The daemon after a number of turns; memory in MiB: resident, its fair share, and what is no file's.

    The fair share moves when other processes that share its libraries come and go; the other two do not."""

    turns: int
    rss: float
    pss: float
    anonymous: float
    descriptors: int
    threads: int
    tasks: int

    def line(self) -> str:
        return (
            f"{self.turns:>7} {self.rss:>9.1f} {self.pss:>9.1f} {self.anonymous:>14.1f} "
            f"{self.descriptors:>12} {self.threads:>8} {self.tasks:>6}"
        )


@dataclass
class Soak:
    """A daemon, the Telegram it talks on, and what has been said so far."""

    api: TelegramApi
    process: asyncio.subprocess.Process
    state: Path
    mixed: bool
    turns: int = 0

    async def ask(self, question: str) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{question}\n".encode())
        answer = await self.process.stdout.readline()
        return dict(json.loads(answer))

    async def round(self, chats: int) -> None:
        """One message in each chat, until all are answered."""
        wanted = {chat: self.write(chat) for chat in range(FIRST_CHAT, FIRST_CHAT + chats)}
        await self.api.wait_for(
            lambda: all(self.newest(chat) == answer for chat, answer in wanted.items()), ANSWER_SECONDS
        )
        self.api.forget_shown()
        self.api.calls.clear()

    def newest(self, chat: int) -> str:
        """The text of the last message, "spoken" for a voice note."""
        shown = self.api.messages(chat)[-1:]
        return "" if not shown else "spoken" if shown[0].kind == "voice" else shown[0].text

    def write(self, chat: int) -> str:
        """The answer that must come."""
        self.turns += 1
        said = f"number {self.turns}"
        if self.mixed and self.turns % VOICE_EVERY == 0:
            self.api.send_voice(chat, VOICE, 1)
            return "spoken"
        if self.mixed and self.turns % PICTURE_EVERY == 0:
            self.api.send_photo(chat, picture(self.turns), caption=said)
        else:
            self.api.say(chat, said)
        return f"Answer {said}"

    async def look(self) -> Look:
        await asyncio.sleep(SETTLE_SECONDS)
        told = await self.ask("look")
        for grown in told.get("grown", ()):
            print(grown)
        if told.get("kinds"):
            print(told["kinds"])
        pid = self.process.pid
        rss, pss, anonymous = memory_mib(pid)
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        return Look(self.turns, rss, pss, anonymous, descriptors, told["threads"], told["tasks"])


TONE = ("-f", "lavfi", "-i", "sine=frequency=300:duration=1")
VOICE = ffmpeg(*TONE, "-c:a", "libopus", "-f", "ogg")
SPEECH = ffmpeg(*TONE, "-c:a", "libmp3lame", "-f", "mp3")


def picture(number: int) -> bytes:
    """A JPEG that no other message shows."""
    data = BytesIO()
    Image.new("RGB", (640, 480), (number % 256, number // 256 % 256, 99)).save(data, "JPEG")
    return data.getvalue()


def memory_mib(pid: int) -> tuple[float, float, float]:
    """Resident memory of a process, its fair share (PSS), and the part that no file backs."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return found["Rss"], found["Pss"], found["Anonymous"]


def disk(state: Path) -> str:
    """The rows of each table that has any, and the size of the files in MiB."""
    with closing(sqlite3.connect(f"file:{state / 'voxline.db'}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in sorted(tables)}
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    files = [file for file in state.rglob("*") if file.is_file()]
    sizes = {file.name: file.stat().st_size / 2**20 for file in files if file.name.startswith("voxline.db")}
    media = [file.stat().st_size for file in files if "media" in file.parts]
    told = [f"{name} {count}" for name, count in rows.items() if count]
    told += [f"{name} {size:.1f} MiB" for name, size in sorted(sizes.items())]
    return ", ".join(
        [*told, f"of it free {free * page / 2**20:.1f} MiB", f"{len(media)} media files {sum(media) / 2**20:.1f} MiB"]
    )


@asynccontextmanager
async def soaking(*, mixed: bool, trace: bool) -> AsyncIterator[Soak]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voxline-soak-")))
        model = await stack.enter_async_context(ModelServer(SPEECH))
        api = await stack.enter_async_context(TelegramApi())
        (folder / "voxline.json5").write_text(config(api, model))
        words = [str(folder / "voxline.json5"), str(folder / "state"), *(["trace"] if trace else [])]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.probed", *words),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        try:
            await api.wait_for(lambda: api.polling, 30)
            yield Soak(api, process, folder / "state", mixed)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def soak(turns: int, chats: int, *, mixed: bool, trace: bool) -> bool:
    """Whether the daemon stayed within its bounds; prints the figures."""
    began = time.monotonic()
    async with soaking(mixed=mixed, trace=trace) as running:
        print(HEADER)
        looks = [await running.look()]
        print(looks[0].line(), flush=True)
        while running.turns < turns:
            await running.round(chats)
            if running.turns // STEP > looks[-1].turns // STEP or running.turns >= turns:
                looks.append(await running.look())
                print(looks[-1].line(), flush=True)
        seconds = time.monotonic() - began
        print(f"on disk before retention: {disk(running.state)}")
        swept = (await running.ask("sweep"))["swept"]
        print(f"on disk after retention of everything that may go ({swept} rows and files): {disk(running.state)}")
    warm = next((look for look in looks if look.turns >= WARM_UP), looks[0])
    print(f"{running.turns} turns in {chats} chats, {running.turns / seconds:.0f} a second")
    rss, pss = looks[-1].rss - warm.rss, looks[-1].pss - warm.pss
    told = f"{rss:+.1f} MiB (PSS {pss:+.1f}, anonymous {looks[-1].anonymous - warm.anonymous:+.1f})"
    say(f"memory grown since turn {warm.turns}", told, f"<= {MIB_AT_MOST:.0f} MiB", rss <= MIB_AT_MOST)
    return rss <= MIB_AT_MOST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--trace", action="store_true")
    given = parser.parse_args()
    well = asyncio.run(soak(given.turns, given.chats, mixed=given.mixed, trace=given.trace))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
