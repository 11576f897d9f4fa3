"""The channel as the rest of the program sees it, through telegram.Bot and a real socket."""

from __future__ import annotations

import logging

import pytest

from bot.core.errors import ChannelDown, ConfigError
from bot.core.messages import Choice, Text
from bot.core.ports.channel import Channel
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.conftest import Ear, TellingClock, changed, receiving, room
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi


async def test_a_person_is_heard_and_answered(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> None:
    async with receiving(channel, ear):
        api.say(7, "hello there")
        heard = await ear.hears()

    sent = await channel.send(room(7), Text("**Hi** <you>"), key="t1:0")

    assert (heard.text, heard.conversation.chat, heard.sender.id, heard.private) == ("hello there", "7", "7", True)
    (shown,) = api.messages(7)
    assert (shown.text, shown.raw) == ("Hi <you>", "<b>Hi</b> &lt;you&gt;")
    assert sent.message_id == str(shown.message_id)


async def test_the_channel_is_what_the_program_asks_for(channel: TelegramChannel) -> None:
    port: Channel = channel

    assert (port.name, port.names) == ("telegram", ("Vox", "vox_bot"))
    assert (port.limits.text, port.limits.caption, port.limits.utf16, port.limits.keyed) == (4000, 1024, True, False)
    assert (await port.ping()).detail == "connected as @vox_bot"


async def test_a_refused_token_stops_the_start_and_is_not_told(
    settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    other = changed(settings, token="123456789:another-token-that-nobody-issued")

    with pytest.raises(ChannelDown, match="BotFather") as caught:
        async with TelegramChannel(other, cursors=shelf, blobs=shelf, clock=clock):
            pass

    assert other.token not in str(caught.value)


def test_a_text_that_cannot_be_a_token_is_not_even_tried() -> None:
    with pytest.raises(ConfigError, match=r"channels\.telegram\.botToken: the token does not look like") as caught:
        TelegramSettings("hunter2")

    assert "hunter2" not in str(caught.value)


async def test_a_network_that_comes_up_late_is_waited_for(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear
) -> None:
    api.fault("getMe", "status", status=502, times=3)
    api.say(7, "hello")

    async with TelegramChannel(settings, cursors=shelf, blobs=shelf, clock=clock) as channel:
        assert not channel.names
        assert not (await channel.ping()).ok
        async with receiving(channel, ear):
            await clock.advance(await clock.next_nap())
            await ear.hears()
        assert channel.names == ("Vox", "vox_bot")


async def test_a_pressed_button_is_stored_before_its_spinner_stops(
    api: TelegramApi, channel: TelegramChannel, ear: Ear
) -> None:
    api.meet(7)
    sent = await channel.send(room(7), Text("Sure?", (Choice("Yes", "yes, do it"),)), key="k")
    ear.gate.clear()
    async with receiving(channel, ear):
        api.press(7, int(sent.message_id), "yes, do it")
        await ear.until(lambda: ear.batches)
        answered_early = api.count("answerCallbackQuery")
        ear.gate.set()
        heard = await ear.hears()
        await api.wait_for(lambda: api.count("answerCallbackQuery"))

    assert answered_early == 0
    assert (heard.text, heard.sender.id, heard.message_id) == ("yes, do it", "7", sent.message_id)


async def test_the_command_menu_is_offered(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear
) -> None:
    commands = (("new", "Start afresh"), ("Not-Allowed", "x"), ("stop", "Stop"), ("help", "Help"), ("undo", "Undo"))
    api.fault("setMyCommands", "status", status=400, description="Bad Request: BOT_COMMANDS_TOO_MUCH")

    async with (
        TelegramChannel(changed(settings, commands=commands), cursors=shelf, blobs=shelf, clock=clock) as channel,
        receiving(channel, ear),
    ):
        await api.wait_for(lambda: api.commands)

    assert [command["command"] for command in api.commands] == ["new", "stop", "help"]


async def test_a_menu_that_has_to_wait_is_offered_again(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear
) -> None:
    api.too_many("setMyCommands", 3)

    async with (
        TelegramChannel(
            changed(settings, commands=(("new", "Start"),)), cursors=shelf, blobs=shelf, clock=clock
        ) as channel,
        receiving(channel, ear),
    ):
        while await clock.next_nap() != 3:
            pass
        await clock.advance(3)
        await api.wait_for(lambda: api.commands)


async def test_a_menu_that_is_refused_stops_nothing(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock, ear: Ear
) -> None:
    api.fault("setMyCommands", "status")
    api.say(7, "hello")

    async with (
        TelegramChannel(
            changed(settings, commands=(("new", "Start"),)), cursors=shelf, blobs=shelf, clock=clock
        ) as channel,
        receiving(channel, ear),
    ):
        await api.wait_for(lambda: api.count("setMyCommands"))
        await ear.hears()


async def test_the_token_and_the_words_of_people_stay_out_of_logs(
    api: TelegramApi,
    settings: TelegramSettings,
    shelf: Shelf,
    clock: TellingClock,
    ear: Ear,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async with TelegramChannel(settings, cursors=shelf, blobs=shelf, clock=clock) as channel:
        async with receiving(channel, ear):
            api.say(7, "a private matter")
            api.poison()
            await ear.until(lambda: ear.poison)
        await channel.send(room(7), Text("a private answer"), key="k")

    told = caplog.text + "".join(str(vars(record)) for record in caplog.records) + repr(settings) + repr(channel)
    assert api.token not in told
    assert "private" not in told
