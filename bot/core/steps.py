"""What a turn has done: its steps with their results, its outcome, and the outbox parts that are due."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.chat import Assistant, ChatMessage, FinishReason, Usage
from bot.core.messages import Blob, Part, Reply, Target, Voice


@dataclass(frozen=True, slots=True)
class Heard:
    """The fetched attachment: its blob, a picture's `original`, and its transcript where it is speech. `tell` is the
    sentence for the person when it could not be used ("" when it could)."""

    blob: Blob | None
    text: str = ""
    tell: str = ""
    original: Blob | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One finished model call."""

    assistant: Assistant
    usage: Usage
    reason: FinishReason
    model: str
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool did: text for the model, parts for the person, pictures for the model to see."""

    text: str
    parts: Reply = ()
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """The finished voice note, or None when speech failed and the text goes out alone."""

    voice: Voice | None


StepResult = Heard | Answered | ToolOutcome | Spoken


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a turn, unique by `name` within it. `result` None: begun, with an unknown end."""

    name: str
    result: StepResult | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ends: appended to the history, and what is delivered, in order.

    `dead` marks a turn that was given up; its messages stay readable. `note` is for the operator.
    """

    history: tuple[ChatMessage, ...]
    reply: Reply
    dead: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The next part to deliver in a conversation.

    `key` is turn:seq and unique. `message_id` is the placeholder that is already in the chat ("" for
    none). `maybe_sent` means an earlier try has an unknown outcome. `attempts` counts earlier tries."""

    key: str
    target: Target
    part: Part
    attempts: int = 0
    message_id: str = ""
    maybe_sent: bool = False
