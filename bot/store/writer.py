"""Group commit: one thread owns the only read-write connection, and commits for many callers at once.

Work that is queued while a commit waits for the disk shares the next commit. When a piece of work fails, its
group is rolled back and each piece is done on its own, so that it takes no other along (a savepoint for each
would cost more than all that goes wrong). Reads run in the same thread after the commit, so a caller sees
every write that was acknowledged to it.

SQLite before 3.51.3 can corrupt a write-ahead log when two connections write or checkpoint at the
same instant: one connection is the rule that avoids it. Source: sqlite.org/wal.html, "the WAL-reset bug".
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.core.errors import StoreUnavailable
from bot.core.failpoints import FailpointReached, failpoint
from bot.store.database import Database, explain

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class _Work:
    """A transaction to run in the thread, and the future that waits for it. `point` names its commit point, one of
    C1 to C6 and their kin, or is ""; a transaction that changes no row, as a claim on an empty inbox, does not pass
    its point."""

    __slots__ = ("changed", "error", "future", "point", "run", "value", "writes")

    def __init__(
        self, run: Callable[[Database], object], future: asyncio.Future[Any], *, writes: bool, point: str = ""
    ) -> None:
        self.run, self.future, self.writes, self.point = run, future, writes, point
        self.value: object = None
        self.error: Exception | None = None
        self.changed = False

    def attempt(self, database: Database) -> bool:
        """False when it raised; its error is kept for the caller who waits, and the thread goes on."""
        changes = database.connection.total_changes
        try:
            self.value = self.run(database)
            self.error = None
            self.changed = database.connection.total_changes != changes
            if self.point and self.changed:
                failpoint(f"{self.point}.before")
        except Exception as error:  # noqa: BLE001
            self.error = explain(error)
        return self.error is None

    def committed(self) -> None:
        """The disk has it, and no caller knows yet."""
        if self.point and self.changed:
            try:
                failpoint(f"{self.point}.after")
            except FailpointReached as error:
                self.error = error

    def settle(self) -> None:
        """Resolves the future, unless its caller was cancelled."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.error)


class _Failed(Exception):
    """A piece of work failed: nothing of its group may be committed."""


class Writer:
    """The thread. `open` makes the connection inside it; `close` lets it finish what is queued."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, largest_group: int = 256) -> None:
        self._connect, self._largest_group = connect, largest_group
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._refusing = ""
        self._busy_since: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._live, name="store-writer", daemon=True)

    async def open(self) -> None:
        """Starts the thread and waits for its connection. Raises what `connect` raises."""
        self._thread.start()
        await asyncio.shield(self._opened)

    async def close(self) -> None:
        """Commits what is queued, then closes the connection."""
        self._closed = True
        self._queue.put(None)
        await asyncio.shield(self._ended)

    @property
    def closed(self) -> bool:
        """Whether new work is refused."""
        return self._closed

    @property
    def refusing(self) -> str:
        """Why the last write was refused, "" when it was not."""
        return self._refusing

    def alive(self, within_seconds: float = 30.0) -> bool:
        """Whether the thread lives, and is not busy with one group for longer than this."""
        since = self._busy_since
        lives = not self._ended.done() and self._thread.is_alive()
        return lives and (since is None or time.monotonic() - since < within_seconds)

    def write(
        self, point: str, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Done once `work` is committed. `work` touches nothing but the database, because it may run twice.

        Raises `StoreUnavailable` when nothing could be written, and what `work` raises."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._submit(_Work(lambda database: work(database, *args, **kwargs), future, writes=True, point=point))
        return future

    def read(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """What `work` found in the committed database. Raises as `write`."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._submit(_Work(lambda database: work(database, *args, **kwargs), future, writes=False))
        return future

    def _submit(self, work: _Work) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed: the daemon is stopping or its writer thread has died")
        self._queue.put(work)

    def _live(self) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001  every error belongs to the caller of `open`
            self._call(self._opened, error)
            self._call(self._ended, None)
            return
        self._call(self._opened, None)
        try:
            self._serve(connection)
        finally:
            self._closed = True
            connection.close()  # the last connection moves the log into the file
            self._refuse_queued()
            self._call(self._ended, None)

    def _refuse_queued(self) -> None:
        """Fails what is still queued."""
        left: list[_Work] = []
        while not self._queue.empty():
            work = self._queue.get_nowait()
            if work is not None:
                work.error = StoreUnavailable("the store was closed before this was written; try again after a restart")
                left.append(work)
        self._notify(left)

    def _call(self, future: asyncio.Future[None], error: Exception | None) -> None:
        def settle() -> None:
            if not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

        self._in_loop(settle)

    def _in_loop(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop has ended, and its callers with it
            log.debug("store.loop_gone")

    def _serve(self, connection: sqlite3.Connection) -> None:
        database = Database(connection)
        group = self._take()
        while group:
            writes = [work for work in group if work.writes]
            reads = [work for work in group if not work.writes]
            if writes:
                self._commit(database, writes)
                self._notify(writes)
            for work in reads:
                work.attempt(database)
            if reads:
                self._notify(reads)
            group = self._take()

    def _take(self) -> list[_Work]:
        """Everything that is queued; empty when it is time to end."""
        self._busy_since = None
        first = self._queue.get()
        self._busy_since = time.monotonic()
        if first is None:
            return []
        group = [first]
        for _ in range(min(self._queue.qsize(), self._largest_group - 1)):
            work = self._queue.get_nowait()
            if work is None:
                self._queue.put(None)
                break
            group.append(work)
        return group

    def _notify(self, group: list[_Work]) -> None:
        self._in_loop(partial(self._notify_next, iter(group)))

    def _notify_next(self, group: Iterator[_Work]) -> None:
        """Wakes one caller in each round of the loop: what a caller does next takes a millisecond, and a
        large group at once would block the loop."""
        work = next(group, None)
        if work is not None:
            work.settle()
            self._loop.call_soon(self._notify_next, group)

    def _commit(self, database: Database, group: list[_Work]) -> None:
        connection = database.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._fail(group, error)
            return
        try:
            for work in group:
                if not work.attempt(database):
                    raise _Failed
            connection.execute("COMMIT")
        except (sqlite3.Error, _Failed) as error:
            _roll_back(connection)
            if len(group) > 1:  # each on its own, so that one failure takes no other along
                for work in group:
                    self._commit(database, [work])
            else:
                self._fail(group, error)
            return
        self._refusing = ""
        for work in group:
            if work.error is None:
                work.committed()

    def _fail(self, group: list[_Work], error: sqlite3.Error | _Failed) -> None:
        """Nothing of the group was written."""
        for work in group:
            work.error = work.error or explain(error)
            if isinstance(work.error, StoreUnavailable):
                if not self._refusing:
                    log.error("store.refused", extra={"reason": str(work.error)})
                self._refusing = str(work.error)


def _roll_back(connection: sqlite3.Connection) -> None:
    if not connection.in_transaction:  # SQLite did it itself
        return
    try:
        connection.execute("ROLLBACK")
    except sqlite3.Error:  # the next BEGIN shows whether the disk still fails
        log.exception("store.rollback_failed")
