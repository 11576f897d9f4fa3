"""Scheduler of reminders: rows in the store, and one background task that looks at the clock.

Firing inserts `reminder:<id>@<due>` into the inbox, so a reminder that fires twice is said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.agent.durable_writes import write_durably
from bot.core.background import BackgroundTask, run_forever, wait_for_news
from bot.core.jobs import Reminder
from bot.core.messages import Conversation, Inbound, Origin, Person
from bot.core.ports.clock import Clock
from bot.core.ports.store import Reminders
from bot.core.zones import open_zone
from bot.tools.cron import every_minutes, next_cron_time

log = logging.getLogger(__name__)

LATE_SECONDS = 120.0
LOOK_SECONDS = 10.0  # how often the wall clock is looked at: it may be set, and the machine may have slept


class ReminderTimer:
    """Fires what is due. An async context manager: entering loads the rows and fires, once, what was missed."""

    def __init__(self, *, store: Reminders, clock: Clock, wake: Callable[[Conversation], None]) -> None:
        self._store, self._clock, self._wake = store, clock, wake
        self._armed: dict[str, Reminder] = {}
        self._news = asyncio.Event()
        self.task: BackgroundTask | None = None

    async def __aenter__(self) -> ReminderTimer:
        self._armed = {reminder.id: reminder for reminder in await self._store.reminders(None)}
        await self._fire_due()
        self.task = run_forever("reminders", self._round, self._clock)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.task is not None:
            await self.task.stop()

    async def add(self, reminder: Reminder) -> None:
        """Keeps and arms a reminder."""
        await self._store.add_reminder(reminder)
        self._armed[reminder.id] = reminder
        self._news.set()

    async def drop(self, conversation: Conversation, reminder_id: str) -> bool:
        """Removes a reminder of this conversation; False when there is none."""
        if not await self._store.drop_reminder(conversation, reminder_id):
            return False
        self._armed.pop(reminder_id, None)
        return True

    async def listed(self, conversation: Conversation) -> tuple[Reminder, ...]:
        """The reminders of a conversation, by due time."""
        return await self._store.reminders(conversation)

    async def fire(self, reminder: Reminder) -> None:
        """Puts what is to be said into the inbox, and arms the next time."""
        now = self._clock.now()
        next_due = next_time(reminder, now)
        arrival = Inbound(
            id=f"reminder:{reminder.id}@{reminder.due.isoformat()}",
            conversation=reminder.target.conversation,
            sender=Person(reminder.person.partition(":")[2]),
            sent_at=now,
            text=words(reminder, now),
            message_id=reminder.target.reply_to,
            origin=Origin.REMINDER,
        )
        fired = await write_durably(lambda: self._store.fire(reminder, arrival, next_due), self._clock)
        if fired is not None and next_due is not None:
            self._armed[reminder.id] = replace(reminder, due=next_due)
        else:
            self._armed.pop(reminder.id, None)
        log.info("reminder.fired", extra={"reminder": reminder.id, "fresh": fired is not None})
        self._wake(fired or reminder.target.conversation)

    async def _round(self) -> None:
        """Fires what is due, then rests until the next reminder, a new one, or the next look at the clock."""
        await self._fire_due()
        await wait_for_news(self._news, self._clock, min(self._seconds_to_the_next(), LOOK_SECONDS))

    async def _fire_due(self) -> None:
        now = self._clock.now()
        for reminder in sorted(self._armed.values(), key=lambda reminder: reminder.due):
            if reminder.due > now:
                return
            try:
                await self.fire(reminder)
            except Exception:  # the door of this loop: a reminder that cannot be fired stays in the store
                log.exception("reminder.broken", extra={"reminder": reminder.id})
                self._armed.pop(reminder.id, None)

    def _seconds_to_the_next(self) -> float:
        now = self._clock.now()
        rests = ((reminder.due - now).total_seconds() for reminder in self._armed.values())
        return max(min(rests, default=LOOK_SECONDS), 0.0)


def next_time(reminder: Reminder, now: datetime) -> datetime | None:
    """The next time after now, None for a reminder that fires once. What was missed is said once, late."""
    if not reminder.cron:
        return None
    if (minutes := every_minutes(reminder.cron)) is not None:
        period = timedelta(minutes=minutes)
        return reminder.due + max((now - reminder.due) // period + 1, 1) * period
    return next_cron_time(reminder.cron, open_zone(reminder.zone), now + timedelta(seconds=1))


def words(reminder: Reminder, now: datetime) -> str:
    """What the reminder says; a late one says that it is late."""
    if (now - reminder.due).total_seconds() <= LATE_SECONDS:
        return f"⏰ {reminder.text}"
    due = reminder.due.astimezone(open_zone(reminder.zone))
    return f"⏰ {reminder.text}\n(due {due:%Y-%m-%d %H:%M} {reminder.zone}; late because I was offline)"
