"""Stories of what the operator wrote about the agent: its name, its prompts, its rooms, and what it shows of speech."""

from __future__ import annotations

from pathlib import Path

from bot.agent.policy.access import AccessRules, DmPolicy, RoomRules
from bot.agent.prompt import Character
from bot.core.messages import Attachment, Inbound, Kind, Person
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Says
from tests.talk import open_talk

ROOMS = {
    "-100": RoomRules(prompt="In this group, talk like a pirate."),
    "55": RoomRules(
        prompt="On this server, be formal.", channels={"9": RoomRules(prompt="Here, only tea is discussed.")}
    ),
}
DOOR = AccessRules(DmPolicy.OPEN, frozenset({"*"}), ROOMS, frozenset({"owner"}))


async def test_the_agent_is_called_and_told_what_the_operator_wrote(tmp_path: Path) -> None:
    async with open_talk(tmp_path, character=Character("Wilma", "Speak of birds where you can.")) as talk:
        await talk.says("hello")
        await talk.settles()

        assert talk.model.instructions().startswith("You are Wilma,")
        assert "Speak of birds where you can." in talk.model.instructions()


async def test_a_group_has_a_prompt_of_its_own_that_private_chats_do_not_hear(tmp_path: Path) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        await talk.says("ahoy", chat="-100", private=False, room="-100")
        await talk.settles()
        assert "talk like a pirate" in talk.model.instructions()

        await talk.says("hello")
        await talk.settles()
        assert "talk like a pirate" not in talk.model.instructions()


async def test_of_a_server_only_the_named_channels_are_served(tmp_path: Path) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        await talk.says("hello", chat="8", private=False, room="55")
        await talk.says("hello", chat="9", private=False, room="55")
        await talk.settles()

        assert (talk.channel.texts("8"), talk.channel.texts("9")) == ([], ["You said: [Ann writes]\nhello"])
        assert "only tea" in talk.model.instructions()


async def test_what_was_heard_is_shown_above_the_answer(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Good morning to you"), echo="📝 “{transcript}”") as talk:
        await talk.says_aloud("good morning")

        assert await talk.answer() == "📝 “good morning”\n\nGood morning to you"
        await talk.says("no voice")
        assert await talk.answer() == "You said: no voice"


async def test_the_agent_hears_its_own_name_in_speech(tmp_path: Path) -> None:
    async with open_talk(tmp_path, door=DOOR, character=Character("Wilma")) as talk:
        for words in ("what is the time", "Wilma, what is the time"):
            talk.channel.files[words] = words.encode()
            note = Attachment(Kind.VOICE, "audio/ogg", words, seconds=2.0)
            inbound = Inbound(
                words, conversation("-100"), Person("7"), FakeClock().now(), "", (note,),
                private=False, to_me=False, room="-100",
            )  # fmt: skip
            await talk.brings(inbound)
        await talk.settles()

        assert talk.channel.texts("-100") == ["You said: Wilma, what is the time"]
