"""/new, /undo and /retry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agent.commands.choosing import OWNERS_CHOOSE
from bot.agent.commands.conversation import LOOK_BACK
from bot.agent.policy.access import RoomRules
from bot.core.messages import Attachment, Inbound, Kind, Person, Session
from tests.fakes.channel import conversation
from tests.fakes.rows import NOON
from tests.talk import OPEN, Talk, open_talk


async def answer(talk: Talk, text: str, **more: object) -> str:
    said = await talk.says(text, **more)  # type: ignore[arg-type]
    return await talk.answer(said.conversation.chat)


def heard(talk: Talk, number: int = -1) -> list[str]:
    """What a request told the model, the instructions apart."""
    return [message.text for message in talk.model.requests[number].messages[1:]]


async def test_undo_forgets_the_last_question_with_its_answer_and_only_those(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await answer(talk, "one")
        await answer(talk, "two")

        assert await answer(talk, "/undo") == "I have forgotten your last message and my answer."
        await answer(talk, "three")
        assert heard(talk) == ["one", "You said: one", "three"]

        for _ in range(2):
            await answer(talk, "/undo")
        assert await answer(talk, "/undo") == "There is nothing to undo."


async def test_new_hides_what_was_said_and_leaves_the_choices_alone(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await answer(talk, "/model fake/other")
        await answer(talk, "one")
        await answer(talk, "/new")
        await answer(talk, "two")

        assert heard(talk) == ["two"]
        assert talk.model.requests[-1].model == "fake/other"


async def test_retry_answers_the_last_message_again_and_looks_past_commands(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        assert await answer(talk, "/retry") == "There is nothing to try again."
        await answer(talk, "one")
        await answer(talk, "two")
        await answer(talk, "/whoami")
        await talk.says("/retry")

        assert await talk.answer() == "You said: two"
        assert len(talk.model.requests) == 3
        assert await answer(talk, "/retry") == "You said: two"


async def test_retry_looks_back_so_far_and_no_further(tmp_path: Path) -> None:
    async with open_talk(tmp_path, messages_per_minute=1000) as talk:
        await answer(talk, "one")
        for _ in range(LOOK_BACK):
            await answer(talk, "/whoami")

        assert await answer(talk, "/retry") == "There is nothing to try again."


@pytest.mark.parametrize("pieces", [2, 10])
async def test_retry_answers_an_album_as_a_whole(tmp_path: Path, pieces: int) -> None:
    async with open_talk(tmp_path) as talk:
        await answer(talk, "before")
        album = []
        for number in range(pieces):
            talk.channel.files[f"p{number}"] = b"picture %d" % number
            shown = (Attachment(Kind.PICTURE, "image/png", f"p{number}"),)
            text = "what is this?" if number == 0 else ""
            album.append(Inbound(f"a{number}", conversation(), Person("7"), NOON, text, shown, group="album"))
        await talk.brings(*album)
        await talk.answer()
        await talk.says("/retry")
        await talk.answer()

        first, again = talk.model.requests[-2].messages[-1], talk.model.requests[-1].messages[-1]
        assert again == first
        assert len(getattr(again, "pictures", ())) == pieces


async def test_in_a_room_each_retries_their_own_message_and_pays_for_it_themselves(tmp_path: Path) -> None:
    door = replace(OPEN, rooms={"r": RoomRules(require_mention=False)})
    async with open_talk(tmp_path, door=door) as talk:
        await answer(talk, "mine", who="7", private=False, room="r")
        before = await talk.store.spent(NOON, person="fake:7")

        assert await answer(talk, "/retry", who="8", private=False, room="r") == (
            "There is nothing of yours to try again."
        )
        await answer(talk, "yours", who="8", private=False, room="r")
        await talk.says("/retry", who="8", private=False, room="r")
        assert (await talk.answer()).endswith("yours")
        assert await talk.store.spent(NOON, person="fake:7") == before
        assert await talk.store.spent(NOON, person="fake:8") == 2 * before


@pytest.mark.parametrize("choice", ["/model fake/other", "/think high", "/voice always", "/voice name eve"])
async def test_in_a_room_only_an_owner_chooses_for_everybody(tmp_path: Path, choice: str) -> None:
    door = replace(OPEN, rooms={"r": RoomRules(require_mention=False)})
    async with open_talk(tmp_path, door=door) as talk:
        assert await answer(talk, choice, who="7", private=False, room="r") == OWNERS_CHOOSE
        assert await talk.store.session(conversation()) == Session()
        assert await answer(talk, choice, who="owner", private=False, room="r") != OWNERS_CHOOSE
        assert await talk.store.session(conversation()) != Session()
        assert await answer(talk, choice, who="7", chat="7") != OWNERS_CHOOSE
