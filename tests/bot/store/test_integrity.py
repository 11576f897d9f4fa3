"""A damaged database is found: at start if the check is quick or a migration follows, else beside the running work."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import StateError, StoreUnavailable
from bot.store import SqliteStore, integrity, open_store
from bot.store.integrity import check, damaged
from bot.store.migrations import DATABASE, MIGRATIONS, open_database
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, arrivals, outcome

SECOND = "ALTER TABLE cursor ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / DATABASE
    with closing(open_database(path)) as connection:
        connection.executemany("INSERT INTO cursor VALUES (?, ?)", [(f"{n}", "x" * 500) for n in range(200)])
    return path


def damage(path: Path) -> None:
    """Overwrites the second page: its header is whole, so only a check of all pages sees it."""
    whole = bytearray(path.read_bytes())
    whole[4096:4296] = b"\xa5" * 200
    path.write_bytes(whole)


def put_in_place(path: Path) -> None:
    """A damaged copy takes the place of the file, as when a broken backup is restored."""
    restored = path.with_name("restored")
    restored.write_bytes(path.read_bytes())
    damage(restored)
    restored.replace(path)


async def test_the_start_trusts_a_file_whose_last_check_ended_well(path: Path) -> None:
    await check(path)
    damage(path)

    open_database(path).close()


async def test_the_check_beside_the_daemon_finds_what_the_start_did_not_read(path: Path) -> None:
    await check(path)
    damage(path)

    for _ in range(2):
        with pytest.raises(StateError, match=r"is damaged .* restore it from your own backup"):
            await check(path)
    with pytest.raises(StateError, match="is damaged"):  # and the next start does not trust it any more
        open_database(path)


async def test_a_file_that_was_put_in_the_place_of_another_is_checked_at_start(path: Path) -> None:
    await check(path)
    put_in_place(path)

    with pytest.raises(StateError, match="is damaged"):
        open_database(path)


async def test_a_migration_is_never_tried_on_a_damaged_file(path: Path) -> None:
    await check(path)
    damage(path)

    with pytest.raises(StateError, match="is damaged"):
        open_database(path, (*MIGRATIONS, SECOND))
    assert list(path.parent.glob("*.backup")) == []


def test_a_large_file_is_not_checked_at_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "CHECKED_AT_START_BELOW", 1)
    damage(path)

    open_database(path).close()


async def test_a_store_that_turns_out_damaged_accepts_nothing_and_says_so(tmp_path: Path, clock: FakeClock) -> None:
    state = tmp_path / "state"
    async with open_store(state, clock) as store:
        await store.accept(arrivals("1"))
        await store.check()
    damage(state / DATABASE)

    async with open_store(state, clock) as store:
        with pytest.raises(StateError, match="is damaged") as refused:
            await store.check()
        with pytest.raises(StoreUnavailable) as not_accepted:
            await store.accept(arrivals("2"))
        health = await store.ping()

    assert str(not_accepted.value) == str(refused.value) == health.detail
    assert not health.ok


async def test_work_goes_on_beside_a_check(store: SqliteStore, tmp_path: Path) -> None:
    checking = asyncio.ensure_future(store.check())
    for number in range(20):
        await store.accept(arrivals(str(number)))
        turn = await store.claim(HERE)
        assert turn is not None and await store.finish(turn, outcome("yes"))
    await checking

    assert (tmp_path / "state" / f"{DATABASE}.checked").exists()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A check that takes as long as that of a file of many gigabytes, and when it began and ended."""
    begun_and_ended: list[float] = []

    def count_for_ever(connection: sqlite3.Connection, path: Path) -> None:
        begun_and_ended.append(time.monotonic())
        try:
            connection.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT MAX(x) FROM n")
        finally:
            begun_and_ended.append(time.monotonic())

    monkeypatch.setattr(integrity, "refuse_damage", count_for_ever)
    yield begun_and_ended


async def test_the_daemon_need_not_wait_for_a_check_to_end(path: Path, endless: list[float]) -> None:
    checking = asyncio.ensure_future(check(path))
    while not endless:
        await asyncio.to_thread(time.sleep, 0.001)

    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking

    assert len(endless) == 2


def test_the_newest_backup_is_the_one_with_the_highest_schema(path: Path) -> None:
    for schema in (2, 9, 10, 1):
        path.with_name(f"{DATABASE}.schema{schema}.backup").touch()
    path.with_name(f"{DATABASE}.schema-of-mine.backup").touch()

    assert f"cp {path}.schema10.backup {path}" in str(damaged(path, "page 7"))
