"""What piled up while nobody was there: answered together where it belongs together, and nothing obeyed too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.agent.turn import age
from bot.core.chat import User
from bot.core.messages import Inbound, Person
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Says
from tests.talk import open_talk

HOURS = timedelta(hours=20)


def written(at: datetime, *texts: str, chat: str = "1") -> tuple[Inbound, ...]:
    return tuple(
        Inbound(f"{chat}:{number}:{text}", conversation(chat), Person("7", "Ann"), at + timedelta(seconds=number), text)
        for number, text in enumerate(texts)
    )


async def test_what_a_person_wrote_while_nobody_was_there_is_answered_as_one(tmp_path: Path) -> None:
    clock = FakeClock()
    then = clock.now() - HOURS
    async with open_talk(tmp_path, clock=clock) as talk:
        late, other = written(then, "hello?", "are you there?", "what is 6 times 7"), written(then, "hi", chat="2")
        await talk.brings(*late, *other, *written(clock.now(), "never mind"))
        await talk.settles()

        told = "hello?\nare you there?\nwhat is 6 times 7"
        assert talk.channel.texts("1") == [f"You said: {told}", "You said: never mind"]
        assert talk.channel.texts("2") == ["You said: hi"]
        kept = [row.message for row in await talk.store.history(conversation("1"), since=0, limit=9)]
        assert User(told) in kept


async def test_a_command_of_yesterday_is_not_obeyed_and_its_neighbours_are_answered(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, Says("One"), Says("Two"), Says("Three"), clock=clock) as talk:
        await talk.says("I am Ann")
        await talk.settles()
        await talk.brings(*written(clock.now() - HOURS, "before", "/new", "after"))
        await talk.settles()

        late = "I did not run /new: it is 19 hours old. Say it again if you still want it."
        assert talk.channel.texts("1") == ["One", "Two", late, "Three"]
        assert User("I am Ann") in talk.model.requests[-1].messages


async def test_a_message_of_yesterday_is_answered_again_when_asked_for(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, Says("One"), Says("Another"), clock=clock) as talk:
        await talk.brings(*(replace(one, private=True) for one in written(clock.now() - HOURS, "a riddle")))
        await talk.settles()
        await talk.says("/retry")

        assert await talk.answer() == "Another"


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(minutes=16, seconds=59), "16 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(minutes=120), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
    ],
)
def test_an_age_is_told_in_plain_words(past: timedelta, words: str) -> None:
    assert age(past) == words
