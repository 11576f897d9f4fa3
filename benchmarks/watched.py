"""The daemon with a watch on its event loop: writes the worst stall, in milliseconds, to a file when told.

python -m benchmarks.watched FILE CONFIG STATE_DIR
SIGUSR1 starts the watch anew; SIGUSR2 writes what it saw.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from bot.app import serve
from bot.config.load import load
from bot.core.clock import SystemClock

STEP = 0.001


class Watch:
    """How late a timer fired at worst: the longest time in which the loop did not come round. Its own callback, not a
    sleeping task, which would count up to three rounds as one."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()

    def start(self) -> None:
        self.worst = 0.0

    def look(self) -> None:
        now = self._loop.time()
        self.worst = max(self.worst, now - self._due)
        self._due = now + STEP
        self._loop.call_at(self._due, self.look)


async def main(out: Path, config: Path, state: Path) -> int:
    watch = Watch()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, watch.start)
    loop.add_signal_handler(signal.SIGUSR2, lambda: out.write_text(f"{watch.worst * 1000:.2f}"))
    watch.look()
    return await serve(load(config), state, clock=SystemClock())


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*(Path(word) for word in sys.argv[1:4]))))
