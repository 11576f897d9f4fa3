"""Albums: several files that came as one message are judged as one, so that a caption's mention counts for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from bot.core.messages import Conversation, Inbound

REMEMBERED = 64  # a webhook hands an album's files over one by one, within seconds


class CalledAlbums:
    """The albums that lately called the bot."""

    def __init__(self) -> None:
        self._called: deque[tuple[Conversation, str, str]] = deque(maxlen=REMEMBERED)

    def addressed(self, inbounds: Iterable[Inbound]) -> tuple[Inbound, ...]:
        """The same messages; each file of an album calls the bot where one of them does."""
        messages = tuple(inbounds)
        self._called.extend(_album(message) for message in messages if message.group and message.to_me)
        return tuple(
            replace(message, to_me=True) if message.group and _album(message) in self._called else message
            for message in messages
        )


def _album(message: Inbound) -> tuple[Conversation, str, str]:
    return message.conversation, message.group, message.sender.id
