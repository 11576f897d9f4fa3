"""Metrics counted from the log: how often each log event happened since the start.

A module logs as always; it does not know that its events are counted. The events that a metric names are constants
of `bot.core.log_events`, which the logging module imports too.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.log_events import CHAT_RETRY, PART_MAYBE_SENT, PART_NOT_SENT, TURN_DONE

BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
PACKAGES = ("bot", "channels")
REPEATS = frozenset({CHAT_RETRY, PART_NOT_SENT, PART_MAYBE_SENT})
FAILURE_ENDINGS = ("failed", "broken")
MOST_EVENTS = 500  # names come from the program alone; this only bounds a mistake


class Counts(logging.Handler):
    """`events` by name; `failures`, the events among them that report a failure: logged as an error, or named so;
    `outcomes` of turns that ended; how long turns took, in `buckets` of seconds; `repeats` by the service that was
    asked again and whether it had asked for a pause."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.events: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.outcomes: Counter[str] = Counter()
        self.repeats: Counter[tuple[str, bool]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        event = record.msg
        if not isinstance(event, str) or (event not in self.events and len(self.events) >= MOST_EVENTS):
            return
        self.events[event] += 1
        if record.levelno >= logging.ERROR or event.endswith(FAILURE_ENDINGS):
            self.failures[event] += 1
        if event in REPEATS:
            self.repeats[getattr(record, "of", "unknown"), bool(getattr(record, "throttled", False))] += 1
        seconds = getattr(record, "seconds", None)
        if event == TURN_DONE:
            self.outcomes[getattr(record, "outcome", "done")] += 1
        if event == TURN_DONE and isinstance(seconds, int | float):
            self.buckets[bisect_left(BUCKETS, seconds)] += 1
            self.seconds += seconds


@contextmanager
def counting() -> Iterator[Counts]:
    """Counts what our own packages log until the block ends, also what is below the level that is written."""
    counts = Counts()
    loggers = [logging.getLogger(package) for package in PACKAGES]
    written = [(handler, handler.level) for handler in logging.getLogger().handlers]
    for handler, level in written:
        handler.setLevel(max(level, logging.getLogger().level))
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
        for handler, level in written:
            handler.setLevel(level)
