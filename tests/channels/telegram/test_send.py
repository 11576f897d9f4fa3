"""What people see for what we send, and what a sender learns when it fails. Through telegram.Bot and a socket."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.core.errors import ChannelError, MaybeSent, NotSent, Undeliverable
from bot.core.messages import Choice, Doing, Text
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.conftest import TellingClock, changed, room
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi


@pytest.fixture(autouse=True)
def known_chats(api: TelegramApi) -> None:
    api.meet(7)
    api.meet(-100, "supergroup")


async def test_a_room_gets_a_reply_in_its_topic_without_a_preview(api: TelegramApi, channel: TelegramChannel) -> None:
    await channel.send(room(-100, "3", "55"), Text("see https://a.b"), key="k")

    (shown,) = api.messages(-100)
    assert (shown.thread, shown.reply_to, shown.preview) == (3, 55, False)
    assert api.last("sendMessage")["reply_parameters"]["allow_sending_without_reply"] is True


async def test_a_private_chat_shows_no_previews_either(api: TelegramApi, channel: TelegramChannel) -> None:
    await channel.send(room(7), Text("see https://a.b"), key="k")

    assert not api.messages(7)[0].preview


async def test_choices_become_buttons(api: TelegramApi, channel: TelegramChannel) -> None:
    choices = tuple(Choice(label, f"/model {label}") for label in ("fast", "good", "a very long label of its own"))

    await channel.send(room(7), Text("Which?", choices), key="k")

    assert api.messages(7)[0].buttons == ("fast", "good", "a very long label of its own")
    rows = api.last("sendMessage")["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in rows] == [2, 1]
    assert rows[0][0]["callback_data"] == "/model fast"


async def test_text_that_telegram_cannot_parse_still_arrives(api: TelegramApi, channel: TelegramChannel) -> None:
    refusal = "Bad Request: can't parse entities: Unsupported start tag"
    api.fault("sendMessage", "status", status=400, description=refusal)

    await channel.send(room(7), Text("**hi** & <you>"), key="k")

    assert api.texts(7) == ["**hi** & <you>"]
    assert "parse_mode" not in api.last("sendMessage")


async def test_a_lost_topic_does_not_lose_the_answer(api: TelegramApi, channel: TelegramChannel) -> None:
    api.lost_topics.add(3)

    await channel.send(room(-100, "3"), Text("here"), key="k")

    assert api.messages(-100)[0].thread is None


async def test_a_lost_original_does_not_lose_the_answer(api: TelegramApi, channel: TelegramChannel) -> None:
    gone = "Bad Request: message to be replied not found"
    api.fault("sendMessage", "status", status=400, description=gone)

    await channel.send(room(7, reply_to="9"), Text("here"), key="k")

    assert api.messages(7)[0].reply_to is None


async def test_a_full_length_text_with_emoji_fits(api: TelegramApi, channel: TelegramChannel) -> None:
    await channel.send(room(7), Text("😀" * (channel.limits.text // 2)), key="k")

    assert len(api.messages(7)) == 1


async def test_a_table_is_aligned_where_there_is_room(api: TelegramApi, channel: TelegramChannel) -> None:
    table = "| name | n |\n|---|---|\n| a much longer name | 1 |"

    await channel.send(room(7), Text(table), key="k")

    assert api.texts(7) == ["name                n\n------------------  -\na much longer name  1"]


# --- edits -------------------------------------------------------------------------------------


async def test_an_edit_changes_the_message_in_place(api: TelegramApi, channel: TelegramChannel) -> None:
    sent = await channel.send(room(7), Text("…"), key="k")

    await channel.edit(room(7), sent.message_id, Text("**done**", (Choice("More", "more"),)))

    (shown,) = api.messages(7)
    assert (shown.history, shown.buttons) == (["…", "done"], ("More",))


async def test_an_edit_to_the_same_text_is_success(api: TelegramApi, channel: TelegramChannel) -> None:
    sent = await channel.send(room(7), Text("same"), key="k")

    await channel.edit(room(7), sent.message_id, Text("same"))

    assert api.messages(7)[0].history == ["same"]


async def test_an_edit_of_a_deleted_message_says_so(api: TelegramApi, channel: TelegramChannel) -> None:
    sent = await channel.send(room(7), Text("…"), key="k")
    api.messages(7)[0].deleted = True

    with pytest.raises(Undeliverable) as caught:
        await channel.edit(room(7), sent.message_id, Text("done"))

    assert not caught.value.gone


async def test_an_edit_that_cannot_be_parsed_is_shown_plain(api: TelegramApi, channel: TelegramChannel) -> None:
    sent = await channel.send(room(7), Text("…"), key="k")
    api.fault("editMessageText", "status", status=400, description="Bad Request: can't parse entities: x")

    await channel.edit(room(7), sent.message_id, Text("**b**"))

    assert api.texts(7) == ["**b**"]


# --- failures ----------------------------------------------------------------------------------


async def test_flood_control_holds_one_chat_for_as_long_as_it_asks(
    api: TelegramApi, channel: TelegramChannel, clock: TellingClock
) -> None:
    sent = await channel.send(room(7), Text("…"), key="k")
    api.too_many("sendMessage", 7)

    with pytest.raises(NotSent) as first:
        await channel.send(room(7), Text("a"), key="k")
    with pytest.raises(NotSent) as second:
        await channel.edit(room(7), sent.message_id, Text("b"))
    await channel.send(room(-100), Text("others go on"), key="k")
    await clock.advance(7)
    await channel.send(room(7), Text("a"), key="k")

    assert (first.value.retry_after, second.value.retry_after) == (7, 7)
    assert api.count("editMessageText") == 0
    assert api.texts(7) == ["…", "a"]
    assert api.texts(-100) == ["others go on"]


@pytest.mark.parametrize("do", ["accept_then_reset", "garbage", "reset_before"])
async def test_a_broken_connection_leaves_the_outcome_open(api: TelegramApi, channel: TelegramChannel, do: str) -> None:
    api.fault("sendMessage", do)

    with pytest.raises(MaybeSent):
        await channel.send(room(7), Text("a"), key="k")

    await channel.send(room(7), Text("b"), key="k")
    assert api.texts(7) == (["b"] if do == "reset_before" else ["a", "b"])


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_error_leaves_the_outcome_open(api: TelegramApi, channel: TelegramChannel, status: int) -> None:
    api.fault("sendMessage", "status", status=status)

    with pytest.raises(MaybeSent):
        await channel.send(room(7), Text("a"), key="k")


async def test_silence_after_the_request_leaves_the_outcome_open(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    api.fault("sendMessage", "accept_then_hang")
    hasty = changed(settings, answer_seconds=0.2)

    async with TelegramChannel(hasty, cursors=shelf, blobs=shelf, clock=clock) as channel:
        with pytest.raises(MaybeSent):
            await channel.send(room(7), Text("a"), key="k")

    assert api.texts(7) == ["a"]


async def test_a_server_that_cannot_be_reached_was_certainly_not_told(
    settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    nobody = changed(settings, api_root="http://127.0.0.1:9")

    async with TelegramChannel(nobody, cursors=shelf, blobs=shelf, clock=clock) as channel:
        with pytest.raises(NotSent) as caught:
            await channel.send(room(7), Text("a"), key="k")

    assert settings.token not in str(caught.value)


async def test_a_connection_that_was_closed_meanwhile_is_told_without_its_address(
    api: TelegramApi, channel: TelegramChannel
) -> None:
    await channel.send(room(7), Text("…"), key="k")
    await api.__aexit__()

    with pytest.raises(ChannelError) as broken:  # aiohttp says "Can not write request body for http://…", token and all
        await channel.send(room(7), Text("long " * 700), key="k")

    assert "bot123456789" not in f"{broken.value!r}"


async def test_the_token_never_follows_a_redirect(api: TelegramApi, channel: TelegramChannel) -> None:
    api.fault("sendMessage", "redirect")

    with pytest.raises(NotSent, match="redirects are refused"):
        await channel.send(room(7), Text("a"), key="k")

    assert api.count("elsewhere") == 0


async def test_who_blocked_the_bot_is_gone(api: TelegramApi, channel: TelegramChannel) -> None:
    api.blocked.add(7)

    with pytest.raises(Undeliverable) as blocked:
        await channel.send(room(7), Text("a"), key="k")
    with pytest.raises(Undeliverable) as unknown:
        await channel.send(room(8), Text("a"), key="k")

    assert blocked.value.gone
    assert unknown.value.gone


async def test_a_moved_group_names_its_new_chat(api: TelegramApi, channel: TelegramChannel) -> None:
    api.migrated[-100] = -1001

    with pytest.raises(Undeliverable) as caught:
        await channel.send(room(-100), Text("a"), key="k")

    assert (caught.value.moved_to, caught.value.gone) == ("-1001", False)


async def test_other_refusals_are_final_but_not_the_end_of_the_chat(api: TelegramApi, channel: TelegramChannel) -> None:
    with pytest.raises(Undeliverable, match="message text is empty") as caught:
        await channel.send(room(7), Text(" "), key="k")

    assert not caught.value.gone


async def test_a_revoked_token_loses_nothing_and_tells_nothing(
    api: TelegramApi, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.fault("sendMessage", "status", status=401, description="Unauthorized")

    with pytest.raises(NotSent) as caught:
        await channel.send(room(7), Text("a secret of a person"), key="k")

    assert "BotFather" in str(caught.value)
    assert api.token not in str(caught.value) + repr(caught.value.__context__) + caplog.text
    assert "a secret of a person" not in caplog.text


# --- indicator and pace ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doing", "action"),
    [(Doing.TYPING, "typing"), (Doing.RECORDING, "record_voice"), (Doing.UPLOADING_PHOTO, "upload_photo")],
)
async def test_the_indicator_shows_in_the_topic(
    api: TelegramApi, channel: TelegramChannel, doing: Doing, action: str
) -> None:
    await channel.busy(room(-100, "3"), doing)

    assert api.last("sendChatAction") == {"chat_id": -100, "action": action, "message_thread_id": 3}


async def test_the_indicator_never_fails_and_respects_flood_control(api: TelegramApi, channel: TelegramChannel) -> None:
    api.fault("sendChatAction", "accept_then_reset")
    await channel.busy(room(7), Doing.TYPING)
    api.too_many("sendMessage", 5)
    with pytest.raises(NotSent):
        await channel.send(room(7), Text("a"), key="k")

    await channel.busy(room(7), Doing.TYPING)

    assert api.count("sendChatAction") == 1


async def test_a_burst_is_spread_over_time(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    paced = changed(settings, sends_per_second=2.0)

    async with TelegramChannel(paced, cursors=shelf, blobs=shelf, clock=clock) as channel:
        for _ in range(2):
            await channel.send(room(7), Text("now"), key="k")
        third = asyncio.create_task(channel.send(room(7), Text("later"), key="k"))
        assert await clock.next_nap() == pytest.approx(0.5)
        assert api.texts(7) == ["now", "now"]
        await clock.advance(0.5)
        await third

    assert api.texts(7) == ["now", "now", "later"]


def test_only_the_public_server_has_a_rate() -> None:
    assert TelegramSettings("1:a").rate == 30
    assert TelegramSettings("1:a", "http://127.0.0.1:1").rate is None
    assert TelegramSettings("1:a", sends_per_second=5).rate == 5
