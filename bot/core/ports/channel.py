"""Port: a chat channel (Telegram, Discord, the web page), its limits and its health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.core.arrivals import Arrivals
from bot.core.messages import Attachment, Conversation, Doing, Part, Sent, Target, Text


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a part works, and one sentence: what it is connected as, or what to do."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """What a channel can carry.

    `text` and `caption` are counted in UTF-16 units when `utf16`, else in code points.
    `seconds_between_edits` None means sent messages cannot be edited.
    `keyed` means that a repeated send with the same key shows one message; without it a text is
    delivered as a placeholder that is then edited, so that a crash never shows an answer twice.
    """

    text: int
    caption: int
    upload_bytes: int
    download_bytes: int
    seconds_between_edits: float | None
    utf16: bool = False
    keyed: bool = False


Accept = Callable[[Arrivals], Awaitable[None]]


class Channel(AbstractAsyncContextManager["Channel"], Protocol):
    """A place where people talk. Entering connects (raises `ChannelDown` with what to do); leaving disconnects."""

    name: str
    limits: ChannelLimits

    def limits_in(self, conversation: Conversation) -> ChannelLimits:
        """The limits of one conversation, where a channel carries more in some places than in others."""
        return self.limits

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the bot here, for mentions inside speech."""

    async def receive(self, accept: Accept) -> None:
        """Until cancelled: reads in order and acknowledges only after `accept` returned.

        Raises `ChannelDown` when only the operator can help."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an attachment of this channel. Raises `FetchFailed`."""

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        """Delivers one part. `key` is the idempotency key where the platform has one;
        `maybe_sent` says that an earlier try with this key may have arrived.

        A `Text` fits the limits. Falls back by itself where the platform refuses a form (plain text for
        formatted, audio for voice). Raises `NotSent`, `MaybeSent`, `Undeliverable`."""

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        """Makes an own message show `text`; already showing it is success. Raises as `send`;
        `Undeliverable` (not gone) when the message no longer exists."""

    async def busy(self, to: Target, doing: Doing) -> None:
        """Shows an indicator for about five seconds. Never raises."""

    async def ping(self) -> Health:
        """Whether messages can come and go at this moment."""
