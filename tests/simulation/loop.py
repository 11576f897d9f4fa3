"""An event loop that owns time: nothing waits for real, one seed draws every latency, a crash may fall on any step."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import random
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
STEPS_AT_MOST = 60_000  # of one life; more is a loop that never rests
SECONDS_OF_A_THREAD = 0.003


class Crashed(BaseException):
    """The process ends here, in the middle of whatever it was doing."""


class Deadlocked(BaseException):
    """Work is awaited and nothing is left that could end it, or it never comes to rest."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Keeps asyncio's order of callbacks. `trace` is a hash over every step: the same seed gives the same one."""

    def __init__(self, chance: random.Random, start: float, crash_at: int | None) -> None:
        super().__init__()
        self.chance, self.now, self.crash_at = chance, start, crash_at
        self.steps = 0
        self.trace = hashlib.sha256()
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self.now

    def crash(self) -> None:
        """The next step is not taken any more."""
        self.crash_at = self.steps

    def _run_once(self) -> None:
        self._crash_when_due()
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready:
            if not scheduled:
                raise Deadlocked("nothing is left to happen")
            self.now = max(self.now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self.now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
        self.steps += 1
        if self.steps > STEPS_AT_MOST:
            raise Deadlocked(f"no rest after {STEPS_AT_MOST} steps")
        self._crash_when_due()
        if ready:
            handle = ready.popleft()
            if not handle._cancelled:
                self.trace.update(b"%.6f" % self.now)
                handle._run()

    def _crash_when_due(self) -> None:
        if self.crash_at is not None and self.steps >= self.crash_at:
            raise Crashed

    def _process_events(self, event_list: list[Any]) -> None:
        """There is no selector, and so there are no events."""

    def _write_to_self(self) -> None:
        """There is no other thread that would have to wake the loop."""

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """What a thread would do, some time later in this one."""
        future = self.create_future()

        def work() -> None:
            if future.done():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:
                future.set_exception(error)

        self.call_later(self.chance.uniform(0, SECONDS_OF_A_THREAD), work)
        return future

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def abandon(self) -> list[asyncio.Task[Any]]:
        """Forgets what a crashed process had begun: none of it happens any more. Returns its tasks: while they are
        kept, none of their `finally` blocks runs either."""
        tasks = list(asyncio.all_tasks(self))
        self.set_exception_handler(lambda *_: None)
        for task in tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]
        return tasks


class SimulatedClock:
    """The loop's time as wall clock and as monotonic clock of one life."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop, self._born = loop, loop.now

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._loop.now)

    def monotonic(self) -> float:
        return self._loop.now - self._born

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
