"""Typing indicator (or recording): shown while a turn runs, and ended on every way out of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from bot.core.messages import Doing, Target
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock

log = logging.getLogger(__name__)

SECONDS_BEFORE = 0.4  # an answer that comes sooner needs no indicator
SECONDS_BETWEEN = 4.0  # Telegram shows it for about five seconds
SECONDS_AT_MOST = 300.0


class Indicator:
    """What the chat shows while a turn runs. `doing` may change on the way."""

    def __init__(self, doing: Doing) -> None:
        self.doing = doing


@contextlib.asynccontextmanager
async def indicator(channel: Channel, to: Target, clock: Clock, doing: Doing) -> AsyncIterator[Indicator]:
    """Shows that something is being done, from shortly after entering until leaving."""
    shown = Indicator(doing)
    task = asyncio.create_task(_keep_showing(shown, channel, to, clock), name="indicator")
    try:
        yield shown
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:  # never worth a turn
            log.error("indicator.failed", exc_info=error)


async def _keep_showing(shown: Indicator, channel: Channel, to: Target, clock: Clock) -> None:
    await clock.sleep(SECONDS_BEFORE)
    until = clock.monotonic() + SECONDS_AT_MOST
    while clock.monotonic() < until:
        await channel.busy(to, shown.doing)
        await clock.sleep(SECONDS_BETWEEN)
