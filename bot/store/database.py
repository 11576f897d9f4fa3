"""Named queries on one connection, and how times and conversations are written in columns."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bot.core.errors import StateError, StoreUnavailable, VoxlineError
from bot.core.messages import Conversation

SQL = files("bot.store")

# The disk is full, read-only or failing, or another process holds the database: nothing was written.
_UNAVAILABLE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)
_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))

_QUERY = re.compile(r"^-- name: (?P<name>\w+)\n-- (?P<says>.+)\n(?P<statement>(?:(?!^-- name: ).*\n?)+)", re.MULTILINE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def load_queries() -> dict[str, str]:
    """The statements of queries.sql by name."""
    text = SQL.joinpath("queries.sql").read_text(encoding="utf-8")
    return {query["name"]: query["statement"].strip() for query in _QUERY.finditer(text)}


QUERIES = load_queries()


class Database:
    """Runs the statements of queries.sql. Belongs to the thread that made the connection."""

    __slots__ = ("connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def run(self, query: str, **values: object) -> int:
        """How many rows the statement changed."""
        return self.connection.execute(QUERIES[query], values).rowcount

    def all(self, query: str, **values: object) -> list[Any]:
        """The rows of the answer."""
        return self.connection.execute(QUERIES[query], values).fetchall()

    def one(self, query: str, **values: object) -> Any:
        """The first row of the answer, or None."""
        # All rows are read: a statement that still runs would keep the transaction from committing.
        rows = self.connection.execute(QUERIES[query], values).fetchall()
        return rows[0] if rows else None


def explain(error: Exception) -> Exception:
    """The error as the rest of the program knows it: `StoreUnavailable`, `StateError`, or itself."""
    if isinstance(error, VoxlineError) or not isinstance(error, sqlite3.Error):
        return error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the extended code keeps the plain one in its low byte
    if code in _UNAVAILABLE:
        explained: Exception = StoreUnavailable(
            f"the database refused ({error}); nothing was written; free disk space or end the program that holds it"
        )
    elif code in _DAMAGED:
        explained = StateError(
            f"the database is damaged ({error}); stop the daemon and restore the newest backup beside it"
        )
    else:
        return error
    explained.__cause__ = error
    return explained


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC. Whole numbers all the way: floats would round."""
    return (moment - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=4096)
def name_of(conversation: Conversation) -> str:
    """The conversation as it stands in columns."""
    return json.dumps([conversation.channel, conversation.chat, conversation.thread], separators=(",", ":"))


@lru_cache(maxsize=4096)
def conversation_of(name: str) -> Conversation:
    """The conversation behind a column."""
    channel, chat, thread = json.loads(name)
    return Conversation(channel, chat, thread)
