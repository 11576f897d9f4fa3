"""What happened since the start, counted from the log: every event there is a number here.

No other part of the program has to know that it is counted.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
PACKAGES = ("bot", "channels")
TURN_DONE = "turn.done"
REPEATS = frozenset({"chat.retry", "part.not_sent", "part.maybe_sent"})
MOST_EVENTS = 500  # names come from the program alone; this only bounds a mistake


class Counts(logging.Handler):
    """`events` by name; how long turns took, in `buckets` of seconds; `repeats` by who was asked again and whether
    they had asked for a pause."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.events: Counter[str] = Counter()
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.repeats: Counter[tuple[str, bool]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        event = record.msg
        if not isinstance(event, str) or (event not in self.events and len(self.events) >= MOST_EVENTS):
            return
        self.events[event] += 1
        if event in REPEATS:
            self.repeats[getattr(record, "of", "unknown"), bool(getattr(record, "throttled", False))] += 1
        seconds = getattr(record, "seconds", None)
        if event == TURN_DONE and isinstance(seconds, int | float):
            self.buckets[bisect_left(BUCKETS, seconds)] += 1
            self.seconds += seconds


@contextmanager
def counting() -> Iterator[Counts]:
    """Counts what our own packages log until the block ends, also what is below the level that is written."""
    counts = Counts()
    loggers = [logging.getLogger(package) for package in PACKAGES]
    for written in logging.getLogger().handlers:
        written.setLevel(max(written.level, logging.getLogger().level))
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(min(logging.INFO, logging.getLogger().level))
        logger.addHandler(counts)
    try:
        yield counts
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(counts)
            logger.setLevel(level)
