"""Entries of the local web page's log."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.messages import Conversation, Part


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One message on the local web page. `who` is "person" or "bot"; `id` grows with every change."""

    id: int
    conversation: Conversation
    key: str
    who: str
    part: Part
    changed: int
