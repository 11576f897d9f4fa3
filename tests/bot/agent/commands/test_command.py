"""How a command is found in what a person wrote, and who may give it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.agent.commands.command import MENU, OWNERS_MENU, Command, CommandCall, Commands
from bot.agent.prompt import Understood
from bot.core.messages import Conversation, Reply, Text
from tests.bot.tools.calling import context, picture

TURN = context().turn


async def echo(said: CommandCall) -> Reply:
    return (Text(f"{said.rest}|{said.owner}|{len(said.pictures)}"),)


def commands(*owners: tuple[str, str]) -> Commands:
    return Commands((Command("model", echo), Command("budget", echo, owners_only=True)), lambda *who: who in owners)


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("/model", "model", ""),
        (" /MODEL  openrouter/auto  x \n", "model", "openrouter/auto  x"),
        ("/model\nfast", "model", "fast"),
        ("/no_such", "no_such", ""),
    ],
)
def test_a_command_is_the_first_word_with_all_that_follows(text: str, name: str, rest: str) -> None:
    found = commands().find(text)

    assert found is not None
    assert (found.name, found.rest, found.command is not None) == (name, rest, name == "model")


@pytest.mark.parametrize(
    "text", ["", "  ", "model", "/", "/ model", "//model", "/usr/bin", "1/2", "/_", "look: /model"]
)
def test_what_only_looks_like_a_command_is_said_to_the_model(text: str) -> None:
    assert commands().find(text) is None


@pytest.mark.parametrize(
    ("text", "owners", "answer"),
    [
        ("/model x", (), "x|False|1"),
        ("/model x", (("fake", "7"),), "x|True|1"),
        ("/budget", (), "Only my owner can use /budget."),
        ("/budget", (("other", "7"), ("fake", "8")), "Only my owner can use /budget."),
        ("/budget", (("fake", "7"),), "|True|1"),
        ("/wat", (), "I do not know /wat. /help lists what I know."),
    ],
)
async def test_who_gives_a_command_decides_what_comes_of_it(
    text: str, owners: tuple[tuple[str, str], ...], answer: str
) -> None:
    known = commands(*owners)
    found = known.find(text)

    assert found is not None
    assert await known.run(found, TURN, Understood(text, (picture(),))) == (Text(answer),)


async def test_of_several_messages_the_last_sender_gives_the_command() -> None:
    first = replace(TURN.inbounds[0], sender=replace(TURN.inbounds[0].sender, id="owner"))
    known = commands(("fake", "owner"))
    found = known.find("/budget")
    assert found is not None

    reply = await known.run(found, replace(TURN, inbounds=(first, *TURN.inbounds)), Understood("/budget"))

    assert reply == (Text("Only my owner can use /budget."),)


def test_every_command_has_a_line_in_the_menu_of_those_who_may_use_it() -> None:
    plain, owners_only = commands().commands

    assert (plain.about, owners_only.about) == (MENU["model"], OWNERS_MENU["budget"])
    assert not MENU.keys() & OWNERS_MENU.keys()
    assert TURN.conversation == Conversation("fake", "1")
