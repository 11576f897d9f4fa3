"""Words, both ways, through the real client library."""

from __future__ import annotations

from bot.core.messages import Conversation, Target, Text
from channels.discord.adapter import DiscordChannel
from tests.channels.discord.conftest import Desk, listening
from tests.fakes.discord_api import DM_ID, DiscordApi

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
