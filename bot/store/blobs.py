"""Blobs and their retention: media hashed and written off the event loop, swept when no row names them any more.

A blob's row is committed before its file gets its name, and its file is removed by the writer thread
before its row: a blob that is put again while it is swept is never lost.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import ParamSpec, TypeVar

from bot.core.errors import MediaError
from bot.core.messages import Blob
from bot.core.ports.clock import Clock
from bot.store.blob_files import BlobFiles, Incoming
from bot.store.database import QUERIES, Database, explain, milliseconds
from bot.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

_WRITE_AT_ONCE = 256 * 1024  # bytes: fewer trips to the thread
_NAMED = re.compile(r'"sha256":"([0-9a-f]{64})"')


class BlobShelf:
    """Puts, reads and sweeps media. Opened and closed by the store."""

    def __init__(self, folder: BlobFiles, writer: Writer, clock: Clock) -> None:
        self._folder, self._writer, self._clock = folder, writer, clock
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store-media")

    def close(self) -> None:
        self._threads.shutdown(wait=False)

    def path(self, blob: Blob) -> Path:
        return self._folder.path(blob.sha256)

    async def read(self, blob: Blob) -> bytes:
        return await self._off_loop(self._folder.read, blob.sha256)

    async def put(self, data: bytes, mime: str) -> Blob:
        incoming = await self._off_loop(_write_whole, self._folder, data)
        return await self._keep(incoming, mime)

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, cap: int) -> Blob:
        incoming = await self._off_loop(self._folder.incoming)
        try:
            waiting, size = bytearray(), 0
            async for chunk in chunks:
                size += len(chunk)
                if size > cap:
                    raise MediaError(
                        f"a file is larger than the {cap} bytes that are allowed; nothing was kept",
                        tell=f"That file is too large for me. I can take up to {_megabytes(cap)} MB.",
                    )
                waiting += chunk
                if len(waiting) >= _WRITE_AT_ONCE:
                    await self._off_loop(incoming.write, bytes(waiting))
                    waiting.clear()
            await self._off_loop(incoming.write, bytes(waiting))
            await self._off_loop(incoming.seal)
        except BaseException:  # also when the reader was cancelled: nothing half-written stays
            await asyncio.shield(self._off_loop(incoming.discard))
            raise
        return await self._keep(incoming, mime)

    async def sweep(self, database_path: Path, cutoff: int) -> int:
        """Removes the blobs that no row names and no caller put since `cutoff` (milliseconds). Returns how many."""
        unnamed = await self._off_loop(_unnamed, database_path, cutoff)
        swept = 0
        for sha256 in unnamed:
            await self._writer.read(_remove_file, self._folder, sha256, cutoff)
            swept += await self._writer.write("", _forget, sha256, cutoff)
        return swept

    async def _keep(self, incoming: Incoming, mime: str) -> Blob:
        try:
            blob = Blob(incoming.sha256, mime, incoming.size)
            await self._writer.write("", _use, blob, milliseconds(self._clock.now()))
            await self._off_loop(self._folder.keep, incoming)
        except BaseException:
            await asyncio.shield(self._off_loop(incoming.discard))
            raise
        return blob

    def _off_loop(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))


def _write_whole(folder: BlobFiles, data: bytes) -> Incoming:
    incoming = folder.incoming()
    try:
        incoming.write(data)
        return incoming.seal()
    except BaseException:
        incoming.discard()
        raise


def _use(database: Database, blob: Blob, now: int) -> None:
    database.run("use_blob", sha256=blob.sha256, mime=blob.mime, size=blob.size, now=now)


def _remove_file(database: Database, folder: BlobFiles, sha256: str, cutoff: int) -> None:
    """Removes the file unless it was put again since. A read, because a write may run twice or be rolled back; its row
    goes afterwards, so that a kill in between leaves a row for the next sweep and no file without one."""
    if database.one("is_old_blob", sha256=sha256, cutoff=cutoff)[0]:
        folder.remove(sha256)


def _forget(database: Database, sha256: str, cutoff: int) -> int:
    return database.run("forget_blob", sha256=sha256, cutoff=cutoff)


def _unnamed(database_path: Path, cutoff: int) -> tuple[str, ...]:
    """Old blobs that no row names. Read on a connection of its own: the writer is not held up."""
    try:
        with closing(sqlite3.connect(f"{database_path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            old = {sha256 for (sha256,) in connection.execute(QUERIES["old_blobs"], {"cutoff": cutoff})}
            if old:
                for (body,) in connection.execute(QUERIES["bodies"]):
                    old.difference_update(_NAMED.findall(body))
    except sqlite3.Error as error:
        raise explain(error) from error
    return tuple(sorted(old))


def _megabytes(size: int) -> int:
    return max(1, size // 1_000_000)
