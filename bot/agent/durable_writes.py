"""Durable writes: a store write that must not be lost is retried for as long as the disk refuses it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.core.errors import StoreUnavailable
from bot.core.messages import Blob
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs

log = logging.getLogger(__name__)

Result = TypeVar("Result")

SECONDS_BETWEEN = (0.2, 1.0, 5.0)


async def write_durably(write: Callable[[], Awaitable[Result]], clock: Clock) -> Result:
    """The result of `write`, tried again until the store takes it: what was paid for is kept in memory meanwhile."""
    tries = 0
    while True:
        try:
            return await write()
        except StoreUnavailable as error:
            log.warning("store.write_waits", extra={"tries": tries, "why": str(error)})
            await clock.sleep(SECONDS_BETWEEN[min(tries, len(SECONDS_BETWEEN) - 1)])
            tries += 1


class DurableBlobs:
    """Keeps media that was paid for, for as long as the disk refuses it."""

    def __init__(self, blobs: Blobs, clock: Clock) -> None:
        self._blobs, self._clock = blobs, clock

    async def put(self, data: bytes, mime: str) -> Blob:
        """The blob, once it is on the disk."""
        return await write_durably(lambda: self._blobs.put(data, mime), self._clock)

    async def read(self, blob: Blob) -> bytes:
        """What lies there. Raises `MediaError` when it is gone."""
        return await self._blobs.read(blob)
