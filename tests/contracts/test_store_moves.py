"""The law of a chat that gets another id: every row follows it, also those that are written later by what was begun."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.history import Summary
from bot.core.jobs import JobState
from bot.core.messages import Conversation, Origin, Session, Target, Text
from bot.store import SqliteStore
from bot.store.database import name_of
from bot.store.migrations import DATABASE
from tests.fakes.rows import NOON, arrivals, inbound, job, outcome, reminder

OLD, NEW = Conversation("telegram", "-100"), Conversation("telegram", "-100777")
TOMORROW = NOON + timedelta(days=1)
STAYS = {"page", "moved"}  # the local page has no chats that move; `moved` names both ids


def rows_under(path: Path, conversation: Conversation) -> dict[str, int]:
    """How many rows name a conversation in any column, by table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        counts = {}
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            texts = (name_of(conversation), f'"chat":"{conversation.chat}"')
            counts[table] = sum(any(text in str(column) for column in row for text in texts) for row in rows)
    return {table: count for table, count in counts.items() if count and table not in STAYS}


async def fill(store: SqliteStore) -> None:
    """A row of every kind that names the old id."""
    await store.accept(arrivals("answered", conversation=OLD))
    turn = await store.claim(OLD)
    assert turn is not None and await store.finish(turn, outcome("an answer"))
    await store.save_session(OLD, Session(model="openrouter/auto"))
    newest = await store.newest_row(OLD)
    assert await store.begin_summary(OLD, after=0, upto=newest, seconds_of_rest=0)
    assert await store.keep_summary(OLD, Summary("they met", newest))
    await store.post("notice", Target(OLD), (Text("hello"),))
    await store.accept(arrivals("waits", conversation=OLD))
    await store.add_job(replace(job("clip"), target=Target(OLD, "m1")))
    await store.add_reminder(replace(reminder("tea"), target=Target(OLD)))


async def test_every_table_follows_a_chat_to_its_new_id(store: SqliteStore, tmp_path: Path) -> None:
    await fill(store)
    path = tmp_path / "state" / DATABASE
    before = rows_under(path, OLD)
    assert {"inbox", "history", "outbox", "summary", "conversation", "job", "reminder"} <= set(before)

    for _ in range(2):  # it is announced by both chats
        await store.move_conversation(OLD, NEW)

    left = rows_under(path, OLD)
    assert set(left) <= {"conversation", "inbox"}  # an empty shell, and the bodies of what people wrote
    turn = await store.claim(NEW)
    assert turn is not None
    assert [message.conversation for message in turn.inbounds] == [NEW]
    assert [one.target for one in await store.jobs(NEW, active=True)] == [Target(NEW, "m1")]
    assert [one.target for one in await store.reminders(NEW)] == [Target(NEW)]


async def test_a_reminder_that_was_armed_under_the_old_id_fires_once_in_the_new_chat(store: SqliteStore) -> None:
    armed = replace(reminder("tea"), target=Target(OLD))
    await store.add_reminder(armed)
    await store.move_conversation(OLD, NEW)
    arrival = inbound("reminder:tea", OLD, origin=Origin.REMINDER)

    assert await store.fire(armed, arrival, None) == NEW
    assert await store.fire(armed, arrival, None) is None

    turn = await store.claim(NEW)
    assert turn is not None and turn.inbounds[0].conversation == NEW
    assert await store.reminders(None) == ()
    assert await store.claim(OLD) is None


async def test_a_repeating_reminder_stays_in_the_new_chat(store: SqliteStore) -> None:
    armed = replace(reminder("tea", cron="0 8 * * *"), target=Target(OLD))
    await store.add_reminder(armed)
    await store.move_conversation(OLD, NEW)

    assert await store.fire(armed, inbound("reminder:tea", OLD, origin=Origin.REMINDER), TOMORROW) == NEW

    assert await store.reminders(NEW) == (replace(armed, target=Target(NEW), due=TOMORROW),)
    assert await store.drop_reminder(OLD, "tea")  # asked for in a turn that began before the move


async def test_a_job_that_was_begun_under_the_old_id_ends_in_the_new_chat(store: SqliteStore) -> None:
    begun = replace(job("clip"), target=Target(OLD, "m1"))
    await store.add_job(begun)
    await store.move_conversation(OLD, NEW)
    running = replace(begun, state=JobState.RUNNING)
    await store.save_job(running)

    assert [one.target.conversation for one in await store.jobs(NEW, active=True)] == [NEW]
    assert await store.end_job(replace(running, state=JobState.DONE), inbound("clip", OLD, origin=Origin.JOB)) == NEW
    assert await store.end_job(replace(running, state=JobState.DONE), inbound("again", OLD, origin=Origin.JOB)) is None

    turn = await store.claim(NEW)
    assert turn is not None and [message.id for message in turn.inbounds] == ["clip"]


async def test_a_job_of_each_chat_survives_their_becoming_one(store: SqliteStore) -> None:
    await store.add_job(replace(job("old"), target=Target(OLD)))
    await store.add_job(replace(job("new"), target=Target(NEW)))

    await store.move_conversation(OLD, NEW)

    jobs = await store.jobs(None, active=True)
    assert [(one.id, one.target.conversation) for one in jobs] == [("new", NEW), ("old", NEW)]


async def test_what_a_turn_begins_in_a_chat_that_moved_meanwhile_is_found(store: SqliteStore) -> None:
    await store.move_conversation(OLD, NEW)

    assert await store.add_job(replace(job("clip"), target=Target(OLD)))
    await store.add_reminder(replace(reminder("tea"), target=Target(OLD)))

    for chat in (OLD, NEW):
        assert [one.id for one in await store.jobs(chat, active=True)] == ["clip"]
        assert [one.id for one in await store.reminders(chat)] == ["tea"]


@pytest.mark.parametrize("second", [NEW, OLD])
async def test_a_chat_may_move_twice_and_come_back(store: SqliteStore, second: Conversation) -> None:
    between = Conversation("telegram", "-5")
    await store.add_reminder(replace(reminder("tea"), target=Target(OLD)))
    await store.move_conversation(OLD, between)
    await store.move_conversation(between, second)

    armed = replace(reminder("tea"), target=Target(OLD))
    assert await store.fire(armed, inbound("reminder:tea", OLD, origin=Origin.REMINDER), None) == second
