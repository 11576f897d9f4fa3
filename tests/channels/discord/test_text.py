"""Words and buttons, both ways, through the real client library."""

from __future__ import annotations

from bot.core.messages import Choice, Conversation, Doing, Target, Text
from channels.discord.adapter import DiscordChannel
from channels.discord.settings import SlashCommand
from tests.channels.discord.conftest import Connect, Desk, listening
from tests.fakes.discord_api import BOT_ID, CHANNEL_ID, DM_ID, GUILD_ID, DiscordApi

DIRECT = Target(Conversation("discord", DM_ID))


async def test_what_a_person_writes_in_a_direct_chat_arrives_and_the_answer_is_shown(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        message_id = await api.say(DM_ID, "Ada", "hello there")

        (heard,) = await desk.heard()
        sent = await channel.send(DIRECT, Text("hello **Ada**"), key="1:0")

    assert (heard.id, heard.text, heard.private, heard.to_me, heard.room) == (message_id, "hello there", True, True, "")
    assert (heard.sender.name, heard.sender.is_bot) == ("Ada", False)
    (shown,) = api.messages(DM_ID)
    assert (shown.id, shown.content) == (sent.message_id, "hello **Ada**")


async def test_a_mention_in_a_room_is_to_the_bot_and_is_not_part_of_the_text(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.say(CHANNEL_ID, "Ada", "what time is it?", mentions_bot=True)
        await api.say(CHANNEL_ID, "Bob", "nobody asked you")

        asked, aside = await desk.heard(2)

    assert (asked.text, asked.to_me, asked.private, asked.room) == ("what time is it?", True, False, GUILD_ID)
    assert (aside.text, aside.to_me) == ("nobody asked you", False)
    assert asked.conversation == aside.conversation == Conversation("discord", CHANNEL_ID)


async def test_a_reply_to_the_bot_is_to_the_bot_and_quotes_what_it_said(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    room = Target(Conversation("discord", CHANNEL_ID))

    async with listening(channel, desk):
        sent = await channel.send(room, Text("It is noon."), key="1:0")
        await api.say(CHANNEL_ID, "Ada", "are you sure?", reply_to=sent.message_id)

        (heard,) = await desk.heard()

    assert heard.to_me
    assert heard.quoted is not None
    assert (heard.quoted.message_id, heard.quoted.text, heard.quoted.from_me) == (sent.message_id, "It is noon.", True)


async def test_an_answer_in_a_room_is_a_reply_even_when_the_question_was_deleted(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    await channel.send(Target(Conversation("discord", CHANNEL_ID), reply_to="12345"), Text("here"), key="1:0")

    (wish,) = (request.body for request in api.asked("POST", f"/channels/{CHANNEL_ID}/messages"))
    assert wish["message_reference"] == {"message_id": "12345", "fail_if_not_exists": False}  # type: ignore[index,call-overload]
    assert [shown.content for shown in api.messages(CHANNEL_ID)] == ["here"]


async def test_mentions_in_an_answer_ring_nobody_and_links_unfold_no_preview(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    await channel.send(DIRECT, Text("@everyone see https://example.com <@1> <@&2>"), key="1:0")

    (shown,) = api.messages(DM_ID)
    assert shown.raw["allowed"] == {"parse": [], "replied_user": False}
    assert shown.flags & 4


async def test_other_bots_are_marked_and_the_bots_own_words_never_come_back(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    api.world.person("Robo", bot=True)

    async with listening(channel, desk):
        await channel.send(Target(Conversation("discord", CHANNEL_ID)), Text("my own words"), key="1:0")
        await api.say(CHANNEL_ID, "Robo", "beep")
        heard = await desk.heard()

    assert [(one.text, one.sender.is_bot) for one in heard] == [("beep", True)]
    assert [one.text for one in desk.inbounds] == ["beep"]


async def test_an_edit_is_another_event_about_the_same_message(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        message_id = await api.say(DM_ID, "Ada", "whta")
        await api.edit(DM_ID, message_id, "what")

        first, edited = await desk.heard(2)

    assert (edited.text, edited.edited, edited.message_id) == ("what", True, message_id)
    assert edited.id.startswith(f"{message_id}:e")
    assert not first.edited


async def test_a_pressed_button_says_what_it_stands_for_and_is_acknowledged(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        choices = (Choice("Fast", "/model fast"), Choice("Smart", "/model smart"))
        sent = await channel.send(DIRECT, Text("Which one?", choices), key="1:0")
        pressed = await api.press(DM_ID, "Ada", sent.message_id, "/model smart")

        (heard,) = await desk.heard()
        await api.wait_for(lambda: api.world.interactions)

    (shown,) = api.messages(DM_ID)
    buttons = [(button["label"], button["custom_id"]) for button in shown.raw["components"][0]["components"]]
    assert buttons == [("Fast", "/model fast"), ("Smart", "/model smart")]
    assert (heard.id, heard.text, heard.message_id) == (pressed, "/model smart", sent.message_id)
    assert api.world.interactions == [{"id": pressed, "type": 6}]


async def test_a_slash_command_says_its_name_and_arguments(api: DiscordApi, connect: Connect, desk: Desk) -> None:
    commands = (SlashCommand("model", "Choose a model", "name"),)
    async with connect(commands=commands) as channel, listening(channel, desk):
        used = await api.slash(CHANNEL_ID, "Ada", "model", name="fast")

        (heard,) = await desk.heard()
        await api.wait_for(lambda: len(api.world.interactions) == 2)

    assert (heard.text, heard.to_me, heard.room, heard.sender.name) == ("/model fast", True, GUILD_ID, "Ada")
    assert api.world.interactions[0] == {"id": used, "type": 5, "data": {"flags": 64}}
    assert api.world.interactions[1]["deleted"]
    (command,) = api.world.commands
    assert (command["name"], command["options"][0]["name"]) == ("model", "name")


async def test_slash_commands_are_registered_once_and_again_only_when_they_change(
    api: DiscordApi, connect: Connect
) -> None:
    first, second = SlashCommand("new", "Start afresh"), SlashCommand("stop", "Stop")

    for commands in [(first,), (first,), (first, second)]:
        async with connect(commands=commands):
            pass

    assert len(api.asked("PUT", "/commands")) == 2
    assert [command["name"] for command in api.world.commands] == ["new", "stop"]


async def test_a_command_runs_even_when_discord_does_not_hear_the_acknowledgement(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    api.fail("POST", "/interactions/*", status=404)

    async with listening(channel, desk):
        await api.slash(DM_ID, "Ada", "status")

        (heard,) = await desk.heard()

    assert heard.text == "/status"


async def test_a_thread_is_a_conversation_of_its_own(api: DiscordApi, channel: DiscordChannel, desk: Desk) -> None:
    thread = next(found for found in api.world.channels if api.world.channels[found]["type"] == 11)

    async with listening(channel, desk):
        await api.say(thread, "Ada", "in here", mentions_bot=True)

        (heard,) = await desk.heard()

    assert heard.conversation == Conversation("discord", thread)
    assert heard.room == GUILD_ID


async def test_an_edit_makes_the_message_show_the_new_text_without_its_old_buttons(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    sent = await channel.send(DIRECT, Text("one", (Choice("Yes", "yes"),)), key="1:0")

    await channel.edit(DIRECT, sent.message_id, Text("two @everyone"))

    (shown,) = api.messages(DM_ID)
    assert (shown.content, shown.edits, shown.raw["components"]) == ("two @everyone", ("one",), [])
    assert api.requests[-1].body["allowed_mentions"]["parse"] == []  # type: ignore[index,call-overload]


async def test_busy_shows_typing_and_never_raises(api: DiscordApi, channel: DiscordChannel) -> None:
    await channel.busy(DIRECT, Doing.RECORDING)
    api.fail("POST", "/channels/*/typing", status=503)
    await channel.busy(DIRECT, Doing.TYPING)

    assert api.world.typing == [DM_ID]


async def test_busy_asks_nothing_about_a_chat_that_is_no_id(api: DiscordApi, channel: DiscordChannel) -> None:
    asked = len(api.requests)

    await channel.busy(Target(Conversation("discord", "../users/@me")), Doing.TYPING)

    assert len(api.requests) == asked


async def test_people_call_the_bot_by_its_names(channel: DiscordChannel) -> None:
    assert channel.names == ("Vox", "vox")
    assert BOT_ID not in channel.names
