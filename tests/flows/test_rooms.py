"""Who is answered, and where: rooms, threads, strangers, and people who are let in. On Telegram and on Discord."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.sandbox import Sandbox
from tests.fakes.discord_world import THREAD_ID
from tests.fakes.telegram_api import TelegramApi
from tests.flows.world import HurriedClock, World, open_world
from tests.sides import DiscordSide, Side

OWNER = {"telegram": "telegram:1", "discord": "discord:200000000000000001"}


async def test_a_message_that_is_handed_out_again_is_answered_once(world: World) -> None:
    said = await world.side.say("reply with exactly: once")
    await world.answer("once")
    await world.side.redeliver(said)
    await world.side.redeliver(said)
    await world.side.say("reply with exactly: after")

    await world.answer("after")
    await world.settled()
    assert (world.texts(), len(world.prompts())) == (["once", "after"], 2)


async def test_what_was_heard_and_stands_in_the_history_of_a_new_session_is_answered_once(
    discord: DiscordSide, sandbox: Sandbox, tmp_path: Path
) -> None:
    async with open_world(discord, sandbox, tmp_path, clock=HurriedClock(100)) as world:
        await discord.say("reply with exactly: live")
        await world.answer("live")
        await discord.api.gateway.invalidate()
        await discord.say("reply with exactly: while away")

        await world.answer("while away")
        await world.settled()
        assert (world.texts(), len(world.prompts())) == (["live", "while away"], 2)


async def test_a_room_is_answered_only_when_it_calls_the_bot_and_as_a_reply(world: World) -> None:
    room = world.side.room
    await world.side.aside("reply with exactly: not for you", room)
    asked = await world.side.call("reply with exactly: for you", room)

    await world.answer("for you", room)
    await world.settled()
    assert len(world.prompts()) == 1
    assert [seen.reply_to for seen in world.side.seen(room)] == [asked]


async def test_an_answer_to_the_bot_calls_it_too(world: World) -> None:
    room = world.side.room
    await world.side.call("reply with exactly: first", room)
    first = await world.answer("first", room)
    await world.side.reply("reply with exactly: second", first.id, room)

    await world.answer("second", room)
    assert world.texts(room) == ["first", "second"]


async def test_a_thread_is_a_conversation_of_its_own(discord: DiscordSide, sandbox: Sandbox, tmp_path: Path) -> None:
    async with open_world(discord, sandbox, tmp_path) as world:
        await discord.call("reply with exactly: outside", discord.room)
        await world.answer("outside", discord.room)
        await discord.aside("reply with exactly: nobody asked", THREAD_ID)
        await discord.call("reply with exactly: within", THREAD_ID)

        await world.answer("within", THREAD_ID)
        await world.settled()
        assert (world.texts(THREAD_ID), world.texts(discord.room)) == (["within"], ["outside"])
        assert "outside" not in world.prompts()[-1]


async def test_a_stranger_costs_no_model_call_and_no_download(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    closed: dict[str, Any] = {"dmPolicy": "allowlist", "allowFrom": [side.person]}
    async with open_world(side, sandbox, tmp_path, **closed) as world:
        chat, _ = await side.newcomer("Mallory")
        await side.picture(b"\x89PNG", "look", chat)
        await side.say("hello?", chat)
        await side.say("reply with exactly: known")
        await world.answer("known")
        await world.settled()

        assert (len(world.prompts()), side.fetched(), world.side.seen(chat)) == (1, 0, [])


async def test_a_server_or_group_that_nobody_listed_costs_nothing(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    rooms: dict[str, dict[str, Any]] = {"telegram": {"groups": {"-1": {}}}, "discord": {"guilds": {"1": {}}}}
    async with open_world(side, sandbox, tmp_path, **rooms[side.name]) as world:
        await side.call("let me in", side.room)
        await side.say("reply with exactly: known")
        await world.answer("known")
        await world.settled()

        assert (len(world.prompts()), world.side.seen(side.room)) == (1, [])


async def test_an_owner_lets_somebody_in_by_code_and_by_button(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    home = await owners_chat(side)
    pairing: dict[str, Any] = {"dmPolicy": "pairing", "allowFrom": []}
    async with open_world(side, sandbox, tmp_path, owners=(OWNER[side.name],), **pairing) as world:
        grace, _ = await side.newcomer("Grace")
        await side.say("hello?", grace)
        await side.until(lambda: any("code: " in text for text in world.texts(grace)))
        code = world.texts(grace)[0].split("code: ")[1].split()[0].strip("*")
        await side.say(f"/allow {code}", home)
        await side.until(lambda: len(world.texts(grace)) == 2)

        linus, his_id = await side.newcomer("Linus")
        await side.say("hello?", linus)
        await side.until(lambda: any(f"id {his_id}" in text for text in world.texts(home)))
        card = next(seen for seen in side.seen(home) if f"id {his_id}" in seen.text)
        await side.press(card, "Let in", home)
        await side.until(lambda: len(world.texts(linus)) == 2)

        assert world.prompts() == []
        for chat in (grace, linus):
            await side.say("reply with exactly: welcome", chat)
            await world.answer("welcome", chat)


async def test_who_is_refused_stays_outside(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    home = await owners_chat(side)
    pairing: dict[str, Any] = {"dmPolicy": "pairing", "allowFrom": []}
    async with open_world(side, sandbox, tmp_path, owners=(OWNER[side.name],), **pairing) as world:
        chat, their_id = await side.newcomer("Mallory")
        await side.say("hello?", chat)
        await side.until(lambda: any(f"id {their_id}" in text for text in world.texts(home)))
        before = len(world.texts(home))
        await side.press(side.seen(home)[-1], "Refuse", home)
        await side.until(lambda: len(world.texts(home)) > before)
        await side.say("let me in all the same", chat)
        await world.settled()

        assert (world.prompts(), len(world.texts(chat))) == ([], 1)


async def owners_chat(side: Side) -> str:
    """Where the owner is reached, who has not yet said a word."""
    if isinstance(side.api, TelegramApi):
        side.api.meet(1)
        return "1"
    return side.chat
