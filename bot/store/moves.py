"""A chat that got another id, as a Telegram group that became a supergroup: every table follows it.

Functions on an open transaction of the writer thread. Jobs and armed reminders live in memory too, under the old id:
the table `moved` says where their rows go when they are written later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from bot.core.jobs import Job, Reminder
from bot.core.messages import Conversation
from bot.store.codec import decode, encode
from bot.store.database import Database, conversation_of, name_of

Work = TypeVar("Work", Job, Reminder)

_MOVES = ("move_session", "move_history", "move_summaries", "move_summary_begun", "move_inbox", "move_outbox")


def move_conversation(database: Database, old: Conversation, new: Conversation) -> None:
    """Everything of a chat follows it to its new id. Placeholders stay behind: their messages have other ids there."""
    if old == new:
        return
    names = {"old": name_of(old), "new": name_of(new)}
    for move in _MOVES:
        database.run(move, **names)
    for job_id, body in database.all("jobs_of", old=names["old"]):
        database.run("move_job", id=job_id, new=names["new"])
        database.run("retarget_job", id=job_id, body=encode(_to(decode(body, Job), new)))
    for reminder_id, body in database.all("reminders_of", old=names["old"]):
        database.run("move_reminder", id=reminder_id, new=names["new"], body=encode(_to(decode(body, Reminder), new)))
    database.run("follow_move", **names)
    database.run("note_move", **names)
    database.run("forget_move", new=names["new"])


def home(database: Database, conversation: Conversation) -> Conversation:
    """Where the chat is now."""
    row = database.one("moved_to", old=name_of(conversation))
    return conversation_of(row[0]) if row else conversation


def at_home(database: Database, work: Work) -> Work:
    """The job or reminder, aimed at where its chat is now."""
    conversation = home(database, work.target.conversation)
    return work if conversation == work.target.conversation else _to(work, conversation)


def _to(work: Work, conversation: Conversation) -> Work:
    return replace(work, target=replace(work.target, conversation=conversation))
