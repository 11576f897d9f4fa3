"""Rate limit: one sliding window, for what a person may send and for what a bot may say."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bot.core.ports.clock import Clock

MESSAGES_AT_MOST = 20
SECONDS = 60.0
KEYS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Place:
    """One place in a window: when it was taken, by which event of which group."""

    at: float
    event: str
    group: str


class RateLimit:
    """A sliding window: at most `messages` within `seconds`, for each key by itself.

    Kept in memory. Above `KEYS_REMEMBERED` keys those that were quiet longest are forgotten."""

    def __init__(self, clock: Clock, *, messages: int = MESSAGES_AT_MOST, seconds: float = SECONDS) -> None:
        self._clock, self._places, self._seconds = clock, messages, seconds
        self._taken: dict[str, deque[_Place]] = {}

    def take(self, key: str, event: str, *, places: int = 1, group: str = "") -> float | None:
        """None when the event may pass, else how many seconds until the next one may.

        An event that is offered again (a redelivery after a crash) passes and is not counted again. An event takes
        `places`, and passes if one of them is free. What belongs to a `group` that has begun to pass (an album)
        passes too: it is counted, and what follows waits longer."""
        now = self._clock.monotonic()
        taken = self._taken.pop(key, None) or deque()
        self._taken[key] = taken  # the keys lie in the order of their last event
        self._forget_the_quiet(now)
        while taken and taken[0].at <= now - self._seconds:
            taken.popleft()
        if any(place.event == event for place in taken):
            return None
        if len(taken) < self._places or (group and any(place.group == group for place in taken)):
            taken.extend([_Place(now, event, group)] * places)
            return None
        return taken[len(taken) - self._places].at + self._seconds - now

    def clear(self, key: str) -> None:
        """Frees every place of a key."""
        self._taken.pop(key, None)

    def _forget_the_quiet(self, now: float) -> None:
        while len(self._taken) > KEYS_REMEMBERED:
            key, taken = next(iter(self._taken.items()))
            if taken and taken[-1].at > now - self._seconds:  # within its window: forgotten, it would have a new one
                return
            del self._taken[key]
