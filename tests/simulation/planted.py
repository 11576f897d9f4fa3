"""Faults that are put into the program on purpose, to see that the simulation finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

from bot.agent.engine import Engine
from bot.store.database import QUERIES


@contextmanager
def _query(name: str, before: str, after: str) -> Iterator[None]:
    """A statement of the store with a part of it changed."""
    assert before in QUERIES[name], name
    with patch.dict(QUERIES, {name: QUERIES[name].replace(before, after)}):
        yield


PLANTED: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "confirm before store": nullcontext,  # in the person of `life.py`: the transport is part of the world
    "rows of a dead process are not taken up": partial(_query, "recover_inbox", "AND state = 'working'", "AND FALSE"),
    "a delivered part is not marked": partial(_query, "mark_sent", "WHERE", "WHERE FALSE AND"),
    "the journal of an earlier attempt is not read": partial(_query, "turn_steps", "WHERE", "WHERE FALSE AND"),
    "a redelivered message is taken as new": partial(
        _query, "accept_event", ":event_id,", ":event_id || '@' || (SELECT COUNT(*) FROM inbox),"
    ),
    "an answer is not counted": partial(_query, "record_spend", ":microusd", "0"),
    "a wake-up is lost": lambda: patch.object(Engine, "wake", lambda *_, **__: None),
}
