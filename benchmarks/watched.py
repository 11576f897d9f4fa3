"""The daemon with a watch on its event loop: writes the worst stall, in milliseconds, to a file when told.

python -m benchmarks.watched FILE CONFIG STATE_DIR
SIGUSR1 starts the watch anew; SIGUSR2 writes what it saw.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from bot.app import serve
from bot.config.load import load
from bot.core.clock import SystemClock

STEP = 0.001


class Watch:
    """The latest that a timer of one millisecond fired."""

    def __init__(self) -> None:
        self.worst = 0.0

    def start(self) -> None:
        self.worst = 0.0

    async def look(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(STEP)
            self.worst = max(self.worst, time.perf_counter() - before - STEP)


async def main(out: Path, config: Path, state: Path) -> int:
    watch = Watch()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, watch.start)
    loop.add_signal_handler(signal.SIGUSR2, lambda: out.write_text(f"{watch.worst * 1000:.2f}"))
    looking = asyncio.create_task(watch.look())
    try:
        return await serve(load(config), state, clock=SystemClock())
    finally:
        looking.cancel()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*(Path(word) for word in sys.argv[1:4]))))
