"""Cron lines (scheduler): repeating times of five fields in a time zone, through every change of the clocks.

As in cron (Debian's, cron(8)): a line whose minute and hour are both named fires once a day, also on the day that has
its hour twice; a time that is left out when the clocks go forward fires at the end of the gap. A line with `*` at the
head of its minute or its hour follows the clock on the wall, in both of the hours that have one name.

As in cron, a day fits when the day of the month or the day of the week fits, if both are named. One form is read as
people who write it mean it: seven days in a row and a weekday (`1-7 * mon`) is that weekday within those seven days.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

LAST_DAY = 32  # stands for the last day of any month
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_MONTHS, 1)}
_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WEEKDAYS = {name: number for number, name in enumerate(_NAMES)}
_PLACES = ("", "1st", "2nd", "3rd", "4th", "5th")
NO_NAMES: Mapping[str, int] = {}
LAST = {"l": LAST_DAY, "last": LAST_DAY}
MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
A_DAY, A_MINUTE, A_MOMENT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>[0-9]{1,2}))?")
_EVERY = re.compile(r"@every ([1-9][0-9]{0,6})m")
_NTH = re.compile(r"(?P<day>\w+)#(?P<nth>[1-5])")


@dataclass(frozen=True, slots=True)
class CronLine:
    """A parsed line. `weekdays` counts from Sunday as 0; `nth` are pairs of weekday and its place in the month.

    `either` says that the day of the month or of the week is enough; `wall` that it follows the clock on the wall."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    either: bool
    wall: bool

    @property
    def shortest_period(self) -> timedelta:
        """The shortest time between two firings on one day, or around its midnight."""
        times = [60 * hour + minute for hour in self.hours for minute in self.minutes]
        around_midnight = times[0] + 24 * 60 - times[-1]
        return A_MINUTE * min([later - earlier for earlier, later in pairwise(times)] + [around_midnight])

    def walls(self, start: datetime) -> Iterator[datetime]:
        """The times on the wall that fit, from `start` on, without a zone."""
        if not self.either and not any(self._comes_in(month) for month in self.months):
            return
        calendar = calendar_of(self)
        moment = calendar.get_next_fire_time(None, start.replace(tzinfo=UTC))
        while moment is not None:
            if self.either or self._has(moment):
                yield moment.replace(tzinfo=None)
            moment = calendar.get_next_fire_time(moment, moment)

    def _has(self, moment: datetime) -> bool:
        """Whether the day of the month is named: APScheduler takes it or a place in the month (2nd fri), not both."""
        is_last = moment.day == monthrange(moment.year, moment.month)[1]
        return moment.day in self.days or (is_last and LAST_DAY in self.days)

    def _comes_in(self, month: int) -> bool:
        return any(day <= monthrange(2000, month)[1] or day == LAST_DAY for day in self.days)


@lru_cache(maxsize=64)
def calendar_of(line: CronLine) -> BaseTrigger:
    """APScheduler's trigger for the line on a calendar whose clocks never change: a zone is laid over it afterwards,
    because its own arithmetic loses or doubles times where they do."""
    by_weekday = {"day_of_week": _listed(_NAMES[number] for number in line.weekdays)} if line.weekdays else None
    by_place = {"day": _listed(f"{_PLACES[nth]} {_NAMES[day]}" for day, nth in line.nth)} if line.nth else None
    by_date = {"day": _listed("last" if day == LAST_DAY else str(day) for day in line.days)}
    weekly = [fields for fields in (by_weekday, by_place) if fields]
    days = [by_date, *weekly] if line.either else [{**by_date, **fields} for fields in weekly]
    times = {
        "minute": _listed(map(str, line.minutes)),
        "hour": _listed(map(str, line.hours)),
        "month": _listed(map(str, line.months)),
    }
    return OrTrigger([CronTrigger(timezone=UTC, **times, **fields) for fields in days])


def _listed(values: Iterable[str]) -> str:
    return ",".join(values)


