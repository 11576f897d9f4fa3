"""Rate limit of sending: a rate over all chats, and chats that Telegram asked us to leave alone (429, flood wait).

Source: Telegram Bots FAQ, "My bot is hitting limits"; ResponseParameters.retry_after.
"""

from __future__ import annotations

from bot.core.errors import NotSent
from bot.core.ports.clock import Clock


class SendRateLimit:
    """`per_second` messages over all chats with bursts of one second's worth; None for no limit."""

    def __init__(self, per_second: float | None, clock: Clock) -> None:
        self._clock = clock
        self._per_second = per_second
        self._spent_until = 0.0  # when everything granted so far would have been sent at the even rate
        self._held: dict[str, float] = {}

    async def turn(self, chat: str) -> None:
        """Returns when a message may go out. Raises `NotSent` while the chat is held."""
        if left := self.held_seconds(chat):
            raise NotSent(f"Telegram chat {chat!r} is under flood control for {left:.0f} s more", retry_after=left)
        if self._per_second is None:
            return
        now = self._clock.monotonic()
        self._spent_until = max(self._spent_until, now) + 1 / self._per_second
        wait = self._spent_until - now - 1.0
        if wait > 0:
            await self._clock.sleep(wait)

    def hold(self, chat: str, seconds: float) -> None:
        """Telegram asked for silence in this chat."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._clock.monotonic() + seconds)

    def held_seconds(self, chat: str) -> float:
        """How long the chat is still held; 0 when it is free."""
        until = self._held.get(chat)
        if until is None:
            return 0.0
        left = until - self._clock.monotonic()
        if left <= 0:
            del self._held[chat]
            return 0.0
        return left
