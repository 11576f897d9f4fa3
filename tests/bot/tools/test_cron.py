"""Repeating times, through summer time and however people write the days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tools.cron import next_cron_time, parse_cron

BERLIN = ZoneInfo("Europe/Berlin")


SUN, MON, TUE, WED, THU, FRI, SAT = range(7)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("*", {0, 1, 2, 3, 4, 5, 6}),
        ("?", {0, 1, 2, 3, 4, 5, 6}),
        ("1-5", {MON, TUE, WED, THU, FRI}),
        ("0", {SUN}),
        ("7", {SUN}),
        ("5-7", {FRI, SAT, SUN}),
        ("fri-mon", {FRI, SAT, SUN, MON}),
        ("SUN-thu", {SUN, MON, TUE, WED, THU}),
        ("sat-sun", {SAT, SUN}),
        ("0,3,wed", {SUN, WED}),
        ("*/2", {SUN, TUE, THU, SAT}),
        ("1-5/2", {MON, WED, FRI}),
        ("mon-fri", {MON, TUE, WED, THU, FRI}),
    ],
)
def test_days_of_the_week_are_counted_as_cron_does(written: str, days: set[int]) -> None:
    assert parse_cron(f"0 8 * * {written}").weekdays == days


@pytest.mark.parametrize(
    ("written", "months"),
    [("jan", {1}), ("nov-feb", {11, 12, 1, 2}), ("*/5", {1, 6, 11}), ("1,DEC", {1, 12}), ("3/4", {3, 7, 11})],
)
def test_months_have_names_and_run_over_the_end_of_the_year(written: str, months: set[int]) -> None:
    assert parse_cron(f"0 8 1 {written} *").months == months


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


def test_a_time_in_the_hour_that_comes_twice_comes_once() -> None:
    assert times("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == ["25 02:30 CEST", "26 02:30 CET"]


def test_a_time_in_the_hour_that_is_left_out_comes_at_the_end_of_the_gap() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert times("30 2 * * *", spring, 2) == ["29 03:00 CEST", "30 02:30 CEST"]
    assert times("0,30 2 * * *", spring, 3) == ["29 03:00 CEST", "30 02:00 CEST", "30 02:30 CEST"]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("0 8 * * *", datetime(2026, 6, 1, 6, tzinfo=UTC)),
        ("30 2 * * *", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # the end of the gap
        ("*/15 * * * *", datetime(2026, 10, 25, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_now_counts(line: str, moment: datetime) -> None:
    assert next_cron_time(line, BERLIN, moment) == moment
    assert next_cron_time(line, BERLIN, moment - timedelta(microseconds=1)) == moment


@pytest.mark.parametrize("minute", ["30", "*/30"])
def test_hourly_lines_come_in_both_of_the_hours_with_one_name(minute: str) -> None:
    found = times(f"{minute} * * * *", datetime(2026, 10, 25, 0, 15, tzinfo=UTC), 6)

    assert [time for time in found if ":30" in time][:3] == ["25 02:30 CEST", "25 02:30 CET", "25 03:30 CET"]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "days"),
    [
        ("Africa/Cairo", "0 0 * * *", "2026-04-22T12:00Z", ["Thu 23 00:00", "Fri 24 01:00", "Sat 25 00:00"]),
        ("America/Santiago", "0 0 * * sun", "2026-08-28T12:00Z", ["Sun 30 00:00", "Sun 06 01:00", "Sun 13 00:00"]),
        ("America/Havana", "0 0 * * *", "2026-03-06T12:00Z", ["Sat 07 00:00", "Sun 08 01:00", "Mon 09 00:00"]),
        ("Asia/Beirut", "0 0 * * *", "2026-03-27T12:00Z", ["Sat 28 00:00", "Sun 29 01:00", "Mon 30 00:00"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-03T20:00Z", ["Sun 05 01:45", "Mon 06 01:45"]),
        (
            "Pacific/Apia",
            "0 9 * * *",
            "2011-12-28T12:00Z",
            ["Wed 28 09:00", "Thu 29 09:00", "Sat 31 00:00", "Sat 31 09:00"],
        ),
    ],
)
def test_no_occurrence_is_lost_where_the_clocks_change(zone: str, cron: str, after: str, days: list[str]) -> None:
    moment, found = datetime.fromisoformat(after), []
    for _ in days:
        due = next_cron_time(cron, ZoneInfo(zone), moment)
        assert due is not None
        found.append(f"{due.astimezone(ZoneInfo(zone)):%a %d %H:%M}")
        moment = due + timedelta(seconds=1)

    assert found == days


# without Lord Howe, whose clocks change by half an hour: there the reference leaves out an hour that exists
ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York",
    "America/Los_Angeles", "America/Sao_Paulo", "America/Santiago", "America/Havana", "America/St_Johns",
    "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Tehran", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney", "Pacific/Norfolk", "Pacific/Auckland",
    "Pacific/Chatham",
)  # fmt: skip
MINUTES = st.sampled_from(["0", "30", "45", "*/15", "0,30", "5-20/5", "59"])
HOURS = st.sampled_from(["*", "*/2", "0", "1", "2", "3", "9", "0-4", "1,2,3", "23", "22/1"])
DATES = st.sampled_from(["*", "1", "29-31", "*/2", "13", "5,25", "L"])
WEEK = st.sampled_from(["*", "0", "mon-fri", "sun", "6,7", "*/2", "fri#2", "1"])


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), MINUTES, HOURS, DATES, WEEK, st.integers(2024, 2027))
def test_a_year_of_any_line_in_any_zone_is_what_cronsim_says(
    zone: str, minute: str, hour: str, day: str, weekday: str, year: int
) -> None:
    compare(f"{minute} {hour} {day} * {weekday}", zone, datetime(year, 1, 1, tzinfo=UTC), timedelta(days=366))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(ZONES), MINUTES, HOURS, st.sampled_from([3, 4, 9, 10, 11]), st.integers(0, 24 * 60 * 40))
def test_the_weeks_of_a_change_are_what_cronsim_says(
    zone: str, minute: str, hour: str, month: int, minutes: int
) -> None:
    start = datetime(2026, month, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    compare(f"{minute} {hour} * * *", zone, start, timedelta(days=9))


def compare(cron: str, zone: str, start: datetime, length: timedelta) -> None:
    """Our series of a line against the reference's, which repeats a time of a gap that several lines of it share."""
    end, place = start + length, ZoneInfo(zone)
    ours, after = [], start
    while (due := next_cron_time(cron, place, after)) is not None and due < end:
        ours.append(due)
        after = due + timedelta(seconds=1)
    simulated = (time.astimezone(UTC) for time in CronSim(cron, (start - timedelta(seconds=1)).astimezone(place)))
    reference = list(dict.fromkeys(takewhile(lambda time: time < end, simulated)))

    assert ours == [time for time in reference if time >= start]


