"""Background tasks: a guarded loop that survives every exception, and a rest that news cuts short.

A loop that ends for good at its first unforeseen exception fails in silence: nothing is priced, reminded or
watched any more. So each loop of the daemon is run by `run_forever`, and health asks what it returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.core.log_events import BACKGROUND_BROKEN
from bot.core.ports.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
FAILURES_UNTIL_FAILING = 3

Work = Callable[[], Awaitable[None]]


class BackgroundTask:
    """A loop that runs until `stop`. `failures` counts the rounds in a row that raised."""

    def __init__(self, name: str, work: Work, clock: Clock) -> None:
        self.name, self.failures = name, 0
        self._work, self._clock = work, clock
        self._task = asyncio.create_task(self._run(), name=name)

    @property
    def running(self) -> bool:
        """False once the loop has ended, which only `stop` may bring about."""
        return not self._task.done()

    @property
    def failing(self) -> bool:
        """Whether the last rounds all raised: the loop goes on, and its work is not done."""
        return self.failures >= FAILURES_UNTIL_FAILING

    async def stop(self) -> None:
        """Ends the loop, and returns once it has ended. Stopping twice is harmless."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._work()
            except asyncio.CancelledError:
                if itself_cancelled():
                    raise
                self.failures += 1
                log.warning(BACKGROUND_BROKEN, extra={"task": self.name, "why": "cancelled from within"})
            except Exception:  # the door of every background loop: the next round may go well
                self.failures += 1
                log.exception(BACKGROUND_BROKEN, extra={"task": self.name, "failures": self.failures})
            else:
                self.failures, pause = 0, FIRST_PAUSE_SECONDS
                await asyncio.sleep(0)  # a round that waits for nothing must not hold up the event loop
                continue
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def run_forever(name: str, work: Work, clock: Clock) -> BackgroundTask:
    """Runs `work` round after round in a task of its own. A round that raises is logged, and the next one begins
    after a pause that grows with each failure in a row, from one second to sixty."""
    return BackgroundTask(name, work, clock)


async def wait_for_news(news: asyncio.Event, clock: Clock, seconds: float | None = None) -> bool:
    """Rests until there is news, or for `seconds` at most (None: without end). True when there was news.

    The event is cleared here, before the caller looks at what changed: news that comes while the caller works is
    still set at the next rest, so no wake-up is lost."""
    if seconds is None:
        await news.wait()
    elif not news.is_set():
        woken, rested = asyncio.ensure_future(news.wait()), asyncio.ensure_future(clock.sleep(seconds))
        try:
            await asyncio.wait({woken, rested}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            rested.cancel()
    was_set = news.is_set()
    news.clear()
    return was_set


def itself_cancelled() -> bool:
    """Whether the running task was cancelled, rather than a task that it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
