"""Commands that tell how things are, change a conversation, and say who may talk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.agent.commands.command import MENU, OWNERS_MENU
from bot.agent.policy.access import AccessRules, DmPolicy
from bot.core.ports.channel import Health
from tests.fakes.model import Says
from tests.talk import open_talk


async def test_help_names_every_command_once_and_those_of_owners_to_owners_alone(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("/help", who="7")
        theirs = await talk.answer()
        await talk.says("/help", who="owner", chat="2")
        owners = await talk.answer("2")

        assert sorted(theirs.splitlines()) == sorted(f"/{name} — {about}" for name, about in MENU.items())
        assert len(owners.splitlines()) == len(MENU) + len(OWNERS_MENU)
        assert all(f"\n/{name} — " in owners for name in OWNERS_MENU)


async def test_a_greeting_and_a_command_nobody_knows_lead_to_help(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("/start")
        assert "/help" in await talk.answer()
        await talk.says("/frobnicate now")
        assert await talk.answer() == "I do not know /frobnicate. /help lists what I know."
        assert talk.model.requests == []


async def test_the_status_names_a_channel_that_could_not_connect_to_owners_alone(tmp_path: Path) -> None:
    down = {"discord": Health(False, "the token is refused")}
    async with open_talk(tmp_path, down=down) as talk:
        await talk.says("/status", who="owner")
        await talk.says("/status", who="7", chat="2")

        assert "discord: not working, the token is refused" in (await talk.answer()).splitlines()
        assert "discord" not in await talk.answer("2")
        assert "\nfake: " in await talk.answer("2")


async def test_undo_takes_back_the_last_message_and_its_answer(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("One"), Says("Two"), Says("Three")) as talk:
        for text in ("first", "second"):
            await talk.says(text)
            await talk.settles()
        await talk.says("/undo")
        assert await talk.answer() == "I have forgotten your last message and my answer."
        await talk.says("third")
        await talk.settles()

        told = str(talk.model.requests[-1].messages)
        assert ("first" in told, "second" in told, "Two" in told) == (True, False, False)

    async with open_talk(tmp_path / "fresh") as talk:
        await talk.says("/undo")
        assert await talk.answer() == "There is nothing to undo."


@pytest.mark.parametrize(("written", "told"), [("always", "always"), ("OFF", "off")])
async def test_the_voice_is_chosen_for_one_conversation(tmp_path: Path, written: str, told: str) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says(f"/voice {written}")
        assert await talk.answer() == f"Spoken answers: {told}."
        await talk.says("/voice")
        assert (await talk.answer()).startswith(f"Spoken answers: {told}.")
        await talk.says("/voice", chat="2")
        assert (await talk.answer("2")).startswith("Spoken answers: off.")
        await talk.says("/voice name nova")
        assert await talk.answer() == "I will speak as nova."


async def test_an_owner_sees_who_was_let_in_and_puts_them_out(tmp_path: Path) -> None:
    door = AccessRules(dm=DmPolicy.PAIRING, owners=frozenset({"owner"}))
    async with open_talk(tmp_path, Says("Welcome"), door=door) as talk:
        await talk.says("hello?", who="66", chat="66")
        code = (await talk.answer("66")).split("**")[1]
        await talk.says("/guests", who="owner")
        assert await talk.answer() == "(asks) fake 66 Ann"
        await talk.says(f"/allow {code}", who="owner")
        assert await talk.answer() == "Ann may talk to me on fake now."
        await talk.says("/guests", who="owner")
        assert await talk.answer() == "fake 66 Ann"

        await talk.says("/remove 66", who="owner")
        assert await talk.answer() == "Say it as `/remove <channel> <id>`; /guests lists them."
        await talk.says("/remove fake 66", who="owner")
        assert await talk.answer() == "They are out."
        await talk.says("still there?", who="66", chat="66")
        await talk.settles()
        assert talk.model.requests == []


async def test_somebody_who_is_refused_stays_out(tmp_path: Path) -> None:
    door = AccessRules(dm=DmPolicy.PAIRING, owners=frozenset({"owner"}))
    async with open_talk(tmp_path, door=door) as talk:
        await talk.says("hello?", who="66", chat="66")
        await talk.settles()
        await talk.says("/refuse fake:66", who="owner")
        assert await talk.answer() == "Ann stays out."
        await talk.says("/guests", who="owner")
        assert await talk.answer() == "Nobody was let in by pairing yet."
