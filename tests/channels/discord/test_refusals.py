"""The Discord on loopback refuses what Discord refuses, and its answers carry what Discord's carry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.agent.commands.command import MENU
from bot.core.messages import Choice, Text
from channels.discord.interactions import offered
from channels.discord.send import text_body
from channels.discord.settings import SlashCommand
from tests.fakes.discord_api import CHANNEL_ID, TOKEN, DiscordApi
from tests.fakes.discord_world import APPLICATION_ID
from tests.specs.discord import command_errors, message_errors

Json = dict[str, Any]
BUTTON = {"type": 2, "style": 2, "label": "Yes", "custom_id": "yes"}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {TOKEN}"}) as session:
        yield session


def row(*buttons: Json) -> list[Json]:
    return [{"type": 1, "components": list(buttons)}]


WRONG = {
    "a long text": ({"content": "x" * 2001}, "content"),
    "a long nonce": ({"content": "x", "nonce": "n" * 26}, "nonce"),
    "a long custom id": ({"content": "x", "components": row(BUTTON | {"custom_id": "c" * 101})}, "components"),
    "an empty custom id": ({"content": "x", "components": row(BUTTON | {"custom_id": ""})}, "components"),
    "a long label": ({"content": "x", "components": row(BUTTON | {"label": "l" * 81})}, "components"),
    "one custom id twice": ({"content": "x", "components": row(BUTTON, BUTTON)}, "components"),
    "six buttons in a row": (
        {"content": "x", "components": row(*(BUTTON | {"custom_id": str(at)} for at in range(6)))},
        "components",
    ),
    "six rows": ({"content": "x", "components": row(BUTTON) * 6}, "components"),
    "a button outside of a row": ({"content": "x", "components": [BUTTON]}, "components"),
    "an unknown style": ({"content": "x", "components": row(BUTTON | {"style": 9})}, "components"),
    "a mention of a kind that is none": ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "allowed_mentions"),
    "mentions that exclude each other": (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
    ),
    "mentions that are no object's": ({"content": "x", "allowed_mentions": {"ping": True}}, "allowed_mentions"),
    "a reply to nothing": ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference"),
    "a reply to a word": ({"content": "x", "message_reference": {"message_id": "it"}}, "message_reference"),
    "flags that a bot may not set": ({"content": "x", "flags": 1 << 6}, "flags"),
}


@pytest.mark.parametrize(("wish", "field"), WRONG.values(), ids=WRONG.keys())
async def test_a_message_that_breaks_a_rule_is_refused_by_its_field(
    api: DiscordApi, http: aiohttp.ClientSession, wish: Json, field: str
) -> None:
    async with http.post(f"{api.base}/channels/{CHANNEL_ID}/messages", json=wish) as answer:
        body = await answer.json()

    assert (answer.status, body["code"], list(body["errors"])) == (400, 50035, [field])
    assert api.messages(CHANNEL_ID) == ()


COMMAND = {"type": 1, "name": "status", "description": "How it is"}


@pytest.mark.parametrize(
    "commands",
    [
        [COMMAND, COMMAND],
        [COMMAND | {"name": "Status"}],
        [COMMAND | {"name": "how is it"}],
        [COMMAND | {"name": "n" * 33}],
        [COMMAND | {"description": ""}],
        [COMMAND | {"description": "d" * 101}],
        [COMMAND | {"options": [{"type": 3, "name": "A B", "description": "d"}]}],
    ],
)
async def test_bad_commands_are_refused(api: DiscordApi, http: aiohttp.ClientSession, commands: list[Json]) -> None:
    async with http.put(f"{api.base}/applications/{APPLICATION_ID}/commands", json=commands) as answer:
        body = await answer.json()

    assert (answer.status, body["code"], api.world.commands) == (400, 50035, [])


def test_the_commands_of_the_daemon_break_no_rule() -> None:
    commands = tuple(SlashCommand(name, about, "text") for name, about in MENU.items())

    assert list(command_errors(offered(commands))) == []


def test_no_set_of_choices_makes_a_message_that_breaks_a_rule() -> None:
    choices = [Choice("l" * 300, "s" * length) for length in (0, 1, 100, 101)]
    choices += [Choice("", "blank"), Choice("same", "x"), Choice("again", "x")]
    choices += [Choice(str(at), str(at)) for at in range(40)]

    body = text_body(Text("Which?", tuple(choices)))

    assert list(message_errors(body, lambda _: False)) == []
    assert sum(len(line["components"]) for line in body["components"]) == 25


@pytest.mark.parametrize("limit", ["0", "101", "500", "many"])
async def test_a_page_of_the_history_has_at_most_100_messages(
    api: DiscordApi, http: aiohttp.ClientSession, limit: str
) -> None:
    async with http.get(f"{api.base}/channels/{CHANNEL_ID}/messages", params={"limit": limit}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50035)


async def test_the_message_of_another_is_not_edited(api: DiscordApi, http: aiohttp.ClientSession) -> None:
    message_id = await api.say(CHANNEL_ID, "Ada", "mine")

    async with http.patch(
        f"{api.base}/channels/{CHANNEL_ID}/messages/{message_id}", json={"content": "yours"}
    ) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, 50005)


async def test_an_interaction_is_acknowledged_once_and_only_when_it_exists(
    api: DiscordApi, http: aiohttp.ClientSession
) -> None:
    pressed = await api.slash(CHANNEL_ID, "Ada", "status")
    (token,) = api.world.tokens
    codes = []
    for interaction, kind in (("1", 5), (pressed, 6), (pressed, 5), (pressed, 5)):
        url = f"{api.base}/interactions/{interaction}/{token}/callback"
        async with http.post(url, json={"type": kind}) as answer:
            codes.append((await answer.json())["code"] if answer.status != 204 else answer.status)

    assert codes == [10062, 50035, 204, 40060]


async def test_answers_carry_every_field(api: DiscordApi, http: aiohttp.ClientSession) -> None:
    question = await api.say(CHANNEL_ID, "Ada", "well?")
    wish = {"content": "x", "components": row(BUTTON), "message_reference": {"message_id": question}}

    async with http.post(f"{api.base}/channels/{CHANNEL_ID}/messages", json=wish) as answer:
        message = await answer.json()

    assert {"public_flags", "flags", "primary_guild"} <= message["author"].keys()
    assert [part["id"] for part in (message["components"][0], *message["components"][0]["components"])] == [1, 2]
    reference = message["message_reference"]
    assert (reference["type"], reference["channel_id"], reference["message_id"]) == (0, CHANNEL_ID, question)
