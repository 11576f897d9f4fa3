"""THINK, the tool call loop: stream the model, run the tools it calls, until it answers in words.

Every finished model call and tool call is a committed step: after a crash it is reused, never paid for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.agent.attempt import Attempt, Thinking
from bot.agent.durable_writes import DurableBlobs
from bot.agent.paid_steps import PaidSteps, paid_answer
from bot.agent.policy.budget import OverBudget
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
from bot.core.errors import BadAnswer, ContextTooLong, ProviderError, VoxlineError
from bot.core.failpoints import failpoint
from bot.core.messages import Blob, Kind, Media, Turn
from bot.core.paid import Paid
from bot.core.ports.models import ChatModel
from bot.core.spending import Capability
from bot.core.steps import Answered, Heard, Step, ToolOutcome
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
CUT_OFF = (
    "This call was cut off while it ran: it may have had its effect and been paid for all the same. Do not repeat it "
    "by yourself; tell the person and let them decide."
)
NOT_RUN = f"Not run: of the calls made at once only the first {CALLS_AT_ONCE} run. Call it again if it is still needed."
LEFT_OUT = "{count} more calls were not even kept: make fewer at once."
ENOUGH = "No more tools can be used in this turn. Answer the person now with what you have."


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
        self,
        *,
        chat: ChatModel,
        tools: Sequence[Tool],
        paid: PaidSteps,
        blobs: DurableBlobs,
        alert_about: Callable[[VoxlineError], Awaitable[None]],
    ) -> None:
        """`alert_about` alerts the owners to what made a tool fail and only they can mend."""
        self._alert_about = alert_about
        self._chat, self._paid, self._blobs = chat, paid, blobs
        self._tools = {tool.spec.name: tool for tool in tools}

    async def think(self, attempt: Attempt, question: Question, pictures: tuple[Blob, ...]) -> None:
        """Fills `attempt.thinking` until the model has answered. `pictures` are what tools may work on.

        Raises `ProviderError` when no model answers."""
        thinking = attempt.thinking
        seen: Counter[tuple[str, str]] = Counter()
        for number in range(ROUNDS_AT_MOST + 1):
            exhausted = number == ROUNDS_AT_MOST or any(times >= SAME_CALL_AT_MOST for times in seen.values())
            answered = await self._ask_or_shorten(attempt, question, number, exhausted)
            thinking.parts += [picture_part(blob, index) for index, blob in enumerate(answered.pictures, 1)]
            words = cut(answered.assistant) if answered.reason is FinishReason.LENGTH else answered.assistant
            calls = () if exhausted else words.calls[:CALLS_HEARD_AT_MOST]
            thinking.text = thinking.followed_by(words.text)[:ANSWER_CHARACTERS]
            thinking.added.append(replace(words, calls=calls))
            if not calls:
                return
            context = _Round(attempt, number, pictures, seen)
            for position, call in enumerate(calls[:CALLS_AT_ONCE]):
                await self._add_result(call, position, context)
            thinking.added += not_run(calls[CALLS_AT_ONCE:], left_out=len(words.calls) - len(calls))

    async def _add_result(self, call: Call, position: int, context: _Round) -> None:
        """Runs a call and adds its result to the turn, also when it is cut off: it may have had its effect by then."""
        thinking, outcome = context.attempt.thinking, ToolOutcome(CUT_OFF)
        try:
            outcome = await self._run_call(call, position, context)
        finally:
            add_result(thinking, call, outcome)

    async def _ask_or_shorten(self, attempt: Attempt, question: Question, number: int, exhausted: bool) -> Answered:
        """The answer of this round, asked again with a shorter past where the model cannot hold it all."""
        try:
            return await self._ask(attempt, self._next(question.request, attempt, exhausted), number)
        except ContextTooLong:
            if not await question.shorten():
                raise
        return await self._ask(attempt, self._next(question.request, attempt, exhausted), number)

    def _next(self, request: ChatRequest, attempt: Attempt, exhausted: bool) -> ChatRequest:
        messages = (*request.messages, *attempt.thinking.added)
        if exhausted:
            return replace(request, messages=forced(messages), tools=())
        return replace(request, messages=messages, tools=tuple(tool.spec for tool in self._tools.values()))

    async def _ask(self, attempt: Attempt, request: ChatRequest, number: int) -> Answered:
        name = f"model:{number}"
        saved = self._paid.saved(attempt, name, Answered)
        if saved is not None:
            return saved
        async with self._paid.spending(attempt.turn, Capability.CHAT):
            finished = await self._stream(attempt, request)
            failpoint("model.after")
            blobs = [await self._blobs.put(picture.data, picture.mime) for picture in finished.pictures]
            answer = paid_answer(attempt.turn, finished, tuple(blobs))
            await self._paid.finish(attempt.turn, name, answer)
        return answer.value

    async def _stream(self, attempt: Attempt, request: ChatRequest) -> Finished:
        thinking, words = attempt.thinking, ""
        try:
            async with aclosing(self._chat.stream(request)) as events:
                async for event in events:
                    match event:
                        case TextDelta(text=text):
                            words += text
                            attempt.show(thinking.followed_by(words))
                        case Retrying(tell=tell):
                            broken = f"{words} — interrupted. {tell}" if words and tell else ""
                            attempt.show(thinking.followed_by(broken))
                            words = ""
                        case ReasoningDelta():
                            pass
                        case Finished(notice=notice):
                            return with_notice(event, notice)
        except (ProviderError, asyncio.CancelledError):
            thinking.text = thinking.followed_by(words)  # stays visible: after /stop, and above an apology
            raise
        raise BadAnswer("the chat model ended its stream without finishing")

    async def _run_call(self, call: Call, position: int, context: _Round) -> ToolOutcome:
        name = f"tool:{context.number}:{position}"
        context.seen[call.name, call.arguments] += 1
        saved = self._paid.saved(context.attempt, name, ToolOutcome)
        if saved is not None:
            return saved
        tool = self._tools.get(call.name)
        if tool is None:
            return ToolOutcome(f"There is no tool {call.name!r}. There are: {', '.join(self._tools) or 'none'}.")
        if name in context.attempt.done and tool.effect is Effect.ONCE:
            return ToolOutcome(UNKNOWN_OUTCOME)
        try:
            async with self._paid.spending(context.attempt.turn, tool.pays):
                return await self._finish_call(tool, call, name, context)
        except OverBudget as error:
            return ToolOutcome(f"It was not done: {error.tell} Tell the person.")

    async def _finish_call(self, tool: Tool, call: Call, name: str, context: _Round) -> ToolOutcome:
        turn = context.attempt.turn
        if tool.effect is not Effect.NONE:
            await self._paid.begin(turn, name)
        outcome = await self._try_call(
            tool, call, ToolContext(turn, turn.person, f"{turn.id}:{name}", context.pictures)
        )
        failpoint("tool.after")
        await self._paid.finish(turn, name, outcome)
        return outcome.value

    async def _try_call(self, tool: Tool, call: Call, context: ToolContext) -> Paid[ToolOutcome]:
        try:
            return await tool.run(arguments.parse(call.arguments), context)
        except ToolFailed as error:
            return Paid(ToolOutcome(str(error)))
        except ProviderError as error:
            log.warning("tool.failed", extra={"tool": call.name, "turn": context.turn.id, "why": str(error)})
            await self._alert_about(error)
            return Paid(ToolOutcome(f"It failed: {error.tell} Tell the person; do not pretend it worked."))


@dataclass(frozen=True, slots=True)
class _Round:
    """What the calls of one round share."""

    attempt: Attempt
    number: int
    pictures: tuple[Blob, ...]
    seen: Counter[tuple[str, str]]


def add_result(thinking: Thinking, call: Call, outcome: ToolOutcome) -> None:
    """Adds what a call brought: its text for the model, its parts for the person."""
    thinking.parts += outcome.parts
    thinking.added.append(ToolResult(call.id, outcome.text[:TOOL_RESULT_CHARACTERS], outcome.pictures))


def done_before(turn: Turn, done: Mapping[str, Step]) -> Thinking:
    """What earlier attempts of a turn thought and did, from their steps; nothing when none of them ran a tool."""
    heard = [step.result.text for step in done.values() if isinstance(step.result, Heard) and step.result.text]
    words = "\n".join([*(inbound.text for inbound in turn.inbounds if inbound.text), *heard])
    thinking = Thinking(added=[User(words or "[a message without words]")])
    for number in range(ROUNDS_AT_MOST):
        answer = done.get(f"model:{number}")
        if answer is None or not isinstance(answer.result, Answered):
            break
        numbered = enumerate(answer.result.assistant.calls[:CALLS_AT_ONCE])
        begun = [(call, step) for position, call in numbered if (step := done.get(f"tool:{number}:{position}"))]
        thinking.added.append(replace(answer.result.assistant, calls=tuple(call for call, _ in begun)))
        for call, step in begun:
            add_result(
                thinking, call, step.result if isinstance(step.result, ToolOutcome) else ToolOutcome(UNKNOWN_OUTCOME)
            )
    return thinking if any(isinstance(message, ToolResult) for message in thinking.added) else Thinking()


def with_notice(finished: Finished, notice: str) -> Finished:
    """The answer with what the person should know of what the model did not get."""
    if not notice:
        return finished
    text = "\n\n".join(part for part in (finished.assistant.text, f"({notice})") if part)
    return replace(finished, assistant=replace(finished.assistant, text=text))


def not_run(calls: Sequence[Call], *, left_out: int) -> list[ToolResult]:
    """The answers to calls beyond what one round runs: each says why, the last one also what came after it."""
    more = f" {LEFT_OUT.format(count=left_out)}" if left_out else ""
    return [ToolResult(call.id, NOT_RUN + (more if call is calls[-1] else "")) for call in calls]


def forced(messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """The conversation with the word that no tool is left."""
    return (*messages, User(f"[{ENOUGH}]"))


def picture_part(blob: Blob, number: int) -> Media:
    """A drawn picture as a part of the answer."""
    return Media(Kind.PICTURE, blob, f"image-{number}.{blob.mime.removeprefix('image/').replace('jpeg', 'jpg')}")


def cut(answer: Assistant) -> Assistant:
    """An answer that hit its limit: marked as cut, and without calls, because a cut call must never run."""
    text = f"{answer.text} (cut)" if answer.text else "(The answer was cut before its first word.)"
    return replace(answer, text=text, calls=())
