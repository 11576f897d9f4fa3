"""Inbox rows: accepted with deduplication by source and event id, claimed, released, finished.

Functions on an open transaction of the writer thread. A turn is named by the id of its first row, so
it keeps its name, its steps and its outbox keys however often it is tried.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.arrivals import Arrivals
from bot.core.messages import Conversation, Inbound, Session, Turn
from bot.core.steps import Outcome
from bot.store import moves, outbox
from bot.store.codec import decode, encode
from bot.store.database import Database, conversation_of, name_of

TOGETHER_AT_MOST = 20
FILES_AT_MOST = 10  # as many as one turn looks at


def accept(database: Database, arrivals: Arrivals, now: int) -> tuple[Inbound, ...]:
    """The inbounds that were not known before, in order."""
    new = tuple(inbound for inbound in arrivals.inbounds if insert(database, arrivals.source, inbound, now))
    for inbound in arrivals.stopped:
        insert(database, arrivals.source, inbound, now, "accept_stopped")
    for poison in arrivals.poison:
        database.run("keep_poison", source=arrivals.source, event_id=poison.id, now=now, body=encode(poison))
    if arrivals.cursor is not None:
        database.run("save_cursor", name=arrivals.cursor.name, value=arrivals.cursor.value)
    for move in arrivals.moved:
        moves.move_conversation(database, move.old, move.new)
    return new


def insert(database: Database, source: str, inbound: Inbound, now: int, query: str = "accept_event") -> bool:
    """Stores one inbound; False when it was known."""
    changed = database.run(
        query,
        source=source,
        event_id=inbound.id,
        conversation=name_of(inbound.conversation),
        album=inbound.group,
        origin=inbound.origin.value,
        now=now,
        body=encode(inbound),
    )
    return changed == 1


def knows(database: Database, source: str, inbound_id: str) -> bool:
    """Whether this event was accepted before."""
    return bool(database.one("knows_event", source=source, event_id=inbound_id)[0])


def claim(database: Database, conversation: Conversation, now: datetime) -> Turn | None:
    """The oldest waiting work, or None when there is none or a turn of the conversation runs."""
    name = name_of(conversation)
    first = database.one("first_open", conversation=name)
    if first is None or first[1] == "working":
        return None
    head, _, album, turn = first
    if album:
        rows = sorted(database.all("claim_album", conversation=name, album=album, head=head))
    elif turn is not None:  # as it was: steps of an earlier attempt belong to just these rows
        rows = sorted(database.all("claim_again", turn=turn))
    else:
        rows = database.all("claim_one", head=head)
        rows += _claim_behind(database, name, head, decode(rows[0][2], Inbound), now)
    fence, session = database.one("raise_fence", conversation=name)
    return Turn(
        id=str(head),
        conversation=conversation,
        inbounds=tuple(_at(conversation, decode(body, Inbound)) for _, _, body in rows),
        session=decode(session, Session) if session else Session(),
        attempt=rows[0][1],
        fence=fence,
        fresh=turn is None,
    )


def _at(conversation: Conversation, inbound: Inbound) -> Inbound:
    """The message where its chat is now: the chat may have got another id since it was stored."""
    return inbound if inbound.conversation == conversation else replace(inbound, conversation=conversation)


def _claim_behind(
    database: Database, name: str, head: int, first: Inbound, now: datetime
) -> list[tuple[int, int, str]]:
    """The rows behind a stale one that are answered with it, claimed."""
    if not _joins(first, first, now):
        return []
    last, files = head, len(first.attachments)
    for number, album, body in database.all("waiting_behind", conversation=name, head=head, limit=TOGETHER_AT_MOST - 1):
        message = decode(body, Inbound)
        files += len(message.attachments)
        if album or files > FILES_AT_MOST or not _joins(first, message, now):
            break
        last = number
    return [] if last == head else sorted(database.all("claim_behind", conversation=name, head=head, last=last))


def _joins(first: Inbound, message: Inbound, now: datetime) -> bool:
    """Whether a message is answered together with the first of its turn."""
    same = (message.sender.id, message.private, message.room) == (first.sender.id, first.private, first.room)
    return same and message.stale(now) and message.to_me and not message.text.lstrip().startswith("/")


def release(database: Database, turn: Turn) -> None:
    """The turn waits again, and this attempt does not count."""
    database.run("release_turn", turn=int(turn.id), fence=turn.fence, conversation=name_of(turn.conversation))


def finish(database: Database, turn: Turn, outcome: Outcome, now: int) -> bool:
    """The end of the turn: its messages, its parts, its rows. False when the fence has moved on."""
    name, number = name_of(turn.conversation), int(turn.id)
    ended = database.run(
        "finish_turn",
        turn=number,
        fence=turn.fence,
        conversation=name,
        state="dead" if outcome.dead else "done",
        note=outcome.note,
        now=now,
    )
    if not ended:
        return False
    for message in outcome.history:
        database.run("add_history", conversation=name, turn=number, now=now, body=encode(message))
    outbox.queue(database, turn.id, turn.target, outcome.reply, now)
    database.run("bury_drafts", owner=turn.id, now=now)
    return True


def discard_waiting(database: Database, conversation: Conversation, now: int) -> int:
    """How many waiting rows of people were marked as done."""
    return database.run("discard_waiting", conversation=name_of(conversation), now=now)


def recent(database: Database, conversation: Conversation, limit: int) -> tuple[Inbound, ...]:
    """The newest finished messages of people, newest first."""
    rows = database.all("recent_messages", conversation=name_of(conversation), limit=limit)
    return tuple(decode(body, Inbound) for (body,) in rows)


def unfinished(database: Database) -> tuple[Conversation, ...]:
    """Conversations with something to do or to deliver, after the rows of a dead process were put back."""
    database.run("recover_inbox")
    database.run("recover_outbox")
    return tuple(conversation_of(name) for (name,) in database.all("unfinished_conversations"))


def save_session(database: Database, conversation: Conversation, session: Session) -> None:
    """Keeps the session for the next turns."""
    database.run("save_session", conversation=name_of(conversation), session=encode(session))


def session(database: Database, conversation: Conversation) -> Session:
    """The conversation's own settings."""
    row = database.one("session", conversation=name_of(conversation))
    return decode(row[0], Session) if row and row[0] else Session()
