"""Repeating times, through summer time and however people write the days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.tools.cron import days_by_name, next_cron_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("*", "*"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("0", "sun"),
        ("7", "sun"),
        ("5-7", "fri,sat,sun"),
        ("fri-mon", "fri,sat,sun,mon"),
        ("SUN-thu", "sun,mon,tue,wed,thu"),
        ("0,3,wed", "sun,wed"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2", "mon,wed,fri"),
        ("mon-fri", "mon,tue,wed,thu,fri"),
        ("9", "9"),
        ("foo", "foo"),
        ("1-foo", "1-foo"),
        ("3rd fri", "3rd fri"),
    ],
)
def test_days_are_named_as_cron_counts_them(written: str, named: str) -> None:
    assert days_by_name(written) == named


def test_weekdays_by_number_are_monday_to_friday() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    days = set()
    for _ in range(7):
        due = next_cron_time("0 8 * * 1-5", BERLIN, now)
        assert due is not None
        days.add(f"{due:%a}")
        now = due + timedelta(seconds=1)

    assert days == {"Mon", "Tue", "Wed", "Thu", "Fri"}


def times(cron: str, after: datetime, count: int) -> list[str]:
    found = []
    for _ in range(count):
        due = next_cron_time(cron, BERLIN, after)
        assert due is not None and due.utcoffset() == timedelta(0)
        found.append(f"{due.astimezone(BERLIN):%d %H:%M %Z}")
        after = due + timedelta(seconds=1)
    return found


def test_every_morning_stays_every_morning_when_the_clocks_change() -> None:
    spring = datetime(2026, 3, 28, 0, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 0, tzinfo=UTC)

    assert times("0 8 * * *", spring, 3) == ["28 08:00 CET", "29 08:00 CEST", "30 08:00 CEST"]
    assert times("0 8 * * *", autumn, 3) == ["24 08:00 CEST", "25 08:00 CET", "26 08:00 CET"]


def test_a_time_in_the_hour_that_comes_twice_comes_at_least_once_and_the_next_day_once() -> None:
    found = times("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 3)

    assert found[0] == "25 02:30 CEST"
    assert "26 02:30 CET" in found


def test_a_time_in_the_hour_that_is_left_out_does_not_stop_the_series() -> None:
    found = times("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), 2)

    assert found[-1].startswith("30 02:30") or found[0].startswith("30 02:30")


@pytest.mark.parametrize("line", ["", "8", "* * * *", "a b c d e", "61 * * * *", "* * * * 9"])
def test_a_broken_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        next_cron_time(line, BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_day_that_never_comes_is_none() -> None:
    assert next_cron_time("0 8 31 2 *", BERLIN, datetime(2026, 1, 1, tzinfo=UTC)) is None
