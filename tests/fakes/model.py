"""A chat model that says what the test wrote, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from itertools import count

from bot.agent.history.summary import SUMMARISE
from bot.core.chat import (
    Assistant,
    Call,
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    System,
    TextDelta,
    Usage,
    User,
)
from bot.core.errors import ProviderError


@dataclass(frozen=True)
class Says:
    """Streams `text` word by word. With `hold` it waits after the first word until the event is set."""

    text: str
    hold: asyncio.Event | None = None
    cost: int = 100
    reason: FinishReason = FinishReason.STOP


@dataclass(frozen=True)
class Calls:
    """Asks for tools, perhaps after some words."""

    calls: tuple[tuple[str, object], ...]
    text: str = ""


Move = Says | Calls | ProviderError | Exception


@dataclass
class ScriptedModel:
    """Plays `moves` in order; when they have run out it repeats what the person said.

    What asks it to sum up a conversation is played from `summaries`, and kept in `summed`."""

    moves: list[Move] = field(default_factory=list)
    requests: list[ChatRequest] = field(default_factory=list)
    summaries: list[Move] = field(default_factory=list)
    summed: list[ChatRequest] = field(default_factory=list)
    cancelled: int = 0
    _ids: count[int] = field(default_factory=lambda: count(1))

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        if request.messages[0] == System(SUMMARISE):
            self.summed.append(request)
            move = self.summaries.pop(0) if self.summaries else Says(f"summary {len(self.summed)}")
        else:
            self.requests.append(request)
            move = self.moves.pop(0) if self.moves else Says(f"You said: {last_said(request)}")
        if isinstance(move, Exception):
            raise move
        text = move.text
        try:
            for number, word in enumerate(text.split(" ") if text else []):
                yield TextDelta(word if number == 0 else f" {word}")
                if number == 0 and isinstance(move, Says) and move.hold is not None:
                    await move.hold.wait()
                await asyncio.sleep(0)
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        calls: tuple[Call, ...] = ()
        if isinstance(move, Calls):
            calls = tuple(
                Call(f"call_{next(self._ids)}", name, given if isinstance(given, str) else json.dumps(given))
                for name, given in move.calls
            )
        reason = FinishReason.TOOLS if calls else move.reason if isinstance(move, Says) else FinishReason.STOP
        cost = move.cost if isinstance(move, Says) else 50
        yield Finished(Assistant(text, calls), Usage(10, 5, cost_microusd=cost, billed=True), reason, "fake/model")

    def said(self, number: int = -1) -> str:
        """What the person said in a request, as the model read it."""
        return last_said(self.requests[number])

    def instructions(self, number: int = -1) -> str:
        """The system prompt of a request with its suffix."""
        first = self.requests[number].messages[0]
        assert isinstance(first, System)
        return f"{first.text}\n{first.suffix}"


def last_said(request: ChatRequest) -> str:
    return next((message.text for message in reversed(request.messages) if isinstance(message, User)), "")
