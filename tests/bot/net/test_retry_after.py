from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.net.retry_after import parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), ("7", 7.0), (" 2.5 ", 2.5), ("86400", 86400.0)])
def test_seconds_are_taken_as_written(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_a_date_counts_from_now() -> None:
    assert parse_retry_after("Sun, 01 Mar 2026 12:01:30 GMT", NOW) == 90.0


def test_a_date_that_names_no_zone_is_in_universal_time() -> None:
    assert parse_retry_after("Sun, 01 Mar 2026 12:01:30 -0000", NOW) == 90.0
    assert parse_retry_after("Sun, 01 Mar 2026 12:01:30", NOW) == 90.0


def test_a_date_in_another_zone_names_the_same_moment() -> None:
    later = (NOW + timedelta(seconds=60)).astimezone(timezone(timedelta(hours=5)))

    assert parse_retry_after(format_datetime(later), NOW) == 60.0


def test_a_date_that_has_passed_means_now() -> None:
    assert parse_retry_after("Sun, 01 Mar 2020 12:00:00 GMT", NOW) == 0.0


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "",
        " ",
        "soon",
        "-1",
        "nan",
        "inf",
        "1e9",
        "0x10",
        "٣",
        "9" * 400,
        "Sun, 99 Foo 2026",
        "5 5",
        "5;6",
        "\x00",
    ],
)
def test_junk_is_no_answer(junk: str | None) -> None:
    assert parse_retry_after(junk, NOW) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it_and_no_answer_is_negative(text: str) -> None:
    seconds = parse_retry_after(text, NOW)

    assert seconds is None or 0 <= seconds < float("inf")