def test_one_of_two_named_days_is_enough() -> None:
    assert times("0 9 13 * fri", datetime(2026, 3, 1, tzinfo=UTC), 4) == [
        "06 09:00 CET", "13 09:00 CET", "20 09:00 CET", "27 09:00 CET"
    ]  # fmt: skip
    assert times("0 9 1 * mon", datetime(2026, 3, 30, 12, tzinfo=UTC), 2) == ["01 09:00 CEST", "06 09:00 CEST"]


@pytest.mark.parametrize("line", ["0 9 1-7 * mon", "0 9 * * mon#1"])
def test_the_first_monday_may_be_written_as_models_do(line: str) -> None:
    assert times(line, datetime(2026, 1, 1, tzinfo=UTC), 4) == [
        "05 09:00 CET", "02 09:00 CET", "02 09:00 CET", "06 09:00 CEST"
    ]  # fmt: skip


def test_the_last_day_of_every_month() -> None:
    assert times("0 9 last * *", datetime(2026, 1, 1, tzinfo=UTC), 3) == [
        "31 09:00 CET",
        "28 09:00 CET",
        "31 09:00 CEST",
    ]


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("* * * * *", 1),
        ("*/15 * * * *", 15),
        ("0,7 9 * * *", 7),
        ("59,0 * * * *", 1),
        ("0 0,23 * * *", 60),
        ("58 23 * * *", 1440),
        ("0 9 * * *", 1440),
    ],
)
def test_the_shortest_period_of_a_line(line: str, minutes: int) -> None:
    assert parse_cron(line).shortest_period == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "line",
    ["", "8", "* * * *", "* * * * * *", "a b c d e", "61 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
     "* * * 13 *", "* * * * 8", "* * * * 9", "*/0 * * * *", "5-1 * * * *", "*-5 * * * *", "1- * * * *", ", * * * *",
     "* * * * mon#6",
     "* * * * foo", "* * * * 1-foo", "-1 * * * *", "١ ٢٥ * * *", "@reboot"],
)  # fmt: skip
def test_a_broken_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        next_cron_time(line, BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


def test_macros_stand_for_lines() -> None:
    assert times("@daily", datetime(2026, 1, 1, tzinfo=UTC), 1) == ["02 00:00 CET"]


NEVER = ["0 8 31 2 *", "0 0 31 4,6,9,11 *", "* * 30 feb *", "*/5 * 31 2,4 ?"]
SELDOM = ["0 0 29 2 *", "* * 29 2 *", "0 0 1 1 *"]


@pytest.mark.parametrize("line", NEVER)
def test_a_day_that_never_comes_is_none(line: str) -> None:
    assert next_cron_time(line, BERLIN, datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize("line", [*NEVER, *SELDOM])
def test_no_line_holds_up_the_event_loop(line: str) -> None:
    started = process_time()
    next_cron_time(line, BERLIN, datetime(2096, 3, 1, tzinfo=UTC))

    assert process_time() - started < 0.02
