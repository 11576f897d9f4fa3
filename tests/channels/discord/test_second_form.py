"""A refused message is sent in a second form: without what Discord refused, or over an interaction's webhook."""

from __future__ import annotations

import json

import pytest

from bot.core.errors import Undeliverable
from bot.core.messages import Choice, Conversation, Target, Text, Voice
from channels.discord.adapter import DiscordChannel
from channels.discord.interaction_replies import TOKEN_SECONDS
from tests.channels.discord.conftest import Desk, HastyClock, contents, listening
from tests.fakes.discord_api import CHANNEL_ID, DM_ID, DiscordApi
from tests.fakes.shelf import Shelf

ROOM = Conversation("discord", CHANNEL_ID)
CREATE = f"/channels/{CHANNEL_ID}/messages"
NO_HISTORY = {"code": 160002, "message": "Cannot reply without permission to read message history"}
SHUT_OUT = [(403, 50001, "Missing Access"), (403, 50013, "Missing Permissions"), (404, 10003, "Unknown Channel")]


def form_error(field: str) -> str:
    errors = {field: {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}]}}
    return json.dumps({"code": 50035, "message": "Invalid Form Body", "errors": errors})


@pytest.mark.parametrize(("status", "body"), [(403, json.dumps(NO_HISTORY)), (400, form_error("message_reference"))])
async def test_a_refused_reply_is_sent_as_an_ordinary_message(
    api: DiscordApi, channel: DiscordChannel, status: int, body: str
) -> None:
    question = await api.say(CHANNEL_ID, "Ada", "well?", mentions_bot=True)
    api.fail("POST", CREATE, status=status, body=body)

    sent = await channel.send(Target(ROOM, reply_to=question), Text("yes"), key="1:0")

    (shown,) = api.messages(CHANNEL_ID)
    assert (shown.id, shown.content, shown.raw["type"]) == (sent.message_id, "yes", 0)


async def test_a_refused_voice_reply_stays_a_voice_message(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    question = await api.say(CHANNEL_ID, "Ada", "well?", mentions_bot=True)
    api.fail("POST", CREATE, status=403, body=json.dumps(NO_HISTORY))
    voice = Voice(shelf.keep(b"OggS", "audio/ogg"), 1.0, b"\x01")

    await channel.send(Target(ROOM, reply_to=question), voice, key="1:0")

    (shown,) = api.messages(CHANNEL_ID)
    assert shown.flags & 8192
    assert shown.raw["type"] == 0


async def test_refused_buttons_cost_the_buttons_only(api: DiscordApi, channel: DiscordChannel) -> None:
    api.fail("POST", CREATE, status=400, body=form_error("components"))

    await channel.send(Target(ROOM), Text("Which?", (Choice("Fast", "/model fast"),)), key="1:0")

    (shown,) = api.messages(CHANNEL_ID)
    assert (shown.content, shown.raw["components"]) == ("Which?", [])


async def test_a_form_error_about_the_words_is_not_tried_again(api: DiscordApi, channel: DiscordChannel) -> None:
    api.fail("POST", CREATE, status=400, body=form_error("content"), times=9)

    with pytest.raises(Undeliverable):
        await channel.send(Target(ROOM, reply_to="1"), Text("yes"), key="1:0")

    assert len(api.asked("POST", CREATE)) == 1


async def test_a_message_whose_arrival_is_unsure_is_sent_again_where_the_history_may_not_be_read(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    api.fail("GET", CREATE, status=403, body='{"code": 50001, "message": "Missing Access"}')

    await channel.send(Target(ROOM), Text("yes"), key="1:0", maybe_sent=True)

    assert contents(api.messages(CHANNEL_ID)) == ["yes"]


@pytest.mark.parametrize(("status", "code", "message"), SHUT_OUT)
async def test_a_command_in_a_channel_that_refuses_the_bot_is_answered_over_its_webhook(
    api: DiscordApi, channel: DiscordChannel, desk: Desk, *, status: int, code: int, message: str
) -> None:
    refusal = json.dumps({"code": code, "message": message})
    api.fail("POST", CREATE, status=status, body=refusal, times=99)
    api.fail("PATCH", f"{CREATE}/*", status=status, body=refusal, times=99)

    async with listening(channel, desk):
        await api.slash(CHANNEL_ID, "Ada", "status")
        await desk.heard()
        sent = await channel.send(Target(ROOM), Text("Working"), key="1:0")
        await channel.edit(Target(ROOM), sent.message_id, Text("Working fine"))

    (shown,) = api.messages(CHANNEL_ID)
    assert (shown.id, shown.content, shown.edits) == (sent.message_id, "Working fine", ("Working",))
    assert shown.raw["allowed"] == {"parse": [], "replied_user": False}


async def test_a_voice_note_over_the_webhook_is_a_sound_file(
    api: DiscordApi, channel: DiscordChannel, desk: Desk, shelf: Shelf
) -> None:
    api.fail("POST", CREATE, status=403, body='{"code": 50013, "message": "Missing Permissions"}', times=99)

    async with listening(channel, desk):
        await api.slash(CHANNEL_ID, "Ada", "voice")
        await desk.heard()
        await channel.send(Target(ROOM), Voice(shelf.keep(b"OggS", "audio/ogg"), 1.0, b"\x01"), key="1:0")

    (shown,) = api.messages(CHANNEL_ID)
    assert (shown.flags & 8192, shown.attachments[0]["filename"]) == (0, "voice-message.ogg")


async def test_the_webhook_of_another_chat_or_of_long_ago_answers_nothing(
    api: DiscordApi, channel: DiscordChannel, desk: Desk, clock: HastyClock
) -> None:
    api.fail("POST", CREATE, status=403, body='{"code": 50013, "message": "Missing Permissions"}', times=99)

    async with listening(channel, desk):
        await api.slash(DM_ID, "Ada", "status")
        await desk.heard()
        with pytest.raises(Undeliverable):
            await channel.send(Target(ROOM), Text("secret"), key="1:0")
        await api.slash(CHANNEL_ID, "Ada", "status")
        await desk.heard(2)
        await clock.advance(TOKEN_SECONDS + 1)
        with pytest.raises(Undeliverable):
            await channel.send(Target(ROOM), Text("late"), key="2:0")

    assert api.messages(CHANNEL_ID) == api.messages(DM_ID) == ()


async def test_a_webhook_token_that_ended_is_a_refusal_and_no_reset_bot_token(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    api.fail("POST", CREATE, status=403, body='{"code": 50013, "message": "Missing Permissions"}', times=99)

    async with listening(channel, desk):
        await api.slash(CHANNEL_ID, "Ada", "status")
        await desk.heard()
        await api.wait_for(lambda: len(api.world.interactions) == 2)
        api.world.tokens.clear()
        with pytest.raises(Undeliverable, match="50027"):
            await channel.send(Target(ROOM), Text("late"), key="1:0")
