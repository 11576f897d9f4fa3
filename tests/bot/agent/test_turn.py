"""What a turn answers, and how it ends when it does not end well."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.agent.attempt import Thinking
from bot.agent.policy.access import RoomRules
from bot.agent.prompt import Understood
from bot.agent.turn import announcement, apology, carried_through, stopped_outcome, with_troubles
from bot.core.chat import Assistant, Call, ToolResult, User
from bot.core.messages import Attachment, Blob, Conversation, Kind, Media, Origin, Quoted, Session, Text, Turn
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
        await talk.says(text, forwarded_from="Bob", quoted=Quoted("5", "x"))
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


def test_an_apology_stands_below_what_was_said_and_leaves_no_open_call() -> None:
    said = thought("Half", User("tell"), Assistant("Half", (Call("c", "t", "{}"),)), ToolResult("c", "x"))
    outcome = apology(said, "It broke.")

    assert outcome.reply == (Text("Half\n\nIt broke."),)
    assert outcome.history == (User("tell"), Assistant("Half\n\nIt broke."))
    assert not outcome.dead


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
