"""What an agent remembers of a conversation that became too long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.agent.history.context import (
    CHARACTERS_A_TOKEN,
    CHARACTERS_AT_LEAST,
    CHARACTERS_AT_MOST,
    ROWS_NEAR,
    SHARE_OF_CONTEXT,
    Memory,
)
from bot.agent.history.past import ROWS_KEPT, SUMMED_UP, Past
from bot.agent.history.summary import LEFT_OUT, SECONDS_OF_REST, SUMMARY_CHARACTERS, transcript
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.budget import Budget, BudgetLimits
from bot.core.arrivals import Arrivals
from bot.core.chat import Assistant, Call, ChatMessage, ChatRequest, ToolResult, User
from bot.core.errors import ContextTooLong, ProviderBusy
from bot.core.history import HistoryRow, Summary
from bot.core.messages import Session, Turn
from bot.core.steps import Outcome
from tests.bot.agent.patience import until
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Calls, Says
from tests.fakes.rows import inbound
from tests.talk import Talk, open_talk

PAGE = "word " * 5_000
FIRST = User(SUMMED_UP.format(summary="summary 1"))


async def talk_long(talk: Talk, turns: int = 5) -> None:
    """So many pages, said and answered; five near the limit."""
    for number in range(turns):
        talk.model.moves.append(Says("I see."))
        await talk.says(f"page {number}: {PAGE}")
        await talk.settles()
        await talk.agent.memory.settled()


async def summary_of(talk: Talk) -> Summary | None:
    return (await talk.store.past(conversation("1"), since=0, limit=0))[0]


def last_past(talk: Talk) -> tuple[ChatMessage, ...]:
    """What the newest request told of what came before."""
    return talk.model.requests[-1].messages[1:-1]


def characters(request: ChatRequest) -> int:
    return sum(len(getattr(message, "text", "")) for message in request.messages)


def rows(*messages: ChatMessage) -> tuple[HistoryRow, ...]:
    return tuple(HistoryRow(number, message) for number, message in enumerate(messages, 1))


async def test_a_long_conversation_is_summed_up_once_and_kept_whole(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk)
        for word in ("and", "so", "on"):
            await talk.says(word)
            await talk.settles()

        assert len(talk.model.summed) == 1
        assert last_past(talk)[0] == FIRST
        assert characters(talk.model.requests[-1]) < CHARACTERS_AT_MOST / 2
        kept = await talk.store.history(conversation("1"), since=0, limit=100)
        assert len(kept) == 2 * (5 + 3)
        assert "page 0" in str(kept[0])


async def test_what_is_summed_up_is_told_to_the_model_and_not_what_stays(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk)
        await talk.says("short")
        await talk.settles()

        asked, told = str(talk.model.summed[0].messages[1]), str(last_past(talk))
        pages = [f"page {number}" for number in range(5)]
        assert [page in asked for page in pages] == [page not in told for page in pages]
        assert "page 0" in asked
        assert "page 4" in told
        assert talk.model.summed[0].tools == ()


async def test_nobody_waits_for_a_summary(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        held = asyncio.Event()
        talk.model.summaries = [Says("very late", hold=held)]
        talk.model.moves = [Says(f"answer {number}") for number in range(5)]
        for number in range(5):
            await talk.says(f"page {number}: {PAGE}")
            await talk.settles()
        answer = await talk.answer()
        held.set()
        await talk.agent.memory.settled()

        assert answer == "answer 4"
        assert await summary_of(talk) is not None


async def test_a_summary_survives_a_restart_and_is_not_paid_for_again(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk)
        spent = await talk.store.spent(talk.clock.now().replace(hour=0))

    async with open_talk(tmp_path) as talk:
        await talk.says("hello again", id="later")
        await talk.settles()

        assert talk.model.summed == []
        assert last_past(talk)[0] == FIRST
        assert spent == (5 + 1) * 100  # five answers and the summary, a hundred each


async def test_the_next_summary_holds_the_one_before(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk, turns=9)

        assert len(talk.model.summed) == 2
        assert "summary 1" in str(talk.model.summed[1].messages[1])
        assert last_past(talk)[0] in (FIRST, User(SUMMED_UP.format(summary="summary 2")))


async def test_a_fresh_start_forgets_the_summary(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk)
        await talk.says("/new")
        await talk.settles()
        await talk.says("hello")
        await talk.settles()

        assert last_past(talk) == ()


async def test_a_summary_that_fails_leaves_old_turns_out_and_is_tried_again_after_a_rest(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        talk.model.summaries = [ProviderBusy("HTTP 503"), Says("better late")]
        await talk_long(talk, turns=8)
        tries = len(talk.model.summed)
        sent = characters(talk.model.requests[-1])
        await talk.clock.advance(SECONDS_OF_REST)
        await talk_long(talk, turns=1)
        await talk.says("short")
        await talk.settles()

        assert tries == 1
        assert (await talk.answer()) == "You said: short"
        assert sent < CHARACTERS_AT_MOST + 2 * len(PAGE)
        assert last_past(talk)[0] == User(SUMMED_UP.format(summary="better late"))


async def cut_off(folder: Path, clock: FakeClock) -> None:
    """A life of the daemon that ends while the model sums up."""
    async with open_talk(folder, clock=clock) as talk:
        held = asyncio.Event()
        talk.model.summaries = [Says("never heard to its end", hold=held)]
        await talk_long(talk, turns=4)
        talk.model.moves.append(Says("I see."))
        await talk.says(f"page 4: {PAGE}")
        await talk.settles()
        await until(lambda: talk.model.summed)


@pytest.mark.parametrize(("passed", "asked"), [(SECONDS_OF_REST - 1, 0), (SECONDS_OF_REST, 1)])
async def test_a_summary_that_a_restart_cut_off_rests_and_is_then_made(
    tmp_path: Path, passed: float, asked: int
) -> None:
    clock = FakeClock()
    await cut_off(tmp_path, clock)
    await clock.advance(passed)

    async with open_talk(tmp_path, clock=clock) as talk:
        for number in range(3):
            await talk.says("and now?", id=f"later {number}")
            await talk.settles()
            await talk.agent.memory.settled()

        assert await talk.answer() == "You said: and now?"
        assert len(talk.model.summed) == asked
        assert (await summary_of(talk) is not None) == bool(asked)


async def test_what_is_too_long_is_not_summed_up_while_it_rests_but_left_out(tmp_path: Path) -> None:
    clock = FakeClock()
    await cut_off(tmp_path, clock)

    async with open_talk(tmp_path, ContextTooLong("HTTP 413"), Says("short enough"), clock=clock) as talk:
        await talk.says("and now?", id="later")

        assert await talk.answer() == "short enough"
        assert talk.model.summed == []
        assert characters(talk.model.requests[-1]) < characters(talk.model.requests[-2]) / 2


async def test_what_was_summed_up_within_a_turn_is_not_summed_up_again_after_it(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk, turns=4)
        talk.model.moves = [ContextTooLong("HTTP 413"), Says("fits")]
        await talk.says("one more")
        await talk.settles()
        await talk.agent.memory.settled()

        assert await talk.answer() == "fits"
        assert len(talk.model.summed) == 1


async def test_who_has_used_up_the_budget_is_not_made_to_pay_for_a_summary(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk_long(talk, turns=4)
        poor = Budget(talk.store, talk.clock, limits=BudgetLimits(person=0))
        turn = Turn("1", conversation("1"), (inbound("more", conversation("1")),), Session(), 1, 1)
        async with Memory(history=talk.store, chat=talk.model, paid=PaidSteps(talk.store, talk.clock, poor)) as memory:
            recalled = await memory.recall(turn, "fake/model")
            recalled.tidy()
            await memory.settled()

        assert recalled.messages
        assert talk.model.summed == []
        assert await summary_of(talk) is None


async def test_a_conversation_that_is_refused_as_too_long_is_summed_up_and_answered(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("one"), Says("two"), ContextTooLong("HTTP 413"), Says("three")) as talk:
        for word in ("first", "second", "third"):
            await talk.says(f"{word} {PAGE}")
            await talk.settles()

        assert await talk.answer() == "three"
        assert last_past(talk)[0] == FIRST
        assert characters(talk.model.requests[-1]) < characters(talk.model.requests[-2])
        assert len(await talk.store.history(conversation("1"), since=0, limit=99)) == 6


async def test_when_it_is_too_long_and_cannot_be_summed_up_more_is_left_out(tmp_path: Path) -> None:
    async with open_talk(tmp_path, *map(Says, "abcd"), ContextTooLong("HTTP 413"), Says("e")) as talk:
        talk.model.summaries = [ContextTooLong("HTTP 413")]
        for _ in range(5):
            await talk.says(PAGE)
            await talk.settles()

        assert await talk.answer() == "e"
        assert characters(talk.model.requests[-1]) < CHARACTERS_AT_MOST / 2


async def test_a_tool_that_ran_before_the_model_found_it_too_long_does_not_run_again(tmp_path: Path) -> None:
    draw = Calls((("image_generate", {"prompt": "a kite"}),))
    async with open_talk(tmp_path, Says("one"), draw, ContextTooLong("HTTP 413"), Says("There it is.")) as talk:
        await talk.says(f"first {PAGE}")
        await talk.settles()
        await talk.says("draw a kite")

        assert await talk.answer() == "There it is."
        assert len(talk.painter.requests) == 1
        assert isinstance(talk.model.requests[-1].messages[-1], ToolResult)


async def test_what_is_too_long_after_all_is_refused_with_the_way_out(tmp_path: Path) -> None:
    too_long = ContextTooLong("HTTP 413")
    async with open_talk(tmp_path, Says("one"), too_long, too_long, Says("never")) as talk:
        for word in ("first", "second"):
            await talk.says(f"{word} {PAGE}")
            await talk.settles()

        assert await talk.answer() == ContextTooLong.tell


async def test_after_a_refusal_whose_summary_fails_the_next_turns_are_short_enough(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        talk.model.summaries = [ProviderBusy("down")] * 9
        talk.model.moves = [Says("one"), Says("two"), ContextTooLong("HTTP 400"), Says("three"), Says("four")]
        for word in ("first", "second", "third"):
            await talk.says(f"{word} {PAGE}")
            await talk.settles()
        await talk.says("short")
        await talk.settles()

        assert await talk.answer() == "four"
        assert [characters(request) > 50_000 for request in talk.model.requests[-3:]] == [True, False, False]


async def test_a_chat_in_chinese_is_summed_up_before_it_passes_the_context(tmp_path: Path) -> None:
    tokens = 32_768

    async def holds(model: str) -> int:
        return tokens

    async with open_talk(tmp_path, context_size=holds) as talk:
        for _ in range(30):
            talk.model.moves.append(Says("答" * 1_990))
            await talk.says("继续")
            await talk.settles()
            await talk.agent.memory.settled()

        assert talk.model.summed
        assert max(map(characters, talk.model.requests)) < tokens  # such a character is about a token


async def test_a_small_model_is_told_less(tmp_path: Path) -> None:
    async def holds(model: str) -> int:
        return 8_000

    async with open_talk(tmp_path, context_size=holds) as talk:
        for _ in range(8):
            await talk.says("word " * 500)
            await talk.settles()
            await talk.agent.memory.settled()

        assert talk.model.summed
        assert max(map(characters, talk.model.requests)) < 8_000 * CHARACTERS_A_TOKEN * SHARE_OF_CONTEXT + 4_000


def test_a_past_begins_with_what_a_person_said_and_never_parts_a_call_from_its_result() -> None:
    call = Call("1", "reminder", "{}")
    said = (User("a"), Assistant("", (call,)), ToolResult("1", "done"), Assistant("b"))
    past = Past(None, rows(*(said * 5)))

    for room in range(80):
        told, older = past.within(room), past.older(room)
        assert not told or isinstance(told[0], User)
        assert len(older) % 4 == 0
        assert len(older) + len(told) <= 20 or room


def test_many_short_messages_are_summed_up_down_to_a_few() -> None:
    past = Past(None, rows(*(User("a"), Assistant("b")) * 150))

    assert len(past.rows) - len(past.older(CHARACTERS_AT_MOST)) == ROWS_KEPT


def test_a_last_turn_larger_than_what_is_kept_is_summed_up_with_the_rest() -> None:
    past = Past(None, rows(User("x" * 50_000), Assistant("y")))

    assert past.older(CHARACTERS_AT_LEAST) == past.rows


@pytest.mark.parametrize("room", [100, 5_000, 100_000])
def test_a_transcript_is_bounded_and_keeps_the_newest_and_the_summary(room: int) -> None:
    summary = Summary("who they are", 1)
    past = Past(summary, rows(*(User(f"{number} " + "x" * 500) for number in range(400))))

    text = transcript(past, room)

    assert text.startswith("who they are")
    assert len(text) <= room + len(LEFT_OUT) + 2
    assert (LEFT_OUT in text) == (len(past.rows) * 500 > room)


async def test_a_summary_is_bounded(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        talk.model.summaries = [Says("s" * 50_000)]
        await talk_long(talk)

        summary = await summary_of(talk)
        assert summary is not None
        assert len(summary.text) == SUMMARY_CHARACTERS


async def test_the_answer_is_paid_for_before_the_summary(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        held = asyncio.Event()
        await talk_long(talk, turns=4)
        talk.model.moves = [Says("At last", hold=held)]
        await talk.says("one more")
        await talk.channel.until(lambda: any(text.startswith("At") for text in talk.channel.texts("1")))
        early = len(talk.model.summed)
        held.set()
        await talk.settles()
        await talk.agent.memory.settled()

        assert (early, len(talk.model.summed)) == (0, 1)


async def test_what_is_too_long_again_in_a_later_round_is_not_shortened_again(tmp_path: Path) -> None:
    too_long, look = ContextTooLong("HTTP 413"), Calls((("reminder", {"action": "list"}),))
    async with open_talk(tmp_path, Says("one"), too_long, look, too_long, Says("never")) as talk:
        talk.model.summaries = [ProviderBusy("HTTP 503")]  # so that there is still something to leave out
        for word in ("first", "second"):
            await talk.says(f"{word} {PAGE}")
            await talk.settles()

        assert await talk.answer() == ContextTooLong.tell
        assert len(talk.model.requests) == 4


async def test_hundreds_of_short_messages_are_summed_up_too(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.store.accept(Arrivals("fake", (inbound("long ago", conversation("1")),)))
        turn = await talk.store.claim(conversation("1"))
        assert turn is not None
        await talk.store.finish(turn, Outcome((User("hm"), Assistant("yes")) * (ROWS_NEAR // 2), ()))
        await talk.says("one more makes too many")
        await talk.settles()
        early = len(talk.model.summed)
        await talk.says("and one")
        await talk.settles()
        await talk.agent.memory.settled()
        await talk.says("and on")
        await talk.settles()

        assert (early, len(talk.model.summed)) == (0, 1)
        assert last_past(talk)[0] == FIRST
        assert len(last_past(talk)) <= 1 + ROWS_KEPT + 4
