"""THINK: stream the model, run the tools it asks for, until it answers in words.

Every finished model call and tool call is a committed step: after a crash it is reused, never paid for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace

from bot.agent.durable_writes import DurableBlobs, write_durably
from bot.agent.policy.budget import Budget, OverBudget
from bot.core.chat import (
    Assistant,
    Call,
    ChatMessage,
    ChatRequest,
    Finished,
    FinishReason,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolResult,
    User,
)
from bot.core.errors import BadAnswer, ContextTooLong, ProviderError
from bot.core.failpoints import failpoint
from bot.core.messages import Blob, Kind, Media, Part, Turn
from bot.core.ports.clock import Clock
from bot.core.ports.models import ChatModel
from bot.core.ports.store import Blobs, Steps
from bot.core.spending import Capability, Spend
from bot.core.steps import Answered, Step, ToolOutcome
from bot.tools import arguments
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed

log = logging.getLogger(__name__)

ROUNDS_AT_MOST = 12
CALLS_AT_ONCE = 8
CALLS_HEARD_AT_MOST = 64
SAME_CALL_AT_MOST = 3
TOOL_RESULT_CHARACTERS = 32_000
ANSWER_CHARACTERS = 256_000

UNKNOWN_OUTCOME = (
    "The outcome of this call is unknown: the program was restarted while it ran. It may have happened and been paid "
    "for. Do not repeat it by yourself; tell the person and let them decide."
)
NOT_RUN = f"Not run: of the calls made at once only the first {CALLS_AT_ONCE} run. Call it again if it is still needed."
LEFT_OUT = "{count} more calls were not even kept: make fewer at once."
ENOUGH = "No more tools can be used in this turn. Answer the person now with what you have."


@dataclass(slots=True)
class Thought:
    """What a turn's thinking has produced so far: it grows while the model streams, so that a /stop can keep it.

    `added` are this turn's chat messages, the person's own first, for the history. `parts` are what tools made.
    """

    text: str = ""
    added: list[ChatMessage] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def say(self, text: str) -> str:
        """The text so far with `text` after it: what the person sees."""
        return "\n\n".join(part for part in (self.text, text.strip()) if part)


@dataclass(slots=True)
class Question:
    """What is asked. `shorter` gives what comes before this turn in fewer words, for a model that cannot hold it all;
    None when there is nothing to leave out."""

    request: ChatRequest
    shorter: Callable[[], Awaitable[tuple[ChatMessage, ...] | None]]
    shortened: bool = False

    async def shorten(self) -> bool:
        """Whether it is shorter now; that is tried once."""
        past = None if self.shortened else await self.shorter()
        self.shortened = True
        if past is None:
            return False
        self.request = replace(self.request, messages=past)
        return True


class Thinker:
    """Runs one turn's conversation with the model."""

    def __init__(
        self, *, chat: ChatModel, tools: Sequence[Tool], steps: Steps, blobs: Blobs, clock: Clock, budget: Budget
    ) -> None:
        self._chat, self._steps, self._clock, self._budget = chat, steps, clock, budget
        self._blobs = DurableBlobs(blobs, clock)
        self._tools = {tool.spec.name: tool for tool in tools}

    async def think(
        self,
        turn: Turn,
        question: Question,
        *,
        pictures: tuple[Blob, ...],
        done: dict[str, Step],
        thought: Thought,
        show: Callable[[str], None],
    ) -> None:
        """Fills `thought` until the model has answered. `show` gets the newest text for the preview.

        Raises `ProviderError` when no model answers."""
        seen: Counter[tuple[str, str]] = Counter()
        for number in range(ROUNDS_AT_MOST + 1):
            exhausted = number == ROUNDS_AT_MOST or any(times >= SAME_CALL_AT_MOST for times in seen.values())
            request = self._next(question.request, thought, exhausted)
            try:
                answered = await self._ask(turn, request, number, done, thought, show)
            except ContextTooLong:
                if not await question.shorten():
                    raise
                request = self._next(question.request, thought, exhausted)
                answered = await self._ask(turn, request, number, done, thought, show)
            thought.parts += [picture_part(blob, index) for index, blob in enumerate(answered.pictures, 1)]
            said = cut(answered.assistant) if answered.reason is FinishReason.LENGTH else answered.assistant
            calls = () if exhausted else said.calls[:CALLS_HEARD_AT_MOST]
            thought.text = thought.say(said.text)[:ANSWER_CHARACTERS]
            thought.added.append(replace(said, calls=calls))
            if not calls:
                return
            context = _Round(turn, number, pictures, done, seen)
            for position, call in enumerate(calls[:CALLS_AT_ONCE]):
                outcome = await self._run_call(call, position, context)
                thought.parts += outcome.parts
                result = ToolResult(call.id, outcome.text[:TOOL_RESULT_CHARACTERS], outcome.pictures)
                thought.added.append(result)
            thought.added += not_run(calls[CALLS_AT_ONCE:], left_out=len(said.calls) - len(calls))

    def _next(self, request: ChatRequest, thought: Thought, exhausted: bool) -> ChatRequest:
        messages = (*request.messages, *thought.added)
        if exhausted:
            return replace(request, messages=forced(messages), tools=())
        return replace(request, messages=messages, tools=tuple(tool.spec for tool in self._tools.values()))

    async def _ask(
        self,
        turn: Turn,
        request: ChatRequest,
        number: int,
        done: dict[str, Step],
        thought: Thought,
        show: Callable[[str], None],
    ) -> Answered:
        name = f"model:{number}"
        saved = done.get(name)
        if saved is not None and isinstance(saved.result, Answered):
            return saved.result
        async with self._budget.spending(turn.person, Capability.CHAT):
            return await self._answer(turn, request, name, thought, show)

    async def _answer(
        self, turn: Turn, request: ChatRequest, name: str, thought: Thought, show: Callable[[str], None]
    ) -> Answered:
        finished = await self._stream(request, thought, show)
        failpoint("model.after")
        blobs = [await self._blobs.put(picture.data, picture.mime) for picture in finished.pictures]
        answered = Answered(finished.assistant, finished.usage, finished.reason, finished.model, tuple(blobs))
        usage = finished.usage
        spend = Spend(
            turn.person, Capability.CHAT, finished.model, usage.cost_microusd, usage.billed, usage.generation_id
        )
        await write_durably(lambda: self._steps.finish_step(turn, Step(name, answered), [spend]), self._clock)
        return answered

    async def _stream(self, request: ChatRequest, thought: Thought, show: Callable[[str], None]) -> Finished:
        said = ""
        try:
            async with aclosing(self._chat.stream(request)) as events:
                async for event in events:
                    match event:
                        case TextDelta(text=text):
                            said += text
                            show(thought.say(said))
                        case Retrying(tell=tell):
                            show(thought.say(f"{said} — interrupted. {tell}" if said else ""))
                            said = ""
                        case ReasoningDelta():
                            pass
                        case Finished():
                            return event
        except (ProviderError, asyncio.CancelledError):
            thought.text = thought.say(said)  # what was said stays visible: after /stop, and above an apology
            raise
        raise BadAnswer("the chat model ended its stream without finishing")

    async def _run_call(self, call: Call, position: int, context: _Round) -> ToolOutcome:
        name = f"tool:{context.number}:{position}"
        context.seen[call.name, call.arguments] += 1
        saved = context.done.get(name)
        if saved is not None and isinstance(saved.result, ToolOutcome):
            return saved.result
        tool = self._tools.get(call.name)
        if tool is None:
            return ToolOutcome(f"There is no tool {call.name!r}. There are: {', '.join(self._tools) or 'none'}.")
        if saved is not None and tool.effect is Effect.ONCE:
            return ToolOutcome(UNKNOWN_OUTCOME)
        turn = context.turn
        try:
            async with self._paid(tool, turn):
                return await self._finish_call(tool, call, name, context)
        except OverBudget as error:
            return ToolOutcome(f"It was not done: {error.tell} Tell the person.")

    def _paid(self, tool: Tool, turn: Turn) -> AbstractAsyncContextManager[None]:
        return self._budget.spending(turn.person, tool.pays) if tool.pays else nullcontext()

    async def _finish_call(self, tool: Tool, call: Call, name: str, context: _Round) -> ToolOutcome:
        turn = context.turn
        if tool.effect is not Effect.NONE:
            await write_durably(lambda: self._steps.begin_step(turn, name), self._clock)
        given = ToolContext(turn, turn.person, f"{turn.id}:{name}", context.pictures)
        outcome = await self._try_call(tool, call, given)
        failpoint("tool.after")
        await write_durably(lambda: self._steps.finish_step(turn, Step(name, outcome), given.spend), self._clock)
        return outcome

    async def _try_call(self, tool: Tool, call: Call, context: ToolContext) -> ToolOutcome:
        try:
            return await tool.run(arguments.parse(call.arguments), context)
        except ToolFailed as error:
            return ToolOutcome(str(error))
        except ProviderError as error:
            log.warning("tool.failed", extra={"tool": call.name, "turn": context.turn.id, "why": str(error)})
            return ToolOutcome(f"It failed: {error.tell} Tell the person; do not pretend it worked.")


@dataclass(frozen=True, slots=True)
class _Round:
    """What the calls of one round share."""

    turn: Turn
    number: int
    pictures: tuple[Blob, ...]
    done: dict[str, Step]
    seen: Counter[tuple[str, str]]


def not_run(calls: Sequence[Call], *, left_out: int) -> list[ToolResult]:
    """The answers to calls beyond what one round runs: each is told why, the last one also what came after it."""
    more = f" {LEFT_OUT.format(count=left_out)}" if left_out else ""
    return [ToolResult(call.id, NOT_RUN + (more if call is calls[-1] else "")) for call in calls]


def forced(messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """The conversation with the word that no tool is left."""
    return (*messages, User(f"[{ENOUGH}]"))


def picture_part(blob: Blob, number: int) -> Media:
    """A drawn picture as a part of the answer."""
    return Media(Kind.PICTURE, blob, f"image-{number}.{blob.mime.removeprefix('image/').replace('jpeg', 'jpg')}")


def cut(said: Assistant) -> Assistant:
    """What was said until it hit its limit: marked as cut, and without calls, for a cut call must never run."""
    text = f"{said.text} (cut)" if said.text else "(The answer was cut before its first word.)"
    return replace(said, text=text, calls=())
