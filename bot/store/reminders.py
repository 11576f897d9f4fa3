"""Reminders as rows, and their firing into the inbox: functions on an open transaction of the writer thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.jobs import Reminder
from bot.core.messages import Conversation, Inbound
from bot.store import inbox
from bot.store.codec import decode, encode
from bot.store.database import Database, milliseconds, name_of
from bot.store.moves import at_home, home


def save_reminder(database: Database, reminder: Reminder) -> None:
    """The reminder, new or with its next time."""
    reminder = at_home(database, reminder)
    database.run(
        "save_reminder",
        id=reminder.id,
        conversation=name_of(reminder.target.conversation),
        due=milliseconds(reminder.due),
        body=encode(reminder),
    )


def fire(
    database: Database, reminder: Reminder, arrival: Inbound, next_due: datetime | None, now: int
) -> Conversation | None:
    """The inbox row and the next time. Returns where the row went, None when this firing was stored before, or the
    reminder was dropped."""
    reminder = at_home(database, reminder)
    conversation = reminder.target.conversation
    if not database.one("reminder_exists", id=reminder.id)[0]:
        return None
    if not inbox.insert(database, arrival.origin.value, replace(arrival, conversation=conversation), now):
        return None
    if next_due is None:
        drop_reminder(database, conversation, reminder.id)
    else:
        save_reminder(database, replace(reminder, due=next_due))
    return conversation


def reminders(database: Database, conversation: Conversation | None) -> tuple[Reminder, ...]:
    """By due time."""
    rows = database.all("reminders", conversation=name_of(home(database, conversation)) if conversation else None)
    return tuple(decode(body, Reminder) for (body,) in rows)


def drop_reminder(database: Database, conversation: Conversation, reminder_id: str) -> bool:
    """False when the conversation has no such reminder."""
    return database.run("drop_reminder", conversation=name_of(home(database, conversation)), id=reminder_id) == 1
