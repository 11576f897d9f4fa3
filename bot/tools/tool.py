"""A tool is data plus one function. It never sees a channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.chat import ToolSpec
from bot.core.errors import VoxlineError
from bot.core.messages import Blob, Turn
from bot.core.paid import Paid
from bot.core.spending import Capability
from bot.core.steps import ToolOutcome


class Effect(StrEnum):
    """What may happen when a call is repeated after a crash."""

    NONE = "none"  # nothing: run it again
    KEYED = "keyed"  # the same key is the same act: run it again
    ONCE = "once"  # paid for or visible: never run again by itself


class ToolFailed(VoxlineError):
    """The model reads why and may try something else; the message is written for the model."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The turn a call belongs to. `key` is unique to this call and the same in every attempt; `pictures`
    are what the person showed or replied to, as it came."""

    turn: Turn
    person: str
    key: str
    pictures: tuple[Blob, ...] = ()

    @property
    def own_words(self) -> str:
        """What the person wrote in this turn, without what they quote or forward."""
        return "\n".join(inbound.text for inbound in self.turn.inbounds if not inbound.forwarded)


RunTool = Callable[[Mapping[str, object], ToolContext], Awaitable[Paid[ToolOutcome]]]
RunFreeTool = Callable[[Mapping[str, object], ToolContext], Awaitable[ToolOutcome]]


@dataclass(frozen=True, slots=True)
class Tool:
    """What the model sees, what a repetition does, and the function. Raises `ToolFailed` or `ProviderError`.

    `pays` is what money is set aside for while it runs; None where it costs nothing, or a job sets it aside itself."""

    spec: ToolSpec
    effect: Effect
    run: RunTool
    pays: Capability | None = None


def free(run: RunFreeTool) -> RunTool:
    """A tool whose calls cost nothing by themselves."""

    async def run_free(arguments: Mapping[str, object], context: ToolContext) -> Paid[ToolOutcome]:
        return Paid(await run(arguments, context))

    return run_free
