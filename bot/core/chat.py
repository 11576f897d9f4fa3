"""What models exchange: chat messages, tools, requests and stream events.

A second vocabulary beside `messages.py`, so that "message" never means two things in one file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.messages import Blob


@dataclass(frozen=True, slots=True)
class System:
    """The system prompt. `suffix` changes from turn to turn and stays outside prompt caches."""

    text: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """What a person said, with the pictures they showed (PNG, JPEG, WebP or GIF blobs)."""

    text: str
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the model wrote it. `arguments` is JSON text, not yet checked."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Assistant:
    """What the model said.

    `reasoning` is provider JSON text kept verbatim for replay ("" when there was none): an object
    with any of the keys reasoning, reasoning_content, reasoning_details.
    """

    text: str
    calls: tuple[Call, ...] = ()
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one call. `pictures` are shown to the model after the text."""

    call_id: str
    text: str
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture a model made, whole in memory. `mime` is sniffed from the bytes."""

    data: bytes
    mime: str


ChatMessage = System | User | Assistant | ToolResult


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it. `parameters` is a JSON Schema object as JSON text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a model. `model` is a reference such as openrouter/auto.

    `thinking` is "" (as configured) or a level: off, minimal, low, medium, high, xhigh, adaptive, max.
    `max_tokens` None means the model's own maximum output. `person` and `session` say for whom and in which
    conversation it is asked, "" for the program itself; they leave this machine as keyed hashes only.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    thinking: str = ""
    max_tokens: int | None = None
    person: str = ""
    session: str = ""


class FinishReason(StrEnum):
    """Why a model stopped. Errors and content filters raise instead."""

    STOP = "stop"
    LENGTH = "length"
    TOOLS = "tools"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call used. `cost_microusd` is millionths of a US dollar, or None when the provider named no price.

    `input_tokens` excludes cache reads and writes. `billed` is true when the provider named the
    cost itself, false when it was estimated from prices.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_microusd: int | None = None
    billed: bool = False
    generation_id: str = ""


def weight(text: str) -> int:
    """How long a text is for a model, in English characters: about four of them are a token, and a character that
    UTF-8 writes in n bytes counts as n of them (a Chinese one is about a token)."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More visible text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More thinking text: never shown to people."""

    text: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """Text shown so far is void, and the answer starts anew. `tell` is a sentence for the person; "" when it was
    thinking that only now shows as such."""

    tell: str
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """The complete answer. Exactly one ends every successful stream.

    `pictures` are data a chat model drew of its own accord. `model` is the slug that answered. `notice` is a sentence
    for the person about what the model did not get, "" when it got everything.
    """

    assistant: Assistant
    usage: Usage
    reason: FinishReason
    model: str = ""
    pictures: tuple[Picture, ...] = ()
    notice: str = ""


ChatEvent = TextDelta | ReasoningDelta | Retrying | Finished
