"""The step journal of running turns, and the history of finished ones.

Functions on an open transaction of the writer thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.history import HistoryRow, Summary
from bot.core.messages import Conversation, Turn
from bot.core.spending import Spend
from bot.core.steps import Step
from bot.store import money
from bot.store.codec import decode, decode_message, decode_result, encode
from bot.store.database import Database, name_of


def steps(database: Database, turn: Turn) -> tuple[Step, ...]:
    """The turn's steps in the order they began."""
    rows = database.all("turn_steps", turn=int(turn.id))
    return tuple(Step(name, decode_result(body) if body else None) for name, body in rows)


def begin_step(database: Database, turn: Turn, name: str, now: int) -> None:
    """The intent. Repeating it is harmless."""
    database.run("begin_step", turn=int(turn.id), name=name, now=now)


def finish_step(database: Database, turn: Turn, step: Step, spend: Sequence[Spend], now: int) -> None:
    """The result and its cost. A step that is finished already stays as it is, and costs nothing more."""
    if step.result is None:
        raise ValueError(f"step {step.name!r} of turn {turn.id} has no result: use begin_step for an intent")
    finished = database.run("finish_step", turn=int(turn.id), name=step.name, now=now, body=encode(step.result))
    if finished:
        money.record(database, spend, now)


def history(database: Database, conversation: Conversation, since: int, limit: int) -> tuple[HistoryRow, ...]:
    """The newest `limit` messages after row `since`, oldest first."""
    rows = database.all("newest_history", conversation=name_of(conversation), since=since, limit=limit)
    return tuple(HistoryRow(number, decode_message(body)) for number, body in reversed(rows))


def newest_row(database: Database, conversation: Conversation) -> int:
    """The id of the newest history row, or 0."""
    return int(database.one("newest_row", conversation=name_of(conversation))[0])


def forget_turns(database: Database, conversation: Conversation, turns: int) -> int:
    """How many messages of the newest turns were removed; their summaries go with them."""
    gone = database.run("forget_turns", conversation=name_of(conversation), turns=turns)
    database.run("forget_summaries", conversation=name_of(conversation))
    return gone


def past(
    database: Database, conversation: Conversation, since: int, limit: int
) -> tuple[Summary | None, tuple[HistoryRow, ...]]:
    """The newest summary that ends after row `since`, and the newest messages after it."""
    row = database.one("summary", conversation=name_of(conversation), since=since)
    summary = decode(row[0], Summary) if row else None
    return summary, history(database, conversation, summary.upto if summary else since, limit)


def begin_summary(database: Database, conversation: Conversation, after: int, upto: int, rest: int, now: int) -> bool:
    """The intent. False while the last attempt is within `rest` milliseconds of now, whichever way a clock was set."""
    values = {"conversation": name_of(conversation), "after": after, "upto": upto, "rest": rest, "now": now}
    return bool(database.run("begin_summary", **values))


def keep_summary(
    database: Database, conversation: Conversation, summary: Summary, spend: Sequence[Spend], now: int
) -> bool:
    """False when the last row that it sums up is gone. The money counts in any case."""
    money.record(database, spend, now)
    name = name_of(conversation)
    kept = bool(database.run("keep_summary", conversation=name, upto=summary.upto, now=now, body=encode(summary)))
    if kept:
        database.run("end_summary", conversation=name, upto=summary.upto)
    return kept
