"""Deaths are counted from the mark they leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.ops.crash_loop import hold_seconds, is_crash_loop, mark_end, mark_start

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_an_orderly_end_is_no_death(tmp_path: Path) -> None:
    for minute in range(4):
        assert mark_start(tmp_path, NOON + timedelta(minutes=minute)) == 0
        mark_end(tmp_path)


def test_deaths_within_five_minutes_add_up_and_are_forgotten(tmp_path: Path) -> None:
    starts = [mark_start(tmp_path, NOON + timedelta(minutes=minute)) for minute in (0, 1, 2, 3)]

    assert starts == [0, 1, 2, 3]
    assert mark_start(tmp_path, NOON + timedelta(minutes=30)) == 1


def test_a_list_that_makes_no_sense_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "deaths.json").write_text("{]")
    (tmp_path / "running").touch()

    assert mark_start(tmp_path, NOON) == 1


def test_the_wait_grows_with_the_deaths_and_stays_under_a_minute() -> None:
    assert [hold_seconds(deaths, 3) for deaths in range(8)] == [0, 0, 0, 5, 15, 60, 60, 60]


def test_an_allowance_of_none_never_waits() -> None:
    assert hold_seconds(20, 0) == 0
    assert not is_crash_loop(20, 0)
