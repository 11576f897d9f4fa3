"""The writer thread: groups, failures that take nobody along, and a disk that fills up."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.core.errors import StateError, StoreUnavailable
from bot.core.failpoints import FailpointReached, arm
from bot.core.messages import Target, Text
from bot.store import SqliteStore, open_store
from bot.store.database import Database, explain
from bot.store.migrations import open_database
from bot.store.writer import Writer
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, arrivals


@pytest.fixture
def commits() -> list[str]:
    return []


@pytest.fixture
async def writer(tmp_path: Path, commits: list[str]) -> AsyncIterator[Writer]:
    def connect() -> sqlite3.Connection:
        connection = open_database(tmp_path / "db")
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql in ("COMMIT", "ROLLBACK") else None)
        return connection

    writer = Writer(connect)
    await writer.open()
    yield writer
    if not writer.closed:
        await writer.close()


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    arm("")


def save(database: Database, name: str, value: str = "1") -> str:
    database.run("save_cursor", name=name, value=value)
    return name


def load(database: Database, name: str) -> str:
    row = database.one("cursor", name=name)
    return str(row[0]) if row else ""


def fail(database: Database, error: Exception) -> None:
    save(database, "lost")
    raise error


def pragma(database: Database, text: str) -> object:
    return database.connection.execute(f"PRAGMA {text}").fetchone()[0]


async def hold_up(writer: Writer) -> Callable[[], None]:
    """The thread is busy until the result is called, so that what is queued meanwhile becomes one group."""
    busy, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait(_: Database) -> None:
        loop.call_soon_threadsafe(busy.set)
        go_on.wait()

    writer.read(wait)
    await busy.wait()
    return go_on.set


async def test_what_is_queued_together_is_committed_once(writer: Writer, commits: list[str]) -> None:
    go_on = await hold_up(writer)
    waiting = [writer.write("", save, str(number)) for number in range(50)]
    go_on()

    assert await asyncio.gather(*waiting) == [str(number) for number in range(50)]
    assert commits == ["COMMIT"]


async def test_one_that_fails_takes_nobody_along(writer: Writer) -> None:
    go_on = await hold_up(writer)
    waiting: list[Awaitable[object]] = [
        writer.write("", save, "before"),
        writer.write("", fail, ValueError("mine alone")),
        writer.write("", save, "after"),
    ]
    go_on()
    before, failed, after = await asyncio.gather(*waiting, return_exceptions=True)

    assert (before, after) == ("before", "after")
    assert isinstance(failed, ValueError)
    assert [await writer.read(load, name) for name in ("before", "lost", "after")] == ["1", "", "1"]


async def test_one_that_fails_alone_writes_nothing(writer: Writer) -> None:
    with pytest.raises(ValueError):
        await writer.write("", fail, ValueError("mine alone"))

    assert await writer.read(load, "lost") == ""


async def test_a_read_sees_what_was_written_before_it(writer: Writer) -> None:
    for number in range(20):
        await writer.write("", save, "count", str(number))
        assert await writer.read(load, "count") == str(number)


async def test_a_read_sees_no_write_that_was_not_committed(writer: Writer) -> None:
    go_on = await hold_up(writer)
    failing = writer.write("", fail, ValueError("mine alone"))
    reading = writer.read(load, "lost")
    go_on()

    assert await reading == ""
    assert isinstance(await asyncio.gather(failing, return_exceptions=True), list)


async def test_a_caller_that_went_away_is_no_trouble(writer: Writer) -> None:
    go_on = await hold_up(writer)
    gone = writer.write("", save, "gone")
    stays = writer.write("", save, "stays")
    gone.cancel()
    go_on()

    assert await stays == "stays"
    assert await writer.read(load, "gone") == "1"


async def test_what_is_queued_is_written_before_the_end(tmp_path: Path) -> None:
    writer = Writer(partial(open_database, tmp_path / "db"))
    await writer.open()
    waiting = [writer.write("", save, str(number)) for number in range(10)]

    await writer.close()

    assert len(await asyncio.gather(*waiting)) == 10
    assert not writer.alive()
    with pytest.raises(StoreUnavailable, match="closed"):
        writer.write("", save, "late")
    assert not (tmp_path / "db-wal").exists()


async def test_a_full_disk_refuses_and_works_again_when_space_returns(writer: Writer) -> None:
    pages = await writer.read(pragma, "page_count")
    await writer.read(pragma, f"max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="nothing was written; free disk space"):
        await writer.write("", save, "large", "x" * 100_000)
    assert "full" in writer.refusing
    assert await writer.read(load, "large") == ""
    await writer.write("", save, "small")
    assert writer.refusing == ""

    await writer.read(pragma, "max_page_count = 1000000")
    assert await writer.write("", save, "large", "x" * 100_000) == "large"


async def test_on_a_full_disk_what_still_fits_is_written(writer: Writer) -> None:
    pages = await writer.read(pragma, "page_count")
    await writer.read(pragma, f"max_page_count = {pages}")

    go_on = await hold_up(writer)
    waiting = [writer.write("", save, "small"), writer.write("", save, "large", "x" * 100_000)]
    go_on()
    small, large = await asyncio.gather(*waiting, return_exceptions=True)

    assert small == "small"
    assert isinstance(large, StoreUnavailable)
    assert await writer.read(load, "small") == "1"


async def test_a_database_somebody_else_holds_is_unavailable_and_then_works_again(
    writer: Writer, tmp_path: Path
) -> None:
    await writer.read(pragma, "busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        await writer.write("", save, "one")
    other.execute("ROLLBACK")
    other.close()

    assert await writer.write("", save, "one") == "one"


async def test_a_commit_is_on_the_disk_before_anyone_is_told(writer: Writer) -> None:
    assert await writer.read(pragma, "synchronous") == 2  # FULL
    assert await writer.read(pragma, "journal_mode") == "wal"


@pytest.mark.usefixtures("disarmed")
async def test_before_a_commit_nothing_is_written_and_after_it_everything_is(store: SqliteStore) -> None:
    arm("c1.before=raise@1,c5.after=raise@1")

    with pytest.raises(FailpointReached):
        await store.accept(arrivals("1"))
    assert await store.claim(HERE) is None
    await store.post("notice", Target(HERE), (Text("hello"),))
    with pytest.raises(FailpointReached):
        await store.begin_sending("notice:0")
    due = await store.next_due(HERE)

    assert due is not None and due.attempts == 1


@pytest.mark.usefixtures("disarmed")
async def test_a_claim_where_nothing_waits_comes_by_no_commit_point(store: SqliteStore) -> None:
    arm("c2.before=raise,c2.after=raise")

    assert await store.claim(HERE) is None


async def test_the_callers_of_one_commit_are_woken_one_in_each_round_of_the_loop(writer: Writer) -> None:
    held, rounds, loop = threading.Event(), [0], asyncio.get_running_loop()
    woken: list[int] = []

    def turn_round() -> None:
        rounds[0] += 1
        if len(woken) < 20:
            loop.call_soon(turn_round)

    busy = writer.read(lambda _: held.wait(10))
    waiting = [writer.read(lambda _: None) for _ in range(20)]
    for future in waiting:
        future.add_done_callback(lambda _: woken.append(rounds[0]))
    turn_round()
    held.set()
    await asyncio.gather(busy, *waiting)

    assert len(set(woken)) == 20


async def test_ping_tells_what_is_wrong_until_a_write_is_taken(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        assert (await store.ping()).ok
        assert store.alive()
        other = sqlite3.connect(tmp_path / "voxline.db", isolation_level=None)
        await store._writer.read(pragma, "busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await store.accept(arrivals("1"))

        refused = await store.ping()
        other.execute("ROLLBACK")
        other.close()
        recovered = await store.ping()

    assert (refused.ok, recovered.ok) == (False, True)
    assert "free disk space" in refused.detail


async def test_the_watchdog_sees_a_thread_that_hangs(writer: Writer) -> None:
    go_on = await hold_up(writer)

    assert writer.alive(within_seconds=60)
    assert not writer.alive(within_seconds=0)
    go_on()
    await writer.read(load, "x")
    assert writer.alive(within_seconds=60)


def test_a_damaged_database_is_a_matter_for_the_operator() -> None:
    damaged = sqlite3.DatabaseError("database disk image is malformed")
    damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    assert isinstance(explain(damaged), StateError)
    assert explain(error := ValueError("other")) is error
