"""The channel as the rest of the program sees it, through telegram.Bot and a real socket."""

from __future__ import annotations

from bot.core.messages import Text
from channels.telegram.adapter import TelegramChannel
from tests.channels.telegram.conftest import Ear, receiving, room
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
