"""The daemon with a probe in it: each line on its input is a question, each line on its output the answer as JSON.

python -m benchmarks.probed CONFIG STATE_DIR [trace]
look   what is alive: tasks, threads, objects; with `trace` also where memory grew since the last look
sweep  what retention removes once everything here has become old
"""

from __future__ import annotations

import asyncio
import gc
import json
import linecache
import sys
import threading
import tracemalloc
from collections import Counter
from datetime import timedelta
from pathlib import Path

from bot.app import DaemonConsole, serve
from bot.app_health import App
from bot.config.load import load
from bot.core.clock import SystemClock

FRAMES, LINES = 8, 25
KEEP_DAYS = 30


class Probe:
    """Answers about the process it lives in."""

    def __init__(self, *, trace: bool) -> None:
        self._trace = trace
        self._last: tracemalloc.Snapshot | None = None
        self._kinds: Counter[str] = Counter()
        self._app: App | None = None

    def attach(self, app: App) -> None:
        self._app = app

    async def answer(self, question: str) -> dict[str, object]:
        return await self._sweep() if question == "sweep" else self._look()

    def _look(self) -> dict[str, object]:
        told: dict[str, object] = {"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()}
        if self._trace:
            gc.collect()
            told |= {"grown": self._grown(), "kinds": self._more_kinds()}
        return told

    async def _sweep(self) -> dict[str, object]:
        assert self._app is not None
        later = self._app.clock.now() + timedelta(days=KEEP_DAYS + 1)
        return {"swept": await self._app.store.sweep(later, KEEP_DAYS)}

    def _grown(self) -> list[str]:
        """Where the memory was asked for that was not there at the last look."""
        own = [tracemalloc.Filter(False, file) for file in (tracemalloc.__file__, linecache.__file__)]
        now = tracemalloc.take_snapshot().filter_traces(own)
        last, self._last = self._last, now
        if last is None:
            return []
        return [
            f"{one.size_diff / 1024:+.0f} KiB in {one.count_diff:+}\n" + "\n".join(one.traceback.format())
            for one in now.compare_to(last, "traceback")[:LINES]
            if one.size_diff > 0
        ]

    def _more_kinds(self) -> dict[str, int]:
        """The types of which there are more objects than at the last look."""
        now = Counter(type(one).__name__ for one in gc.get_objects())
        more = now - self._kinds
        self._kinds = now
        return dict(more.most_common(LINES))


async def main(config: Path, state: Path, *, trace: bool) -> int:
    if trace:
        tracemalloc.start(FRAMES)
    probe = Probe(trace=trace)
    serving = asyncio.create_task(
        serve(load(config), state, clock=SystemClock(), console=DaemonConsole(tell=lambda _: None, ready=probe.attach))
    )
    asking = asyncio.create_task(listen(probe))
    try:
        return await serving
    finally:
        asking.cancel()


async def listen(probe: Probe) -> None:
    """Answers until nobody asks any more."""
    questions = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    while question := (await questions.readline()).decode().strip():
        print(json.dumps(await probe.answer(question)), flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), trace="trace" in sys.argv[3:])))
