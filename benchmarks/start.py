"""Whether the start and the figures grow with the database, each taken in turns in one run.

python -m benchmarks.start [ROWS ...]     rows of the databases that are held against an empty one, else 300000 3000000
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.filled import fill
from benchmarks.model_server import ModelServer
from benchmarks.turn import one_start, say
from bot.store.backlog import backlog
from bot.store.migrations import DATABASE, open_database
from bot.store.writer import Writer

ROUNDS = 9
GAUGED_ROWS, GAUGED_TIMES = 1_000_000, 50


async def starts(folder: Path, sizes: tuple[int, ...]) -> None:
    states = {rows: folder / f"with {rows} rows" for rows in (0, *sizes)}
    for rows, state in states.items():
        size = await asyncio.to_thread(fill, state, rows)
        print(f"filled {rows} rows, {size / 1e6:.0f} MB", flush=True)
    times: dict[int, list[float]] = {rows: [] for rows in states}
    async with ModelServer() as model:
        for number in range(ROUNDS + 1):
            for rows, state in states.items():
                seconds = await one_start(model, state=state)
                if number:  # the first round fills the page cache
                    times[rows].append(seconds)
    empty = statistics.median(times[0])
    for rows in sizes:
        seconds = statistics.median(times[rows])
        told = f"{seconds / empty:.2f}x ({seconds:.2f} s against {empty:.2f} s)"
        say(f"start with {rows} rows against an empty database, p50", told, "<= 1.1x", seconds / empty <= 1.1)


async def gauges(folder: Path) -> None:
    """What /metrics and status ask of the writer thread."""
    state = folder / "gauges"
    await asyncio.to_thread(fill, state, GAUGED_ROWS)
    writer = Writer(partial(open_database, state / DATABASE))
    await writer.open()
    milliseconds = []
    for _ in range(GAUGED_TIMES):
        begun = time.perf_counter()
        await writer.read(backlog, 0)
        milliseconds.append((time.perf_counter() - begun) * 1000)
    await writer.close()
    told = f"p50 {statistics.median(milliseconds):.2f} ms, worst {max(milliseconds):.2f} ms"
    say(f"/metrics on the writer with {GAUGED_ROWS} rows", told, "<= 5 ms", max(milliseconds) <= 5)


async def main(sizes: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await gauges(Path(folder))
        await starts(Path(folder), sizes)


if __name__ == "__main__":
    asyncio.run(main(tuple(map(int, sys.argv[1:])) or (300_000, 3_000_000)))
