"""Blobs in memory, for tests that only read them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from bot.core.errors import MediaError
from bot.core.messages import Blob

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 32


class Shelf:
    """Keeps bytes by content."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def keep(self, data: bytes, mime: str) -> Blob:
        digest = hashlib.sha256(data).hexdigest()
        self._kept[digest] = data
        return Blob(digest, mime, len(data))

    async def put(self, data: bytes, mime: str) -> Blob:
        return self.keep(data, mime)

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        return self.keep(b"".join([chunk async for chunk in chunks]), mime)

    async def read(self, blob: Blob) -> bytes:
        if blob.sha256 not in self._kept:
            raise MediaError("the file is gone")
        return self._kept[blob.sha256]

    def path(self, blob: Blob) -> Path:
        return Path("/nowhere") / blob.sha256
