"""The durable state on SQLite: inbox, outbox, step journal, history, jobs, money and media."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from bot.core.failpoints import arm_from_environment, failpoint
from bot.core.ports.clock import Clock
from bot.store.blob_files import BlobFiles
from bot.store.blobs import BlobShelf
from bot.store.lock import hold
from bot.store.migrations import DATABASE, open_database
from bot.store.sqlite import SqliteStore
from bot.store.writer import Writer

__all__ = ["SqliteStore", "open_store"]


@asynccontextmanager
async def open_store(state_dir: Path, clock: Clock, *, clean: Callable[[str], str] = str) -> AsyncIterator[SqliteStore]:
    """The store in this directory, which belongs to this process until the block ends. `clean` takes secrets out of
    the notes for the operator, in which others' words may stand.

    Raises `StateError` when another daemon holds it, or the database is damaged or newer than the program;
    `StoreUnavailable` when the disk is full."""
    arm_from_environment()
    failpoint("start")
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, hold(state_dir))
        folder = await asyncio.to_thread(BlobFiles, state_dir / "media")
        writer = Writer(partial(open_database, state_dir / DATABASE))
        shelf = BlobShelf(folder, writer, clock)
        try:
            await writer.open()
            yield SqliteStore(state_dir / DATABASE, writer, shelf, clock, clean)
        finally:
            shelf.close()
            await writer.close()
