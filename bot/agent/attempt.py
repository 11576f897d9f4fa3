"""One attempt at a turn: the turn, the steps that earlier attempts finished, and what this one has thought so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.core.chat import ChatMessage
from bot.core.messages import Part, Turn
from bot.core.steps import Step


@dataclass(slots=True)
class Thinking:
    """What a turn's thinking has produced so far: it grows while the model streams, so that a /stop can keep it.

    `added` are this turn's chat messages for the history, the person's own first. `parts` are what tools made.
    """

    text: str = ""
    added: list[ChatMessage] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def followed_by(self, text: str) -> str:
        """The text so far with `text` after it: what the person sees."""
        return "\n\n".join(part for part in (self.text, text.strip()) if part)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What every verb of a turn is handed. `done` are the steps by name; `show` takes the newest text for the live
    preview."""

    turn: Turn
    done: Mapping[str, Step] = field(default_factory=dict)
    thinking: Thinking = field(default_factory=Thinking)
    show: Callable[[str], None] = lambda text: None
