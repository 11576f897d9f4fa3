"""A turn for a tool to be called in."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.messages import Blob, Inbound, Person, Session, Turn
from bot.tools.tool import ToolContext
from tests.fakes.channel import conversation


def context(*pictures: Blob, key: str = "turn-1:call-1") -> ToolContext:
    """What a call gets whose person showed these pictures."""
    inbound = Inbound(
        id="event-1",
        conversation=conversation("1"),
        sender=Person("7", "Ann"),
        sent_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        text="please",
    )
    turn = Turn("turn-1", conversation("1"), (inbound,), Session(), 1, 1)
    return ToolContext(turn, turn.person, key, pictures)


def picture(number: int = 0) -> Blob:
    return Blob(f"{number:064x}", "image/png", 10)
