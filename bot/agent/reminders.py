"""Reminders: the rows are ours, APScheduler is only the timer.

Firing inserts `reminder:<id>@<due>` into the inbox, so a reminder that is fired twice is said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from bot.agent.insist import insist
from bot.core.messages import Conversation, Inbound, Origin, Person
from bot.core.ports import Clock, Reminders
from bot.core.work import Reminder

log = logging.getLogger(__name__)

LATE_SECONDS = 120.0
CLOCK_CHECK_SECONDS = 10.0
CLOCK_JUMP_SECONDS = 5.0


class ReminderTimer:
    """Fires what is due. An async context manager: entering loads the rows and fires, once, what was missed."""

    def __init__(self, *, store: Reminders, clock: Clock, wake: Callable[[Conversation], None]) -> None:
        self._store, self._clock, self._wake = store, clock, wake
        self._timer = AsyncIOScheduler(timezone=ZoneInfo("UTC"))
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ReminderTimer:
        self._timer.start()
        await self._load()
        self._watch = asyncio.create_task(self._watch_the_clock(), name="reminder clock")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        self._timer.shutdown(wait=False)

    async def add(self, reminder: Reminder) -> None:
        """Keeps and arms a reminder."""
        await self._store.add_reminder(reminder)
        self._arm(reminder)

    async def drop(self, conversation: Conversation, reminder_id: str) -> bool:
        """Removes a reminder of this conversation; False when there is none."""
        if not await self._store.drop_reminder(conversation, reminder_id):
            return False
        if self._timer.get_job(reminder_id) is not None:
            self._timer.remove_job(reminder_id)
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
        fired = await insist(lambda: self._store.fire(reminder, arrival, next_due), self._clock)
        log.info("reminder.fired", extra={"reminder": reminder.id, "fresh": fired})
        self._wake(reminder.target.conversation)
        if next_due is not None:
            await self._load()

    async def _load(self) -> None:
        now = self._clock.now()
        for reminder in await self._store.reminders(None):
            if reminder.due <= now:
                await self.fire(reminder)
            else:
                self._arm(reminder)

    def _arm(self, reminder: Reminder) -> None:
        self._timer.add_job(
            self.fire,
            DateTrigger(reminder.due),
            args=(reminder,),
            id=reminder.id,
            replace_existing=True,
            misfire_grace_time=None,
        )

    async def _watch_the_clock(self) -> None:
        """Arms everything anew after the wall clock jumped: APScheduler alone stalls when it is set back."""
        offset = self._clock.now().timestamp() - self._clock.monotonic()
        while True:
            await self._clock.sleep(CLOCK_CHECK_SECONDS)
            jumped = self._clock.now().timestamp() - self._clock.monotonic() - offset
            if abs(jumped) > CLOCK_JUMP_SECONDS:
                log.warning("clock.jumped", extra={"seconds": round(jumped)})
                offset += jumped
                await self._load()


def next_time(reminder: Reminder, now: datetime) -> datetime | None:
    """The next time after now, None for a reminder that fires once. What was missed is said once, late."""
    if not reminder.cron:
        return None
    trigger = CronTrigger.from_crontab(reminder.cron, timezone=ZoneInfo(reminder.zone))
    due: datetime | None = trigger.get_next_fire_time(None, now + timedelta(seconds=1))
    return due.astimezone(ZoneInfo("UTC")) if due is not None else None


def words(reminder: Reminder, now: datetime) -> str:
    """What the reminder says; a late one says that it is late."""
    if (now - reminder.due).total_seconds() <= LATE_SECONDS:
        return f"⏰ {reminder.text}"
    due = reminder.due.astimezone(ZoneInfo(reminder.zone))
    return f"⏰ {reminder.text}\n(due {due:%Y-%m-%d %H:%M} {reminder.zone}; late because I was offline)"
