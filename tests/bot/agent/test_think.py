"""Rounds of asking and calling: what is repeated after a crash, what is not, and what the model is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from unittest.mock import AsyncMock

import pytest

from bot.agent.attempt import Attempt, Thinking
from bot.agent.durable_writes import DurableBlobs
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.budget import Budget
from bot.agent.policy.budget import BudgetLimits as Money
from bot.agent.think import (
    CALLS_AT_ONCE,
    CALLS_HEARD_AT_MOST,
    ENOUGH,
    LEFT_OUT,
    NOT_RUN,
    ROUNDS_AT_MOST,
    SAME_CALL_AT_MOST,
    TOOL_RESULT_CHARACTERS,
    UNKNOWN_OUTCOME,
    Question,
    Thinker,
)
from bot.core.arrivals import Arrivals
from bot.core.chat import (
    Assistant,
    Call,
    ChatEvent,
    ChatMessage,
    ChatRequest,
    Finished,
    FinishReason,
    Picture,
    Retrying,
    TextDelta,
    ToolResult,
    ToolSpec,
    Usage,
    User,
)
from bot.core.errors import BadAnswer, ContextTooLong, ProviderBusy, ProviderError
from bot.core.messages import Blob, Kind, Media, Turn
from bot.core.paid import Paid
from bot.core.spending import Capability, Spend
from bot.core.steps import Step, ToolOutcome
from bot.store import SqliteStore
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Calls, Says, ScriptedModel
from tests.fakes.rows import inbound

HERE = conversation()
DONE = ToolOutcome("done")
NO_LIMITS = Money()
SHOWN = Blob("0" * 64, "image/png", 3)


@dataclass
class Head:
    """A thinker over a real store, with tools that keep how they were called."""

    store: SqliteStore
    clock: FakeClock
    model: ScriptedModel = field(default_factory=ScriptedModel)
    calls: list[tuple[str, Mapping[str, object], str]] = field(default_factory=list)
    contexts: list[ToolContext] = field(default_factory=list)
    costs: tuple[Spend, ...] = ()
    shown: list[str] = field(default_factory=list)
    thought: Thinking = field(default_factory=Thinking)
    effect: Effect = Effect.NONE
    pays: Capability | None = None
    answer: ToolOutcome | Exception = DONE
    money: Money = NO_LIMITS

    def tool(self, name: str) -> Tool:
        async def run(given: Mapping[str, object], context: ToolContext) -> Paid[ToolOutcome]:
            self.calls.append((name, given, context.key))
            self.contexts.append(context)
            if isinstance(self.answer, Exception):
                raise self.answer
            return Paid(self.answer, self.costs)

        return Tool(ToolSpec(name, "", "{}"), self.effect, run, self.pays)

    async def thinks(self, *moves: object, shorter: tuple[ChatMessage, ...] | None = None) -> list[ChatMessage]:
        """What the turn adds to the history. A second call is another attempt of the same turn."""
        self.model.moves[:] = moves  # type: ignore[assignment]
        self.thought = Thinking(added=[User("hello")])

        async def shorten() -> tuple[ChatMessage, ...] | None:
            return shorter

        turn = await self.turn()
        thinker = Thinker(
            chat=self.model,
            tools=[self.tool("draw"), self.tool("look")],
            paid=PaidSteps(self.store, self.clock, Budget(self.store, self.clock, limits=self.money)),
            blobs=DurableBlobs(self.store, self.clock),
            alert_about=AsyncMock(),
        )
        done = {step.name: step for step in await self.store.steps(turn)}
        await thinker.think(
            Attempt(turn, done, self.thought, self.shown.append),
            Question(ChatRequest("fake/model", (User("before"),), (), "high", 99), shorten),
            (SHOWN,),
        )
        return self.thought.added

    async def turn(self) -> Turn:
        await self.store.unfinished()  # what ran when the process died waits again
        await self.store.accept(Arrivals("test", (inbound("1", HERE),)))
        turn = await self.store.claim(HERE)
        assert turn is not None
        return turn

    @property
    def results(self) -> list[str]:
        return [message.text for message in self.thought.added if isinstance(message, ToolResult)]


@pytest.fixture
def head(store: SqliteStore, clock: FakeClock) -> Head:
    return Head(store, clock)


def call(name: str = "draw", **given: object) -> tuple[str, object]:
    return (name, given)


# --- rounds ------------------------------------------------------------------------------------


async def test_words_before_and_after_a_call_are_one_answer_and_the_history_is_whole(head: Head) -> None:
    added = await head.thinks(Calls((call(prompt="fox"),), "Let me see."), Says("Here it is."))

    assert head.thought.text == "Let me see.\n\nHere it is."
    assert head.calls == [("draw", {"prompt": "fox"}, "1:tool:0:0")]
    assert [type(message) for message in added] == [User, Assistant, ToolResult, Assistant]
    assert head.model.requests[1].messages == (User("before"), *added[:3])
    assert head.shown[-1] == "Let me see.\n\nHere it is."


async def test_after_the_last_round_the_model_is_asked_for_words_and_gets_no_tools(head: Head) -> None:
    moves = [Calls((call(n=number),)) for number in range(ROUNDS_AT_MOST)]
    added = await head.thinks(*moves, Calls((call(n=99),), "All I know."))

    last = head.model.requests[-1]
    assert (len(head.model.requests), len(head.calls)) == (ROUNDS_AT_MOST + 1, ROUNDS_AT_MOST)
    assert (last.tools, last.messages[-1]) == ((), User(f"[{ENOUGH}]"))
    assert added[-1] == Assistant("All I know.")
    assert all(request.tools for request in head.model.requests[:-1])
    asked = {(request.model, request.thinking, request.max_tokens) for request in head.model.requests}
    assert asked == {("fake/model", "high", 99)}


async def test_the_same_call_over_and_over_ends_the_tools(head: Head) -> None:
    await head.thinks(*[Calls((call(n=1),))] * SAME_CALL_AT_MOST, Says("Enough."))

    assert len(head.calls) == SAME_CALL_AT_MOST
    assert [bool(request.tools) for request in head.model.requests] == [True] * SAME_CALL_AT_MOST + [False]


@pytest.mark.parametrize("too_many", [0, 3])
async def test_every_call_beyond_eight_is_answered_and_not_run(head: Head, too_many: int) -> None:
    kept = CALLS_HEARD_AT_MOST if too_many else CALLS_AT_ONCE + 2
    await head.thinks(Calls(tuple(call(n=number) for number in range(kept + too_many))), Says("ok"))

    asked = head.thought.added[1]
    answered = [message.call_id for message in head.thought.added if isinstance(message, ToolResult)]
    more = f" {LEFT_OUT.format(count=too_many)}" if too_many else ""
    assert isinstance(asked, Assistant)
    assert [one.id for one in asked.calls] == answered
    assert len(head.calls) == CALLS_AT_ONCE
    assert head.results[CALLS_AT_ONCE:] == [*[NOT_RUN] * (kept - CALLS_AT_ONCE - 1), NOT_RUN + more]


async def test_a_tool_learns_who_asks_and_what_was_shown_and_its_cost_is_written_down(head: Head) -> None:
    head.costs = (Spend("fake:7", Capability.IMAGE, "m", 40_000),)
    await head.thinks(Calls((call(),)), Says("ok"))

    (only,) = head.contexts
    assert (only.person, only.pictures) == ("fake:7", (SHOWN,))
    assert await head.store.spent(head.clock.now().replace(year=2000), capability="image") == 40_000


async def test_reasoning_is_kept_word_for_word_also_of_an_answer_that_was_cut(head: Head) -> None:
    thoughts = '{"reasoning": "because"}'
    head.model = Stream(Finished(Assistant("A", (), thoughts), Usage(), FinishReason.LENGTH, "fake/model"))
    added = await head.thinks()

    assert added[-1] == Assistant("A (cut)", (), thoughts)


async def test_a_call_that_was_cut_never_runs(head: Head) -> None:
    cut = Assistant("A", (Call("1", "draw", '{"prompt": "a f'),))
    head.model = Stream(Finished(cut, Usage(), FinishReason.LENGTH, "fake/model"))
    added = await head.thinks()

    assert (head.calls, added[-1]) == ([], Assistant("A (cut)"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ToolFailed("'prompt' is required."), "'prompt' is required."),
        (ProviderBusy("503"), f"It failed: {ProviderBusy.tell} Tell the person; do not pretend it worked."),
        (ToolOutcome("x" * (TOOL_RESULT_CHARACTERS + 1)), "x" * TOOL_RESULT_CHARACTERS),
    ],
)
async def test_what_became_of_a_call_is_told_to_the_model(
    head: Head, answer: ToolOutcome | ToolFailed | ProviderError, told: str
) -> None:
    head.answer = answer
    await head.thinks(Calls((call(),)), Says("I see."))

    assert head.results == [told]


async def test_a_tool_that_is_not_there_and_arguments_that_are_none_run_nothing(head: Head) -> None:
    await head.thinks(Calls((call("sing"), ("draw", "{broken"))), Says("I see."))

    assert head.results[0] == "There is no tool 'sing'. There are: draw, look."
    assert head.results[1].startswith("The arguments are not JSON")
    assert head.calls == []


async def test_a_tool_nobody_can_pay_for_is_not_run(head: Head) -> None:
    head.pays, head.money = Capability.IMAGE, Money(everybody=50)  # the first answer costs all of it
    with pytest.raises(ProviderError):  # and so the next question is refused, too
        await head.thinks(Calls((call(),)), Says("I see."))

    assert head.calls == []
    assert head.results[0].startswith("It was not done: Today's budget")


# --- after a crash -----------------------------------------------------------------------------


async def test_what_was_answered_and_done_before_a_crash_is_not_asked_or_done_again(head: Head) -> None:
    with pytest.raises(ProviderBusy):
        await head.thinks(Calls((call(),), "Look."), ProviderBusy("503"))
    added = await head.thinks(Says("Here."))

    assert (len(head.calls), head.thought.text) == (1, "Look.\n\nHere.")
    assert [type(message) for message in added] == [User, Assistant, ToolResult, Assistant]
    assert await head.store.spent(head.clock.now().replace(year=2000)) == 150


@pytest.mark.parametrize(
    ("effect", "times", "told"),
    [(Effect.NONE, 2, "done"), (Effect.KEYED, 2, "done"), (Effect.ONCE, 1, UNKNOWN_OUTCOME)],
)
async def test_a_call_that_a_crash_interrupted_is_repeated_only_where_that_is_harmless(
    head: Head, effect: Effect, times: int, told: str
) -> None:
    head.effect, head.answer = effect, BadKill()
    with pytest.raises(BadKill):
        await head.thinks(Calls((call(),)))
    head.answer = DONE
    await head.thinks(Says("Well."))

    assert [key for _, _, key in head.calls] == ["1:tool:0:0"] * times
    assert head.results == [told]


class BadKill(Exception):
    """Stands for the end of the process in the middle of a call."""


async def test_begun_and_finished_calls_are_written_down_by_what_they_do(head: Head) -> None:
    head.effect = Effect.ONCE
    await head.thinks(Calls((call(),)), Says("ok"))

    (turn,) = [await head.turn()]
    assert [step.name for step in await head.store.steps(turn)] == ["model:0", "tool:0:0", "model:1"]
    assert Step("tool:0:0", ToolOutcome("done")) in await head.store.steps(turn)


# --- the stream --------------------------------------------------------------------------------


class Stream(ScriptedModel):
    """A model whose events the test writes, those of the second round as `then`."""

    def __init__(self, *events: ChatEvent | Exception, then: tuple[ChatEvent, ...] = ()) -> None:
        super().__init__()
        self.rounds = [events, then]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        for event in self.rounds.pop(0):
            if isinstance(event, Exception):
                raise event
            yield event
            await asyncio.sleep(0)


def finished(text: str, *pictures: Picture, reason: FinishReason = FinishReason.STOP) -> Finished:
    return Finished(Assistant(text), Usage(), reason, "fake/model", pictures)


async def test_a_stream_that_breaks_and_starts_anew_shows_why_and_then_only_the_new(head: Head) -> None:
    head.model = Stream(TextDelta("Half"), Retrying("One moment."), TextDelta("Whole"), finished("Whole"))
    await head.thinks()

    assert head.shown == ["Half", "Half — interrupted. One moment.", "Whole"]
    assert head.thought.text == "Whole"


async def test_what_was_said_before_a_failure_stays(head: Head) -> None:
    head.model = Stream(TextDelta("Half"), ProviderBusy("cut"))
    with pytest.raises(ProviderBusy):
        await head.thinks()

    assert head.thought.text == "Half"


async def test_a_stream_without_an_end_is_an_error(head: Head) -> None:
    head.model = Stream(TextDelta("Half"))
    with pytest.raises(BadAnswer):
        await head.thinks()


async def test_pictures_that_a_chat_model_draws_of_itself_are_delivered(head: Head) -> None:
    head.model = Stream(finished("", Picture(b"a", "image/png"), Picture(b"b", "image/jpeg")))
    await head.thinks()

    parts = [part for part in head.thought.parts if isinstance(part, Media)]
    assert [(part.kind, part.name) for part in parts] == [(Kind.PICTURE, "image-1.png"), (Kind.PICTURE, "image-2.jpg")]
    assert [await head.store.read(part.blob) for part in parts] == [b"a", b"b"]


@pytest.mark.parametrize(
    ("said", "shown"), [("Once upon", "Once upon (cut)"), ("", "(The answer was cut before its first word.)")]
)
async def test_an_answer_that_hit_its_limit_is_marked(head: Head, said: str, shown: str) -> None:
    head.model = Stream(finished(said, reason=FinishReason.LENGTH))
    added = await head.thinks()

    assert (head.thought.text, added[-1]) == (shown, Assistant(shown))


# --- a past that is too long -------------------------------------------------------------------


async def test_a_past_that_the_model_cannot_hold_is_left_out_once(head: Head) -> None:
    await head.thinks(ContextTooLong("413"), Says("ok"), shorter=(User("in short"),))

    assert [request.messages[0] for request in head.model.requests] == [User("before"), User("in short")]


@pytest.mark.parametrize("shorter", [None, (User("in short"),)])
async def test_a_past_that_is_too_long_even_so_is_an_error(head: Head, shorter: tuple[ChatMessage, ...] | None) -> None:
    with pytest.raises(ContextTooLong):
        await head.thinks(ContextTooLong("413"), ContextTooLong("413"), Says("never"), shorter=shorter)

    assert len(head.model.requests) == (1 if shorter is None else 2)


async def test_a_past_is_shortened_once_in_a_turn(head: Head) -> None:
    with pytest.raises(ContextTooLong):
        await head.thinks(
            ContextTooLong("413"), Calls((call(),)), ContextTooLong("413"), Says("never"), shorter=(User("in short"),)
        )

    assert [len(request.messages) for request in head.model.requests] == [2, 2, 4]


async def test_what_a_tool_made_and_what_the_model_drew_are_both_delivered(head: Head) -> None:
    made = Media(Kind.PICTURE, SHOWN, "made.png")
    head.answer = ToolOutcome("done", (made,), (SHOWN,))
    head.model = Stream(
        Finished(Assistant("", (Call("1", "draw", "{}"),)), Usage(), FinishReason.TOOLS, "fake/model"),
        then=(finished("Two.", Picture(b"a", "image/png")),),
    )
    await head.thinks()

    assert [part.name for part in head.thought.parts if isinstance(part, Media)] == ["made.png", "image-1.png"]
    assert head.thought.added[2] == ToolResult("1", "done", (SHOWN,))


async def test_calls_of_one_round_run_in_their_order(head: Head) -> None:
    await head.thinks(Calls((call(n=1), call("look", n=2))), Says("ok"))

    first = head.thought.added[1]
    assert isinstance(first, Assistant)
    assert [json.loads(one.arguments) for one in first.calls] == [{"n": 1}, {"n": 2}]
    assert [name for name, _, _ in head.calls] == ["draw", "look"]
