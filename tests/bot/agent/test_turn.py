"""What a turn answers, and how it ends when it does not end well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.attempt import Thinking
from bot.agent.endings import announcement, apology, silence, stopped_outcome
from bot.agent.policy.access import RoomRules
from bot.agent.prompt import Understood
from bot.agent.think import CUT_OFF, UNKNOWN_OUTCOME, done_before
from bot.agent.turn import carried_through, with_troubles
from bot.core.chat import Assistant, Call, FinishReason, ToolResult, Usage, User
from bot.core.errors import BadRequest, KeyRefused, OutOfCredit
from bot.core.media import Drawn
from bot.core.messages import Attachment, Blob, Conversation, Kind, Media, Origin, Quoted, Session, Text, Turn
from bot.core.steps import Answered, Outcome, Step, ToolOutcome
from tests.fakes.model import Calls, Says
from tests.fakes.rows import inbound
from tests.talk import OPEN, open_talk

BLOB = Blob("0" * 64, "video/mp4", 3)
PICTURE = Media(Kind.PICTURE, BLOB, "image-1.png")


# --- what is answered --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require_mention", "to_me", "answered"), [(True, False, False), (True, True, True), (False, False, True)]
)
async def test_a_room_that_needs_no_mention_is_answered_without_one(
    tmp_path: Path, require_mention: bool, to_me: bool, answered: bool
) -> None:
    door = replace(OPEN, rooms={"r": RoomRules(require_mention)})
    async with open_talk(tmp_path, door=door) as talk:
        await talk.says("hello all", private=False, room="r", to_me=to_me)
        await talk.settles()

        assert talk.channel.texts("1") == ["You said: [Ann writes]\nhello all"] * answered


@pytest.mark.parametrize(
    ("require_mention", "words", "answered"),
    [(True, "hey voxline", True), (True, "hey you", False), (False, "hey you", True)],
)
async def test_a_voice_note_in_a_room_is_answered_when_it_names_the_bot_or_need_not(
    tmp_path: Path, require_mention: bool, words: str, answered: bool
) -> None:
    door = replace(OPEN, rooms={"r": RoomRules(require_mention)})
    async with open_talk(tmp_path, door=door) as talk:
        await talk.says_aloud(words, private=False, room="r", to_me=False)
        await talk.settles()

        assert bool(talk.channel.shown) is answered
        assert bool(talk.model.requests) is answered


async def test_a_command_may_be_a_reply_to_something(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("/whoami", quoted=Quoted("5", "what somebody said"))

        assert (await talk.answer()).startswith("Your id on fake")


@pytest.mark.parametrize("text", ["/whoami", "/new"])
async def test_a_command_that_is_only_quoted_or_forwarded_is_not_run(tmp_path: Path, text: str) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("what does this do?", quoted=Quoted("5", text))
        first = await talk.answer()
        await talk.says(text, forwarded=True, forwarded_from="Bob", quoted=Quoted("5", "x"))
        second = await talk.answer()

        assert first.startswith("You said: [In reply to a message]")
        assert "[The person forwards this]" in second


# --- how it ends -------------------------------------------------------------------------------


def thought(text: str = "", *added: User | Assistant | ToolResult, parts: tuple[Media, ...] = ()) -> Thinking:
    return Thinking(text, list(added), list(parts))


def turn(*origins: Origin) -> Turn:
    attachments = (Attachment(Kind.VIDEO, "video/mp4", name="kite.mp4", blob=BLOB, seconds=4.0), Attachment(Kind.VIDEO))
    rows = tuple(replace(inbound("1", origin=origin), attachments=attachments) for origin in origins)
    return Turn("1", Conversation("web", "home"), rows, Session(), 1, 1)


def test_what_was_said_until_a_stop_is_marked_and_what_was_made_is_delivered() -> None:
    said = thought("Once upon a", User("tell"), Assistant("", (Call("c", "t", "{}"),)), parts=(PICTURE,))
    outcome = stopped_outcome(said)

    assert outcome.reply == (Text("Once upon a (stopped)"), PICTURE)
    assert outcome.history == (User("tell"), Assistant("Once upon a (stopped)"))


def test_a_stop_before_the_first_word_says_only_that() -> None:
    assert stopped_outcome(thought()).reply == (Text("(stopped)"),)
    assert stopped_outcome(thought()).history == ()


SET, DRAWN = Call("c", "reminder", "{}"), Call("d", "image_generate", "{}")


@pytest.mark.parametrize("end", [lambda thinking: apology(thinking, "It broke."), stopped_outcome])
def test_what_tools_did_stays_in_the_history_of_a_turn_that_did_not_finish(
    end: Callable[[Thinking], Outcome],
) -> None:
    result = ToolResult("c", "The reminder is set.")
    thinking = thought("Half", User("remind me"), Assistant("Half", (SET, DRAWN)), result)
    outcome = end(thinking)

    shown = outcome.reply[0]
    assert isinstance(shown, Text)
    assert shown.text in ("Half\n\nIt broke.", "Half (stopped)")
    assert outcome.history == (User("remind me"), Assistant("", (SET,)), result, Assistant(shown.text))
    assert not outcome.dead


calls_of_a_round = st.lists(st.sampled_from([SET, DRAWN]), max_size=4)


@given(rounds=st.lists(st.tuples(calls_of_a_round, st.integers(0, 4)), max_size=4))
def test_no_history_has_a_call_without_its_result(rounds: list[tuple[list[Call], int]]) -> None:
    thinking = thought("", User("do it"))
    for calls, answered in rounds:
        thinking.added.append(Assistant("words", tuple(calls)))
        thinking.added += [ToolResult(call.id, "done") for call in calls[:answered]]
    history = apology(thinking, "It broke.").history

    open_calls: list[str] = []
    for message in history:
        if isinstance(message, ToolResult):
            assert message.call_id == open_calls.pop(0)
            continue
        assert open_calls == []
        open_calls = [call.id for call in message.calls] if isinstance(message, Assistant) else []
    assert open_calls == []
    results = sum(isinstance(message, ToolResult) for message in history)
    assert results == sum(min(len(calls), answered) for calls, answered in rounds)


def test_when_the_model_says_nothing_the_person_reads_what_its_tools_did() -> None:
    thinking = thought("", User("remind me"), Assistant("", (SET,)), ToolResult("c", "Set for\nMonday."), Assistant(""))

    assert silence(thinking).reply == (Text("The model says nothing about what it did:\n- reminder: Set for Monday."),)
    assert silence(thought("", User("hi"))).reply == (
        Text("The model returned nothing. Please try again, or choose another with /model."),
    )


DRAWS = Calls((("image_generate", {"prompt": "a kite"}),))


@pytest.mark.parametrize("end", ["error", "empty", "stop"])
async def test_a_picture_that_was_drawn_before_a_turn_failed_is_known_in_the_next(tmp_path: Path, end: str) -> None:
    after = {"error": BadRequest("HTTP 400"), "empty": Says(""), "stop": Says("here it", hold=asyncio.Event())}[end]
    async with open_talk(tmp_path, DRAWS, after, Says("It was drawn already.")) as talk:
        await talk.says("draw a kite")
        if end == "stop":
            await talk.channel.until(lambda: "here" in " ".join(talk.channel.texts("1")))
            await talk.says("/stop")
        await talk.settles()
        await talk.says("try again please")
        await talk.settles()

        asked = talk.model.requests[-1].messages
        names = [call.name for message in asked if isinstance(message, Assistant) for call in message.calls]
        assert names == ["image_generate"]
        assert any(isinstance(message, ToolResult) and "will be delivered" in message.text for message in asked)


async def test_a_call_that_is_cut_off_by_a_stop_is_known_as_of_unknown_end(tmp_path: Path) -> None:
    async with open_talk(tmp_path, DRAWS, Says("as you say")) as talk:
        started = asyncio.Event()

        async def never(request: object) -> Drawn:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

        talk.painter.draw = never  # type: ignore[method-assign]
        await talk.says("draw a kite")
        await started.wait()
        await talk.says("/stop")
        await talk.settles()
        await talk.says("and now?")
        await talk.settles()

        results = [message.text for message in talk.model.requests[-1].messages if isinstance(message, ToolResult)]
        assert results == [CUT_OFF]


def test_a_message_that_kills_the_process_keeps_what_its_tools_did() -> None:
    steps = {
        "model:0": Step("model:0", Answered(Assistant("", (SET, DRAWN)), Usage(), FinishReason.TOOLS, "m")),
        "tool:0:0": Step("tool:0:0", ToolOutcome("The reminder is set.", (PICTURE,))),
        "tool:0:1": Step("tool:0:1", None),
    }
    before = done_before(turn(Origin.PERSON), steps)

    assert before.parts == [PICTURE]
    assert before.added == [
        User("say 1"),
        Assistant("", (SET, DRAWN)),
        ToolResult("c", "The reminder is set."),
        ToolResult("d", UNKNOWN_OUTCOME),
    ]
    assert done_before(turn(Origin.PERSON), {"model:0": steps["model:0"]}).added == []


@pytest.mark.parametrize(("who", "texts"), [("owner", 1), ("7", 2)])
async def test_an_owner_in_private_reads_one_sentence_about_a_refused_key(tmp_path: Path, who: str, texts: int) -> None:
    async with open_talk(tmp_path, KeyRefused("HTTP 401")) as talk:
        await talk.says("hi", who=who, chat=who)
        await talk.settles()

        shown = [shown.text for shown in talk.channel.shown]
        assert len(shown) == texts
        assert sum("voxline onboard" in text for text in shown) == 1
        assert "voxline onboard" in talk.channel.texts("owner")[0]


async def test_owners_hear_when_a_picture_finds_the_account_empty(tmp_path: Path) -> None:
    async with open_talk(tmp_path, DRAWS, Says("It did not work.")) as talk:
        talk.painter.faults.append(OutOfCredit("HTTP 402"))
        await talk.says("draw a kite")
        await talk.settles()

        assert "out of credit" in talk.channel.texts("owner")[-1]


@pytest.mark.parametrize("origin", [Origin.JOB, Origin.REMINDER])
def test_a_finished_job_says_its_words_and_brings_its_file(origin: Origin) -> None:
    outcome = announcement(turn(origin))

    assert outcome.reply == (Text("say 1"), Media(Kind.VIDEO, BLOB, "kite.mp4", seconds=4.0))
    assert outcome.history == (Assistant("say 1\n[delivered: kite.mp4]"),)


def test_what_could_not_be_used_is_said_above_the_answer() -> None:
    understood = Understood("x", troubles=("One is too large.", "One is empty."), echo="You said: x")

    assert with_troubles("Yes.", understood) == "You said: x\n\nOne is too large.\nOne is empty.\n\nYes."
    assert with_troubles("Yes.", Understood("x")) == "Yes."


# --- writing the end down ----------------------------------------------------------------------


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_stop_comes_too_late_for_what_is_written_down_and_a_shutdown_does_not(stopped: bool) -> None:
    go, ends = asyncio.Event(), []

    async def work() -> None:
        try:
            await go.wait()
            ends.append("written")
        except asyncio.CancelledError:
            ends.append("cut")
            raise

    writing = asyncio.create_task(carried_through(work(), lambda: stopped))
    for _ in range(2):
        await asyncio.sleep(0)
        writing.cancel()
    await asyncio.sleep(0)
    go.set()
    await asyncio.wait({writing})

    assert ends == (["written"] if stopped else ["cut"])
    assert writing.cancelled() is not stopped


async def test_what_fails_while_it_is_written_down_is_raised() -> None:
    async def work() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await carried_through(work(), lambda: True)
