"""Voxline against a bare bot of seventy lines, interleaved in one run, through the same Telegram test server.

python -m benchmarks.turn                 everything, about a minute
python -m benchmarks.turn latency         one part: latency, cpu, crowd, slow, first, start, memory
python -m benchmarks.turn --before DIR    against another checkout of Voxline, for example of the commit before
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.model_server import ModelServer
from tests.fakes.discord_api import TOKEN, DiscordApi
from tests.fakes.telegram_api import TelegramApi

PARTS = ("latency", "cpu", "crowd", "slow", "first", "start", "memory")
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Side:
    """One bot under test, with a Telegram server of its own."""

    name: str
    api: TelegramApi
    process: asyncio.subprocess.Process
    folder: Path

    async def turn(self, chat: int, text: str) -> float:
        """Seconds from the message to its whole answer."""
        started = time.monotonic()
        self.api.say(chat, text)
        await self.api.wait_for(lambda: f"Answer {text}" in self.api.texts(chat), 30)
        return time.monotonic() - started

    async def crowd(self, chats: int, each: int, seconds: float) -> float:
        """Seconds until every chat has all its answers, in order, none twice."""
        before = {chat: len(self.api.texts(chat)) for chat in range(1000, 1000 + chats)}
        started = time.monotonic()
        for number in range(each):
            for chat in before:
                self.api.say(chat, f"{number}")
        wanted = [f"Answer {number}" for number in range(each)]
        await self.api.wait_for(
            lambda: all(self.api.texts(chat)[count:] == wanted for chat, count in before.items()), seconds
        )
        return time.monotonic() - started


def config(api: TelegramApi, model: ModelServer, discord: DiscordApi | None = None) -> str:
    channels: dict[str, object] = {
        "telegram": {"botToken": api.token, "apiRoot": api.root, "dmPolicy": "open", "allowFrom": ["*"]}
    }
    if discord is not None:
        channels["discord"] = {"token": TOKEN, "apiBase": discord.base, "dmPolicy": "open", "allowFrom": ["*"]}
    return json.dumps(
        {
            "models": {"providers": {"openrouter": {"baseUrl": model.base_url, "apiKey": "bench-key-0000"}}},
            "channels": channels,
            "limits": {"messagesPerMinute": 100_000},
            "logging": {"level": "error"},
        }
    )


@asynccontextmanager
async def running(*command: str, root: Path = ROOT) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, cwd=root, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def voxline(model: ModelServer, discord: DiscordApi | None = None, root: Path = ROOT) -> AsyncIterator[Side]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api = await stack.enter_async_context(TelegramApi())
        (folder / "voxline.json5").write_text(config(api, model, discord))
        command = (str(folder / "stall"), str(folder / "voxline.json5"), str(folder / "state"))
        process = await stack.enter_async_context(running("benchmarks.watched", *command, root=root))
        await api.wait_for(lambda: api.polling, 20)
        yield Side("voxline", api, process, folder)


@asynccontextmanager
async def bare(model: ModelServer, *options: str) -> AsyncIterator[Side]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api = await stack.enter_async_context(TelegramApi())
        process = await stack.enter_async_context(
            running("benchmarks.bare_bot", api.root, api.token, model.base_url, *options)
        )
        await api.wait_for(lambda: api.polling, 20)
        yield Side("bare", api, process, folder)


def say(label: str, value: str, goal: str, ok: bool) -> None:
    print(f"{label:<52} {value:<38} goal {goal:<14} {'ok' if ok else 'MISSED'}", flush=True)


async def latency(ours: Side, theirs: Side, model: ModelServer) -> None:
    mine, other = await latencies(ours, theirs)
    ratio = mine / other
    told = f"{ratio:.2f}x ({mine:.1f} ms against {other:.1f} ms)"
    say("latency of a turn, p50, zero-delay model", told, "<= 2x", ratio <= 2)
    async with bare(model, "--no-preview") as plain:
        mine, other = await latencies(ours, plain, "plain")
        told = f"{mine / other:.2f}x ({mine:.1f} ms against {other:.1f} ms)"
        print(f"{'the same against a bot that shows no preview':<52} {told:<38} no goal", flush=True)


async def latencies(ours: Side, theirs: Side, label: str = "n") -> tuple[float, float]:
    """Milliseconds of a turn in the middle of two hundred, taken in turns."""
    mine: list[float] = []
    other: list[float] = []
    for number in range(220):
        mine.append(await ours.turn(7, f"{label}{number}"))
        other.append(await theirs.turn(7, f"{label}{number}"))
    return statistics.median(mine[20:]) * 1000, statistics.median(other[20:]) * 1000


async def cpu(ours: Side, theirs: Side, model: ModelServer) -> None:
    """CPU of a hundred plain turns, one after the other, against a bare bot that streams previews."""
    seconds: dict[str, list[float]] = {ours.name: [], theirs.name: []}
    for number in range(3):
        for side in (ours, theirs):
            before = cpu_seconds(side.process.pid)
            for turn in range(100):
                await side.turn(8, f"cpu {number} {turn}")
            seconds[side.name].append(cpu_seconds(side.process.pid) - before)
    mine, other = (statistics.median(seconds[side.name]) for side in (ours, theirs))
    told = f"{mine / other:.2f}x ({mine:.2f} s against {other:.2f} s)"
    say("CPU of 100 plain turns, one after the other", told, "<= 1.3x", mine / other <= 1.3)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with its threads, in seconds. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def crowd(ours: Side, theirs: Side, model: ModelServer) -> None:
    times: dict[str, list[float]] = {"voxline": [], "bare": []}
    ours.process.send_signal(signal.SIGUSR1)
    for _ in range(3):
        for side in (ours, theirs):
            times[side.name].append(await side.crowd(200, 3, 120))
    ratio = statistics.median(times["voxline"]) / statistics.median(times["bare"])
    told = (
        f"{ratio:.2f}x ({statistics.median(times['voxline']):.2f} s against {statistics.median(times['bare']):.2f} s)"
    )
    say("200 chats at once, 3 messages each, in order", told, "<= 2x", ratio <= 2)
    stall = await asyncio.to_thread(worst_stall, ours)
    say("worst event-loop stall under that load", f"{stall:.1f} ms", "<= 20 ms", stall <= 20)


def worst_stall(side: Side) -> float:
    """Milliseconds, as the watched daemon writes them when it is asked."""
    side.process.send_signal(signal.SIGUSR2)
    file = side.folder / "stall"
    while not file.exists() or not file.read_text():
        time.sleep(0.01)
    return float(file.read_text())


async def slow(ours: Side, theirs: Side, model: ModelServer) -> None:
    model.seconds_before = 1.0
    took = [await ours.crowd(50, 1, 30) for _ in range(3)]
    model.seconds_before = 0.0
    say("50 chats at once, model of one second, last answer", f"{max(took):.2f} s", "<= 1.5 s", max(took) <= 1.5)


async def first(ours: Side, theirs: Side, model: ModelServer) -> None:
    model.seconds_between = 0.4
    waits = []
    for number in range(12):
        text = f"first{number}"
        seen = len(ours.api.texts(9))
        ours.api.say(9, text)
        await ours.api.wait_for(lambda: len(ours.api.texts(9)) > seen, 10)
        waits.append((ours.api.messages(9)[-1].at - model.first_token_at[text]) * 1000)
        await ours.api.wait_for(lambda: f"Answer {text}" in ours.api.texts(9), 10)
    model.seconds_between = 0.0
    told = f"p50 {statistics.median(waits):.1f} ms, worst {max(waits):.1f} ms"
    say("first visible text after the model's first token", told, "<= 30 ms", statistics.median(waits) <= 30)


async def start(model: ModelServer) -> None:
    pairs = [(await one_start(model), await one_bare_start(model)) for _ in range(7)]
    mine, other = medians(pairs)
    told = f"p50 {mine:.2f} s, worst {max(first for first, _ in pairs):.2f} s"
    say("process start to first getUpdates", told, "<= 1.0 s", mine <= 1.0)
    told = f"{mine / other:.2f}x ({mine:.2f} s against {other:.2f} s)"
    say("the same against a bare bot with the same library", told, "<= 1.3x", mine / other <= 1.3)


async def one_bare_start(model: ModelServer) -> float:
    """Seconds from starting the bare bot to its first question for updates."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(TelegramApi())
        started = time.monotonic()
        await stack.enter_async_context(running("benchmarks.bare_bot", api.root, api.token, model.base_url))
        await api.wait_for(lambda: api.count("getUpdates") > 0, 20)
        return time.monotonic() - started


