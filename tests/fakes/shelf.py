"""Cursors and blobs in memory, for parts that need a shelf and no store."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from bot.core.arrivals import Cursor
from bot.core.errors import MediaError, StoreUnavailable
from bot.core.messages import Blob

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 32


class Shelf:
    """`unreadable` is how often the next reads of a cursor fail."""

    def __init__(self) -> None:
        self.cursors: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.unreadable = 0

    async def cursor(self, name: str) -> str:
        if self.unreadable:
            self.unreadable -= 1
            raise StoreUnavailable("locked")
        return self.cursors.get(name, "")

    async def save_cursor(self, cursor: Cursor) -> None:
        self.cursors[cursor.name] = cursor.value

    def keep(self, data: bytes, mime: str) -> Blob:
        """As `put`, for tests that do not wait."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[digest] = data
        return Blob(digest, mime, len(data))

    async def put(self, data: bytes, mime: str) -> Blob:
        return self.keep(data, mime)

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        return self.keep(b"".join([chunk async for chunk in chunks]), mime)

    async def read(self, blob: Blob) -> bytes:
        if blob.sha256 not in self.files:
            raise MediaError("the file is gone")
        return self.files[blob.sha256]

    def path(self, blob: Blob) -> Path:
        return Path("/nowhere") / blob.sha256
