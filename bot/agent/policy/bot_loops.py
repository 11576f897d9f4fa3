"""Two bots that answer each other for ever: a budget for each of them, then silence."""

from __future__ import annotations

from collections import deque

from bot.core.ports.clock import Clock

EVENTS_AT_MOST = 20
SECONDS = 60.0
BOTS_REMEMBERED = 1_000


class BotLoopGuard:
    """Twenty messages of a bot within a minute, then a minute of not listening to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[str, deque[tuple[float, str]]] = {}
        self._silent_until: dict[str, float] = {}

    def hears(self, bot: str, event: str) -> bool:
        """Whether this message of `bot` may pass; it counts once, however often it is offered."""
        now = self._clock.monotonic()
        if now < self._silent_until.get(bot, now):
            return False
        taken = self._taken.setdefault(bot, deque())
        while taken and taken[0][0] <= now - SECONDS:
            taken.popleft()
        if any(known == event for _, known in taken):
            return True
        if len(taken) < EVENTS_AT_MOST:
            taken.append((now, event))
            self._forget()
            return True
        self._silent_until[bot] = now + SECONDS
        taken.clear()
        return False

    def _forget(self) -> None:
        while len(self._taken) > BOTS_REMEMBERED:
            oldest = next(iter(self._taken))
            del self._taken[oldest]
            self._silent_until.pop(oldest, None)