async def one_start(model: ModelServer, root: Path = ROOT, state: Path | None = None) -> float:
    """Seconds from starting the process to its first question for updates, with an empty database unless `state` is a
    directory that holds one."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api = await stack.enter_async_context(TelegramApi())
        (folder / "voxline.json5").write_text(config(api, model))
        started = time.monotonic()
        places = ("--config", str(folder / "voxline.json5"), "--state-dir", str(state or folder / "state"))
        await stack.enter_async_context(running("bot", "run", *places, root=root))
        await api.wait_for(lambda: api.count("getUpdates") > 0, 20)
        return time.monotonic() - started


async def memory(model: ModelServer) -> None:
    mib = await idle_mib(model)
    say("idle memory with Telegram and Discord", f"{mib:.1f} MiB", "<= 80 MiB", mib <= 80)


async def idle_mib(model: ModelServer, root: Path = ROOT) -> float:
    async with DiscordApi() as discord, voxline(model, discord, root) as side:
        await asyncio.sleep(2)  # until both channels are connected and nothing more is being set up
        return await asyncio.to_thread(resident_mib, side.process.pid)


def resident_mib(pid: int) -> float:
    """Memory of a process that is its own, in MiB. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


async def against(before: Path) -> None:
    """This checkout against another one, each figure taken in turns; five percent worse are allowed."""
    async with ModelServer() as model:
        async with voxline(model) as ours, voxline(model, root=before) as theirs:
            compare("latency of a turn, p50", *await latencies(ours, theirs), "ms")
        starts = [(await one_start(model), await one_start(model, before)) for _ in range(9)]
        compare("process start to first getUpdates, p50", *medians(starts, 1000), "ms")
        idle = [(await idle_mib(model), await idle_mib(model, before)) for _ in range(3)]
        compare("idle memory with Telegram and Discord, p50", *medians(idle), "MiB")


def medians(pairs: list[tuple[float, float]], scale: float = 1.0) -> tuple[float, float]:
    mine, other = zip(*pairs, strict=True)
    return statistics.median(mine) * scale, statistics.median(other) * scale


def compare(label: str, mine: float, other: float, unit: str) -> None:
    ratio = mine / other
    say(label, f"{ratio:.2f}x ({mine:.1f} {unit} against {other:.1f} {unit})", "<= 1.05x", ratio <= 1.05)


TOGETHER = {"latency": latency, "cpu": cpu, "crowd": crowd, "slow": slow, "first": first}


async def main(parts: tuple[str, ...]) -> None:
    async with ModelServer() as model:
        together = [part for part in parts if part in TOGETHER]
        if together:
            async with voxline(model) as ours, bare(model) as theirs:
                for part in together:
                    await TOGETHER[part](ours, theirs, model)
        for part in parts:
            if part in ("start", "memory"):
                await {"start": start, "memory": memory}[part](model)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--before"]:
        asyncio.run(against(Path(sys.argv[2]).resolve()))
    else:
        asyncio.run(main(tuple(sys.argv[1:]) or PARTS))
