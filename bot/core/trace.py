"""Which turn the running code works for, so that every log line of it can be found by one word."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_turn: ContextVar[str] = ContextVar("turn", default="")


@contextmanager
def working_for(turn: str) -> Iterator[None]:
    """What is logged inside, also by tasks that begin there, belongs to this turn ("" to none)."""
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)


def turn_of(key: str) -> str:
    """The turn that a part's key `turn:seq` begins with; "" for what no turn produced."""
    owner = key.partition(":")[0]
    return owner if owner.isdecimal() else ""


class TurnFilter(logging.Filter):
    """Lets every record pass, with the turn as the field `turn`, unless it names one itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True."""
        if (turn := _turn.get()) and not hasattr(record, "turn"):
            record.turn = turn
        return True
