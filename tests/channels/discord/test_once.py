"""A part is shown once, whatever the network does, and a failure says whether trying again can help."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.errors import MaybeSent, NotSent, Undeliverable
from bot.core.messages import Conversation, Target, Text
from channels.discord.adapter import DiscordChannel
from channels.discord.send import nonce
from tests.channels.discord.conftest import Connect, HastyClock, contents
from tests.fakes.discord_api import CHANNEL_ID, DM_ID, DiscordApi, Do

DIRECT = Target(Conversation("discord", DM_ID))
MESSAGES = f"/channels/{DM_ID}/messages"
ANSWER = Text("A long enough answer that nobody would write twice by chance.")


async def test_the_same_key_shows_one_message_with_the_newest_text(api: DiscordApi, channel: DiscordChannel) -> None:
    first = await channel.send(DIRECT, Text("Thin"), key="7:0")
    again = await channel.send(DIRECT, Text("Thinking done"), key="7:0")

    assert first == again
    (shown,) = api.messages(DM_ID)
    assert (shown.content, shown.edits) == ("Thinking done", ("Thin",))


async def test_a_repeated_send_is_not_edited_when_nothing_changed(api: DiscordApi, channel: DiscordChannel) -> None:
    await channel.send(DIRECT, Text("same \n"), key="7:0")
    await channel.send(DIRECT, Text("same \n"), key="7:0")

    (shown,) = api.messages(DM_ID)
    assert shown.edits == ()


async def test_a_nonce_is_25_characters_that_only_depend_on_the_key() -> None:
    assert nonce("7:0") == nonce("7:0") != nonce("7:1")
    assert len(nonce("7:0")) == 25


@pytest.mark.parametrize(
    ("do", "status"), [(Do.STATUS, 503), (Do.RESET_BEFORE, 0), (Do.ACCEPT_THEN_RESET, 0), (Do.ACCEPT_THEN_STATUS, 503)]
)
async def test_an_unknown_outcome_is_told_and_the_next_try_shows_one_message(
    api: DiscordApi, channel: DiscordChannel, do: Do, status: int
) -> None:
    api.fail("POST", MESSAGES, do, status=status)

    with pytest.raises(MaybeSent):
        await channel.send(DIRECT, ANSWER, key="7:0")
    await channel.send(DIRECT, ANSWER, key="7:0", maybe_sent=True)

    assert contents(api.messages(DM_ID)) == [ANSWER.text]


async def test_an_error_500_after_the_message_was_made_shows_one_message(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    api.fail("POST", MESSAGES, Do.ACCEPT_THEN_STATUS, status=500)

    await channel.send(DIRECT, ANSWER, key="7:0")

    assert contents(api.messages(DM_ID)) == [ANSWER.text]


async def test_long_after_the_nonce_was_forgotten_a_message_that_arrived_is_found(
    api: DiscordApi, connect: Connect, clock: HastyClock
) -> None:
    async with connect() as channel:
        sent = await channel.send(DIRECT, ANSWER, key="7:0")
    await clock.advance(timedelta(hours=2).total_seconds())

    async with connect() as restarted:
        adopted = await restarted.send(DIRECT, ANSWER, key="7:0", maybe_sent=True)

    assert adopted == sent
    assert len(api.messages(DM_ID)) == 1


async def test_the_same_short_words_of_an_earlier_answer_are_not_taken_for_this_one(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    await channel.send(DIRECT, Text("Done."), key="7:0")

    await channel.send(DIRECT, Text("Done."), key="8:0", maybe_sent=True)

    assert contents(api.messages(DM_ID)) == ["Done.", "Done."]


async def test_a_reply_is_only_looked_for_after_the_message_it_answers(
    api: DiscordApi, connect: Connect, clock: HastyClock
) -> None:
    async with connect() as channel:
        await channel.send(Target(Conversation("discord", CHANNEL_ID)), ANSWER, key="7:0")
    await clock.advance(600)

    async with connect() as restarted:
        question = await api.say(CHANNEL_ID, "Ada", "say that again")
        await restarted.send(
            Target(Conversation("discord", CHANNEL_ID), reply_to=question), ANSWER, key="8:0", maybe_sent=True
        )

    assert len(api.messages(CHANNEL_ID)) == 2


async def test_a_reply_is_found_however_much_was_said_after_it(
    api: DiscordApi, connect: Connect, clock: HastyClock
) -> None:
    question = await api.say(CHANNEL_ID, "Ada", "well?")
    answer = Target(Conversation("discord", CHANNEL_ID), reply_to=question)
    async with connect() as channel:
        sent = await channel.send(answer, ANSWER, key="7:0")
    for number in range(60):
        await api.say(CHANNEL_ID, "Bob", str(number))
    await clock.advance(600)

    async with connect() as restarted:
        assert await restarted.send(answer, ANSWER, key="7:0", maybe_sent=True) == sent


async def test_nothing_was_sent_when_discord_cannot_be_reached(api: DiscordApi, channel: DiscordChannel) -> None:
    await api.vanish()

    with pytest.raises(NotSent):
        await channel.send(DIRECT, ANSWER, key="7:0")


async def test_a_rate_limit_of_discord_only_delays(api: DiscordApi, channel: DiscordChannel) -> None:
    api.fail("POST", MESSAGES, status=429, body='{"message": "slow", "retry_after": 0.01, "global": false}')

    await channel.send(DIRECT, ANSWER, key="7:0")

    assert contents(api.messages(DM_ID)) == [ANSWER.text]


async def test_a_ban_by_cloudflare_stops_all_sending_for_15_minutes(
    api: DiscordApi, channel: DiscordChannel, clock: HastyClock
) -> None:
    api.fail("POST", MESSAGES, status=429, body="error code: 1015", via=False)

    with pytest.raises(NotSent) as banned:
        await channel.send(DIRECT, ANSWER, key="7:0")
    asked = len(api.requests)
    await clock.advance(600)
    with pytest.raises(NotSent) as still:
        await channel.send(DIRECT, ANSWER, key="7:0")

    assert (banned.value.retry_after, still.value.retry_after) == (900, 300)
    assert len(api.requests) == asked
    await clock.advance(301)
    await channel.send(DIRECT, ANSWER, key="7:0")
    assert contents(api.messages(DM_ID)) == [ANSWER.text]


@pytest.mark.parametrize(
    ("status", "code", "gone"), [(403, 50013, False), (403, 50007, True), (404, 10003, True), (400, 50035, False)]
)
async def test_a_refusal_says_whether_the_conversation_is_gone(
    api: DiscordApi, channel: DiscordChannel, status: int, code: int, gone: bool
) -> None:
    api.fail("POST", MESSAGES, status=status, body=f'{{"message": "no", "code": {code}}}')

    with pytest.raises(Undeliverable) as refused:
        await channel.send(DIRECT, ANSWER, key="7:0")

    assert refused.value.gone is gone


async def test_a_channel_that_refused_50_times_is_left_alone_for_ten_minutes(
    api: DiscordApi, channel: DiscordChannel, clock: HastyClock
) -> None:
    api.fail("POST", MESSAGES, status=403, body='{"message": "no", "code": 50013}', times=1000)
    for attempt in range(50):
        with pytest.raises(Undeliverable):
            await channel.send(DIRECT, ANSWER, key=f"{attempt}:0")
    asked = len(api.requests)

    with pytest.raises(Undeliverable, match="permissions"):
        await channel.send(DIRECT, ANSWER, key="50:0")

    assert len(api.requests) == asked
    await channel.send(Target(Conversation("discord", CHANNEL_ID)), ANSWER, key="51:0")
    await clock.advance(601)
    with pytest.raises(Undeliverable):
        await channel.send(DIRECT, ANSWER, key="52:0")
    assert len(api.asked("POST", MESSAGES)) == 51


async def test_editing_a_deleted_message_is_undeliverable_but_the_chat_is_not_gone(
    api: DiscordApi, channel: DiscordChannel
) -> None:
    with pytest.raises(Undeliverable) as refused:
        await channel.edit(DIRECT, "12345", ANSWER)

    assert not refused.value.gone


async def test_no_error_holds_the_token(api: DiscordApi, channel: DiscordChannel) -> None:
    api.fail("POST", MESSAGES, status=403)

    with pytest.raises(Undeliverable) as refused:
        await channel.send(DIRECT, ANSWER, key="7:0")

    assert "fake-discord-token" not in f"{refused.value!r} {channel._settings!r}"
