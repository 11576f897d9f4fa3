"""Live preview (streaming edits): the newest text at the channel's pace, never in the way of thinking."""

from __future__ import annotations

import asyncio
import logging

from bot.core.background import wait_for_news
from bot.core.errors import ChannelError, MaybeSent, NotSent, StoreUnavailable
from bot.core.messages import Target, Text
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock
from bot.core.ports.store import Outbox
from bot.media.speakable import unmarked
from bot.media.split import split

log = logging.getLogger(__name__)

STILL_WRITING = " …"


class Draft:
    """`push` only keeps the newest text; one small task shows it. Errors are logged, never raised: the final text
    is delivered by the outbox, which edits the message this preview began.

    The message's id is committed under `key` as soon as the channel names it, so that a crash
    can leave at most one unfinished preview and never a second answer."""

    def __init__(self, channel: Channel, to: Target, key: str, outbox: Outbox, clock: Clock) -> None:
        self._channel, self._to, self._key = channel, to, key
        self._outbox, self._clock = outbox, clock
        self._wanted = ""
        self._shown = ""
        self._message_id = ""
        self._given_up = channel.limits.seconds_between_edits is None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def resume(self) -> None:
        """Goes on with the preview that an earlier attempt of this turn began."""
        self._message_id = await self._outbox.placeholder(self._key)

    def push(self, text: str) -> None:
        """The newest text so far. Returns at once."""
        self._wanted = text
        if self._given_up or not text.strip():
            return
        self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._show(), name=f"draft {self._key}")

    async def close(self) -> None:
        """Ends the preview. A message on its way is awaited, so that its id is known before the final text goes out."""
        self._given_up = True
        if self._task is None:
            return
        self._news.set()
        await asyncio.wait({self._task})  # also when the turn is cancelled once more: the task itself is not
        if not self._task.cancelled() and (error := self._task.exception()) is not None:
            log.error("draft.failed", extra={"key": self._key}, exc_info=error)
        self._task = None

    async def _show(self) -> None:
        pace = self._channel.limits.seconds_between_edits or 0.0
        while not self._given_up:
            await wait_for_news(self._news, self._clock)
            if self._given_up or self._preview() == self._shown:
                continue
            try:
                await self._show_once()
            except NotSent as error:
                pace = max(pace * 2, error.retry_after or 0.0)
                log.info("draft.slowed", extra={"key": self._key, "seconds": pace})
            except (ChannelError, StoreUnavailable) as error:
                log.warning("draft.ended", extra={"key": self._key, "why": type(error).__name__})
                self._given_up = not isinstance(error, MaybeSent) or not self._message_id
            await self._rest(pace)
            if self._preview() != self._shown:
                self._news.set()

    async def _rest(self, seconds: float) -> None:
        """Waits out the channel's pace, but not beyond the end of the turn."""
        over = self._clock.monotonic() + seconds
        while not self._given_up and (left := over - self._clock.monotonic()) > 0:
            await wait_for_news(self._news, self._clock, left)

    async def _show_once(self) -> None:
        text = self._preview()
        if self._message_id:
            await self._channel.edit(self._to, self._message_id, Text(text))
        else:
            sent = await self._channel.send(self._to, Text(text), key=self._key)
            self._message_id = sent.message_id
            await self._outbox.hold_place(self._key, self._to, sent.message_id)
        self._shown = text

    def _preview(self) -> str:
        """The first message of the answer as it stands, without the marks that are for the voice."""
        limits = self._channel.limits
        first = split(unmarked(self._wanted), limits.text - len(STILL_WRITING), utf16=limits.utf16)
        return f"{first[0]}{STILL_WRITING}" if first else ""
