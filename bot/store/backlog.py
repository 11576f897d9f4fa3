"""Gauges for metrics and status: how much waits, and what was spent.

Functions on an open transaction of the writer thread.
"""

from __future__ import annotations

from bot.core.arrivals import Backlog
from bot.core.messages import Conversation
from bot.core.spending import Capability
from bot.store.database import Database, conversation_of, name_of


def open_conversations(database: Database) -> tuple[Conversation, ...]:
    """Conversations with something to do or to deliver."""
    return tuple(conversation_of(name) for (name,) in database.all("unfinished_conversations"))


def backlog(database: Database, now: int) -> Backlog:
    """What waits."""
    messages, first_message = database.one("waiting_messages")
    parts, first_part = database.one("waiting_parts")
    oldest = min((at for at in (first_message, first_part) if at is not None), default=now)
    conversations = len(database.all("unfinished_conversations"))
    return Backlog(messages, parts, conversations, max(0, now - oldest) / 1000)


def waiting(database: Database, conversation: Conversation) -> int:
    """How many messages of people wait in a conversation."""
    return int(database.one("waiting_here", conversation=name_of(conversation))[0])


def spent_by_capability(database: Database, since: int) -> dict[Capability, int]:
    """Micro-dollars since then, for each capability that was used."""
    return {Capability(name): int(paid) for name, paid in database.all("spent_by_capability", since=since)}
