"""Repeating times: five cron fields in a time zone, with the days of the week as cron counts them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = re.compile(r"(?P<first>\*|[0-7]|[a-z]{3})(?:-(?P<last>[0-7]|[a-z]{3}))?(?:/(?P<step>[1-7]))?")


def next_cron_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time at or after `after`, in UTC; None when it never comes. Raises `ValueError` for a broken line."""
    *times, days = cron.split() or [""]
    trigger = CronTrigger.from_crontab(" ".join((*times, days_by_name(days))), timezone=zone)
    due: datetime | None = trigger.get_next_fire_time(None, after)
    return due.astimezone(ZoneInfo("UTC")) if due is not None else None


def days_by_name(field: str) -> str:
    """The days of the week, each by name: APScheduler counts from Monday, cron from Sunday, and people write both
    1-5 and sun-thu. What is not understood stays as it is."""
    named: list[str] = []
    for part in field.casefold().split(","):
        found = _DAYS.fullmatch(part)
        if part == "*" or found is None:
            return field
        every = found["first"] == "*"
        first = 0 if every else _number(found["first"])
        last = 6 if every else _number(found["last"]) if found["last"] else first
        if first is None or last is None:
            return field
        until = last if last >= first else last + 7
        named += [DAYS[day % 7] for day in range(first, until + 1, int(found["step"] or 1))]
    return ",".join(dict.fromkeys(named))


def _number(day: str) -> int | None:
    if day.isdecimal():
        return int(day)
    return DAYS.index(day) if day in DAYS else None