def parse_cron(text: str) -> CronLine:
    """The line. Raises `ValueError` that says what is wrong."""
    fields = MACROS.get(text.strip().casefold(), text).casefold().split()
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields: minute, hour, day of the month, month and day of the week")
    minute, hour, day, month, weekday = (field.replace("?", "*") for field in fields)
    days = frozenset(_numbers(day, 1, 31, LAST))
    plain = [part for part in weekday.split(",") if "#" not in part]
    nth = frozenset(_nth(part) for part in weekday.split(",") if "#" in part)
    weekdays = (
        frozenset(number % 7 for number in _numbers(",".join(plain), 0, 7, WEEKDAYS, 7)) if plain else frozenset()
    )
    both_named = not day.startswith("*") and not weekday.startswith("*")
    return CronLine(
        tuple(sorted(set(_numbers(minute, 0, 59)))),
        tuple(sorted(set(_numbers(hour, 0, 23)))),
        days,
        frozenset(_numbers(month, 1, 12, MONTHS, 12)),
        frozenset(weekdays),
        nth,
        either=both_named and not _is_a_week(day),
        wall=minute.startswith("*") or hour.startswith("*"),
    )


def every_minutes(cron: str) -> int | None:
    """The minutes of a line such as `@every 45m`, which counts from the first firing; None for every other line."""
    parsed = _EVERY.fullmatch(cron)
    return int(parsed[1]) if parsed else None


def next_cron_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time at or after `after`, in UTC; None when it never comes. Raises `ValueError` for a broken line."""
    line = parse_cron(cron)
    return _next_on_the_wall(line, zone, after) if line.wall else _next_of_the_day(line, zone, after)


def _next_of_the_day(line: CronLine, zone: ZoneInfo, after: datetime) -> datetime | None:
    for wall in line.walls(_wall(after - A_MOMENT, zone)):  # just before: a gap that ends now is still ahead
        due = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if _wall(due, zone) != wall:  # left out: the clocks went forward
            due = _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), due, zone)
        if due >= after:
            return due
    return None


def _next_on_the_wall(line: CronLine, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Looks at most a day ahead at a time: within a day the clocks change once."""
    while True:
        here = _wall(after, zone)
        wall = next(line.walls(here), None)
        if wall is None:
            return None
        ahead = min(wall - here, A_DAY)
        soon = after + ahead
        if _offset(after, zone) != _offset(soon, zone):
            change = _change(after, soon, zone)
            due = after + (wall - here)
            if due < change:
                return due
            after = change
        elif wall - here <= A_DAY:
            return soon
        else:
            after = max(soon, (wall - A_DAY).replace(tzinfo=zone).astimezone(UTC))


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks change between two moments, to the second."""
    old, low, high = _offset(before, zone), 0, int((after - before).total_seconds()) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(before + timedelta(seconds=middle), zone) == old else (low, middle)
    return (before + timedelta(seconds=high)).replace(microsecond=0)


def _numbers(
    field: str, lowest: int, highest: int, names: Mapping[str, int] = NO_NAMES, around: int = 0
) -> Iterator[int]:
    """The numbers that a field names. With `around`, how many there are, a range may run over the end: fri-mon."""

    def number(word: str) -> int:
        if word in names:
            return names[word]
        if word.isdecimal() and lowest <= int(word) <= highest:
            return int(word)
        raise ValueError(f"{word!r} is not among {lowest} to {highest}")

    for part in field.split(","):
        parsed = _PART.fullmatch(part)
        if parsed is None or (parsed["first"] == "*" and parsed["last"]) or int(parsed["step"] or 1) == 0:
            raise ValueError(f"{part!r} is not a number, a range a-b, or a step such as */5")
        first = lowest if parsed["first"] == "*" else number(parsed["first"])
        last = number(parsed["last"]) if parsed["last"] else first
        if parsed["first"] == "*" or (parsed["step"] and not parsed["last"]):
            last = lowest + around - 1 if around else highest
        if last < first and not around:
            raise ValueError(f"{part!r} ends before it begins")
        for value in range(first, (last if last >= first else last + around) + 1, int(parsed["step"] or 1)):
            yield value - around if value > highest else value


def _nth(part: str) -> tuple[int, int]:
    parsed = _NTH.fullmatch(part)
    if parsed is None:
        raise ValueError(f"{part!r} is not a weekday and its place in the month, such as mon#1")
    return next(_numbers(parsed["day"], 0, 7, WEEKDAYS, 7)) % 7, int(parsed["nth"])


def _is_a_week(day: str) -> bool:
    """Whether days of the month are seven in a row: 1-7, 8-14, 25-31."""
    first, dash, last = day.partition("-")
    return dash == "-" and first.isdecimal() and last.isdecimal() and int(last) - int(first) == 6
