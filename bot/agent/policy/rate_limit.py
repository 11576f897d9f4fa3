"""How fast one person may send: a polite limit, kept in memory."""

from __future__ import annotations

from collections import deque

from bot.core.ports.clock import Clock

MESSAGES_AT_MOST = 20
SECONDS = 60.0
PEOPLE_REMEMBERED = 10_000


class RateLimit:
    """A sliding window for each person. The same event asked twice is counted once (a redelivery after a crash)."""

    def __init__(self, clock: Clock, *, messages: int = MESSAGES_AT_MOST, seconds: float = SECONDS) -> None:
        self._clock, self._messages, self._seconds = clock, messages, seconds
        self._taken: dict[str, deque[tuple[float, str]]] = {}
        self._told: set[str] = set()

    def take(self, person: str, event: str) -> float | None:
        """None when the message may pass, else how many seconds until the next one may."""
        now = self._clock.monotonic()
        taken = self._taken.setdefault(person, deque())
        while taken and taken[0][0] <= now - self._seconds:
            taken.popleft()
        if any(known == event for _, known in taken):
            return None
        if len(taken) < self._messages:
            taken.append((now, event))
            self._told.discard(person)
            self._forget_the_quiet(now)
            return None
        return taken[0][0] + self._seconds - now

    def tells(self, person: str) -> bool:
        """Whether to tell the person to wait: once, until a message of theirs may pass again."""
        if person in self._told:
            return False
        self._told.add(person)
        return True

    def _forget_the_quiet(self, now: float) -> None:
        if len(self._taken) <= PEOPLE_REMEMBERED:
            return
        quiet = [person for person, taken in self._taken.items() if not taken or taken[-1][0] <= now - self._seconds]
        for person in quiet:
            del self._taken[person]
            self._told.discard(person)
