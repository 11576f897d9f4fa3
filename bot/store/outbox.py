"""Outbox rows, each with its idempotency key: queued, tried, sent or given up, in order for each conversation.

Functions on an open transaction of the writer thread. The order is that of queueing: a draft gets
its place when its part is known, not when its placeholder was sent.
"""

from __future__ import annotations

from bot.core.messages import Conversation, Reply, Target
from bot.core.steps import Due
from bot.store.codec import decode_part, encode
from bot.store.database import Database, name_of


def queue(database: Database, owner: str, target: Target, reply: Reply, now: int) -> None:
    """Queues the parts as owner:seq. A known key is left alone, unless it is a draft."""
    name = name_of(target.conversation)
    for seq, part in enumerate(reply):
        database.run(
            "queue_part",
            key=f"{owner}:{seq}",
            owner=owner,
            conversation=name,
            reply_to=target.reply_to,
            now=now,
            body=encode(part),
        )


def next_due(database: Database, conversation: Conversation) -> Due | None:
    """The first part that is neither sent nor dead."""
    row = database.one("next_due", conversation=name_of(conversation))
    if row is None:
        return None
    key, reply_to, body, attempts, message_id, maybe_sent = row
    return Due(key, Target(conversation, reply_to), decode_part(body), attempts, message_id, bool(maybe_sent))


def begin_sending(database: Database, key: str) -> None:
    """One more try."""
    database.run("begin_sending", key=key)


def hold_place(database: Database, key: str, target: Target, message_id: str, now: int) -> None:
    """Notes the placeholder of a part, which may not be known yet."""
    database.run(
        "hold_place",
        key=key,
        owner=key.rpartition(":")[0],
        conversation=name_of(target.conversation),
        reply_to=target.reply_to,
        message_id=message_id,
        now=now,
    )


def placeholder(database: Database, key: str) -> str:
    """The message id held for this key, or ""."""
    row = database.one("placeholder", key=key)
    return str(row[0]) if row else ""


def mark_sent(database: Database, key: str, message_id: str, now: int) -> None:
    """Delivered under this message id."""
    database.run("mark_sent", key=key, message_id=message_id, now=now)


def put_back(database: Database, key: str, maybe_sent: bool) -> None:
    """Due again; once it may have arrived, that stays true."""
    database.run("put_back", key=key, maybe_sent=maybe_sent)


def bury(database: Database, key: str, reason: str, now: int) -> None:
    """Given up for good."""
    database.run("bury", key=key, reason=reason, now=now)


def was_mine(database: Database, conversation: Conversation, message_id: str) -> bool:
    """Whether this message was sent from here."""
    return bool(database.one("was_mine", conversation=name_of(conversation), message_id=message_id)[0])
