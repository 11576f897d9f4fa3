"""Long polling: the poller confirms an update to Telegram only after it is stored.

Telegram forgets an update when a later getUpdates passes a higher offset, so the next call is not made
before `accept` returned. One unreadable update is set aside and never holds up the others.
Source: Telegram Bot API, getUpdates.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from telegram.error import TelegramError

from bot.core.arrivals import Cursor
from bot.core.errors import ChannelDown, StoreUnavailable
from bot.core.ports.channel import Accept
from bot.core.ports.clock import Clock
from bot.core.ports.store import Cursors
from channels.telegram.batch import ALLOWED_UPDATES, acknowledge, read_batch, source_of, update_id
from channels.telegram.errors import TOKEN_FIX
from channels.telegram.inbound import Me
from channels.telegram.transport import Refused, Transport

log = logging.getLogger(__name__)

BATCH = 100
ALBUM_SECONDS = 0.5  # how long the next file of an album may take
STALL_SECONDS = 120.0
REFUSED_SECONDS = 600.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
FIRST_CONFLICT_SECONDS, LONGEST_CONFLICT_SECONDS = 30.0, 300.0

OTHER_POLLER = (
    "another process reads the messages of this bot. Stop it, or give it a token of its own; "
    "Voxline asks again by itself"
)
WEBHOOK_ACTIVE = (
    "a webhook is set for this bot, so Telegram does not hand out messages. If nothing else uses it, remove it by "
    "opening https://api.telegram.org/bot<token>/deleteWebhook once; Voxline asks again by itself"
)


class Poller:
    """Reads updates in order. `trouble` is why it cannot at the moment ("" when it can)."""

    def __init__(
        self, transport: Transport, url: str, *, me: Me, cursors: Cursors, clock: Clock, poll_seconds: int
    ) -> None:
        self._transport, self._url, self._poll_seconds = transport, url, poll_seconds
        self._me, self._cursors, self._clock = me, cursors, clock
        self._asked_at: float | None = None
        self.heard_at: float | None = None
        self.trouble = ""

    async def run(self, accept: Accept, answer: Callable[[str], None]) -> None:
        """Until cancelled. `answer` gets the id of each pressed button once it is stored.
        Raises `ChannelDown` when the token is refused."""
        offset = await self._resume()
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                updates = await self._ask(offset, self._poll_seconds)
                if updates:
                    updates = await self._whole_albums(updates, offset)
                    offset = await self._store(updates, accept, offset)
                    for update in updates:
                        acknowledge(update, answer)
                pause = FIRST_PAUSE_SECONDS
                self.trouble = ""
            except StoreUnavailable as error:
                # Nothing was confirmed: the same updates come again.
                pause = await self._rest(f"arriving messages cannot be stored: {error}", pause)
            except Refused as refused:
                pause = await self._refused(refused, pause)
            except TelegramError as error:
                pause = await self._rest(f"Telegram does not answer ({error})", pause)

    async def watch(self) -> None:
        """Until cancelled: a call that brought nothing back for 120 s has lost its server; its connection is
        dropped and the loop asks anew."""
        while True:
            waited = 0.0 if self._asked_at is None else self._clock.monotonic() - self._asked_at
            if waited >= STALL_SECONDS:
                log.warning("poll.stalled", extra={"seconds": waited})
                self._asked_at = self._clock.monotonic()
                await self._transport.rebuild()
                waited = 0.0
            await self._clock.sleep(STALL_SECONDS - waited)

    async def _resume(self) -> int:
        """The offset that was stored last; 0, the oldest that Telegram still keeps, when there is none."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                kept = await self._cursors.cursor(self._cursor_name)
            except StoreUnavailable as error:
                pause = await self._rest(f"the place in Telegram's queue cannot be read: {error}", pause)
            else:
                return int(kept) if kept.isdecimal() else 0

    @property
    def _cursor_name(self) -> str:
        return f"{source_of(self._me)}:offset"

    async def _whole_albums(self, updates: Sequence[dict[str, Any]], offset: int) -> Sequence[dict[str, Any]]:
        """The batch, asked for again while its last message is of an album that still grows: Telegram hands out an
        album's files one by one. Nothing is confirmed by asking with the same offset."""
        while _ends_in_album(updates):
            await self._clock.sleep(ALBUM_SECONDS)
            again = await self._ask(offset, 0)
            if len(again) <= len(updates):
                break
            updates = again
        return updates

    async def _ask(self, offset: int, seconds: int) -> Sequence[dict[str, Any]]:
        parameters = {
            "offset": offset,
            "limit": BATCH,
            "timeout": seconds,
            "allowed_updates": ALLOWED_UPDATES,
        }
        self._asked_at = self._clock.monotonic()
        try:
            updates = await self._transport.call(self._url, parameters)
        finally:
            self._asked_at = None
        self.heard_at = self._clock.monotonic()
        return updates if isinstance(updates, list) else ()

    async def _store(self, updates: Sequence[dict[str, Any]], accept: Accept, offset: int) -> int:
        """Hands the batch over by update id; the next offset."""
        arrivals = read_batch(updates, self._me, self._clock.now())
        # Not max() with the old offset: after a quiet week Telegram starts again from any number.
        newest = max(map(update_id, updates))
        await accept(replace(arrivals, cursor=Cursor(self._cursor_name, str(newest + 1)) if newest >= 0 else None))
        if newest < 0:
            # Not one of them has an id, so none can be confirmed: they would come again at once.
            await self._clock.sleep(LONGEST_PAUSE_SECONDS)
            return offset
        return newest + 1

    async def _refused(self, refused: Refused, pause: float) -> float:
        if refused.status in (401, 404):
            self.trouble = f"the bot token is refused. {TOKEN_FIX}"
            raise ChannelDown(f"Telegram: {self.trouble}", retry_after=REFUSED_SECONDS) from None
        if refused.status == 409:
            trouble = WEBHOOK_ACTIVE if refused.says("webhook") else OTHER_POLLER
            return await self._rest(trouble, max(pause, FIRST_CONFLICT_SECONDS), LONGEST_CONFLICT_SECONDS)
        if refused.status == 429:
            asked = float(refused.retry_after or pause)
            await self._rest("Telegram asks for a pause", asked, longest=asked)
            return FIRST_PAUSE_SECONDS
        return await self._rest(f"Telegram answers {refused.status} {refused.description!r}", pause)

    async def _rest(self, trouble: str, pause: float, longest: float = LONGEST_PAUSE_SECONDS) -> float:
        """Waits; the next pause."""
        pause = min(pause, longest)
        if trouble != self.trouble:
            log.warning("poll.paused", extra={"reason": trouble, "seconds": pause})
        self.trouble = trouble
        await self._clock.sleep(pause)
        return min(2 * pause, longest)


def _ends_in_album(updates: Sequence[dict[str, Any]]) -> bool:
    last = max(updates, key=update_id)
    message = last.get("message") if isinstance(last, dict) else None
    return isinstance(message, dict) and "media_group_id" in message
