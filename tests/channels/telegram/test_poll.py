"""Nothing is confirmed before it is stored, and nothing stops the loop for good but a refused token."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.core.errors import ChannelDown, StoreUnavailable
from channels.telegram.adapter import TelegramChannel
from channels.telegram.poll import ALBUM_SECONDS
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.conftest import Ear, TellingClock, changed, receiving
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import OTHER_POLLER, TelegramApi


async def test_an_update_is_confirmed_only_after_it_was_stored(
    api: TelegramApi, channel: TelegramChannel, ear: Ear
) -> None:
    ear.gate.clear()
    update = api.say(7, "hello")
    async with receiving(channel, ear):
        await ear.until(lambda: ear.batches)
        held = (api.confirmed, api.pending, api.count("getUpdates"))
        ear.gate.set()
        await api.wait_for(lambda: api.polling)

    assert held == (0, 1, 1)
    assert (api.confirmed, api.pending) == (update["update_id"] + 1, 0)
    assert ear.batches[0].source == f"telegram:{api.me['id']}"


async def test_messages_written_while_the_bot_was_down_are_read_from_where_it_stopped(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    for text, heard in (("first", ["first"]), ("second", ["second"])):
        api.say(7, text)
        ear = Ear(shelf)
        fresh = TelegramChannel(settings, cursors=shelf, blobs=shelf, clock=clock)
        async with fresh as channel, receiving(channel, ear):
            await ear.hears()
        assert [inbound.text for inbound in ear.inbounds] == heard

    assert shelf.cursors == {f"telegram:{api.me['id']}:offset": "1003"}
    assert api.last("getUpdates")["offset"] in (1002, 1003)


async def test_a_full_disk_confirms_nothing_and_the_messages_come_again(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    ear.fail = [StoreUnavailable("disk full"), StoreUnavailable("disk full")]
    api.say(7, "hello")
    async with receiving(channel, ear):
        pauses = []
        for _ in range(2):
            pauses.append(await clock.next_nap())
            unhealthy = await channel.ping()
            await clock.advance(pauses[-1])
        await ear.hears()
        await api.wait_for(lambda: api.polling)
        healthy = await channel.ping()

    assert pauses == [1, 2]
    assert (unhealthy.ok, "cannot be stored" in unhealthy.detail) == (False, True)
    assert (healthy.ok, healthy.detail) == (True, "connected as @vox_bot")
    assert [inbound.text for inbound in ear.inbounds] == ["hello"]


async def test_a_store_that_cannot_be_read_yet_is_waited_for(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, shelf: Shelf, clock: TellingClock
) -> None:
    shelf.unreadable = 1
    api.say(7, "hello")
    async with receiving(channel, ear):
        assert await clock.next_nap() == 1
        asked_early = api.count("getUpdates")
        await clock.advance(1)
        await ear.hears()

    assert asked_early == 0


async def test_a_poison_update_is_set_aside_and_its_neighbours_are_heard(
    api: TelegramApi, channel: TelegramChannel, ear: Ear
) -> None:
    api.say(7, "before")
    poison = api.poison()
    api.say(7, "after")
    async with receiving(channel, ear):
        await ear.hears(2)
        await api.wait_for(lambda: api.polling)

    assert [inbound.text for inbound in ear.inbounds] == ["before", "after"]
    assert [(kept.id, '"gone"' in kept.raw) for kept in ear.poison] == [(str(poison["update_id"]), True)]
    assert api.pending == 0


async def test_a_batch_without_any_id_does_not_spin(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    api.redeliver({"strange": True})
    async with receiving(channel, ear):
        assert await clock.next_nap() == 60

    assert len(ear.poison) == 1
    assert ear.batches[0].cursor is None


async def test_a_batch_out_of_order_is_stored_in_order(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> None:
    for number in (30, 10, 20):
        api.feed({"update_id": number, "message": api.message(7, f"number {number}")})
    async with receiving(channel, ear):
        await ear.hears(3)

    assert [inbound.id for inbound in ear.inbounds] == ["10", "20", "30"]


async def test_a_redelivered_update_keeps_its_id(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> None:
    async with receiving(channel, ear):
        update = api.say(7, "hello")
        await ear.hears(1)
        api.redeliver(update)
        await ear.hears(2)
        await api.wait_for(lambda: api.polling)

    assert ear.inbounds[0] == ear.inbounds[1]
    assert api.confirmed == update["update_id"] + 1


async def test_a_second_poller_makes_us_pause_ever_longer(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    api.fault("getUpdates", "status", status=409, description=OTHER_POLLER, times=5)
    async with receiving(channel, ear):
        pauses = []
        for _ in range(5):
            pauses.append(await clock.next_nap())
            health = await channel.ping()
            await clock.advance(pauses[-1])
        api.say(7, "still here")
        await ear.hears()

    assert pauses == [30, 60, 120, 240, 300]
    assert "another process reads the messages of this bot" in health.detail


async def test_after_a_long_conflict_the_network_has_short_pauses_again(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    api.fault("getUpdates", "status", status=409, description=OTHER_POLLER, times=4)
    api.fault("getUpdates", "reset_before", nth=1, times=1)
    async with receiving(channel, ear):
        pauses = []
        for _ in range(5):
            pauses.append(await clock.next_nap())
            await clock.advance(pauses[-1])

    assert pauses == [30, 60, 120, 240, 60]


async def test_an_active_webhook_is_reported_with_its_fix_and_left_alone(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock, caplog: pytest.LogCaptureFixture
) -> None:
    api.webhook = "https://elsewhere.example/hook"
    async with receiving(channel, ear):
        assert await clock.next_nap() == 30
        health = await channel.ping()
        api.webhook = ""
        await clock.advance(30)
        api.say(7, "hello")
        await ear.hears()

    assert "deleteWebhook" in health.detail
    assert api.count("deleteWebhook") == 0
    (record,) = (record for record in caplog.records if record.getMessage() == "poll.paused")
    assert "deleteWebhook" in vars(record)["reason"]


async def test_a_revoked_token_ends_receiving(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, shelf: Shelf
) -> None:
    api.fault("getUpdates", "status", status=401, description="Unauthorized")

    async with receiving(channel, ear) as task:
        with pytest.raises(ChannelDown, match="BotFather") as caught:
            await task

    assert api.token not in str(caught.value)
    assert not (await channel.ping()).ok


async def test_flood_control_on_reading_only_delays(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    api.too_many("getUpdates", 9)
    api.say(7, "hello")
    async with receiving(channel, ear):
        assert await clock.next_nap() == 9
        await clock.advance(9)
        await ear.hears()


@pytest.mark.parametrize("do", ["reset_before", "accept_then_reset", "garbage", "status"])
async def test_the_loop_survives_a_bad_answer(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock, do: str
) -> None:
    api.fault("getUpdates", do, times=3)
    api.say(7, "hello")
    async with receiving(channel, ear):
        pauses = []
        for _ in range(3):
            pauses.append(await clock.next_nap())
            await clock.advance(pauses[-1])
        await ear.hears()

    assert pauses == [1, 2, 4]
    assert len(ear.inbounds) == 1


async def test_a_poll_that_falls_silent_is_given_a_new_connection(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.fault("getUpdates", "hang")
    async with receiving(channel, ear):
        await api.wait_for(lambda: api.count("getUpdates") == 1)
        await clock.advance(119)
        assert "poll.stalled" not in caplog.text
        await clock.advance(1)
        await clock.advance(await clock.next_nap())
        api.say(7, "hello")
        await ear.hears()

    assert "poll.stalled" in caplog.text


async def test_a_long_quiet_poll_is_healthy(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, ear: Ear, clock: TellingClock
) -> None:
    async with (
        TelegramChannel(changed(settings, poll_seconds=1), cursors=shelf, blobs=shelf, clock=clock) as channel,
        receiving(channel, ear),
    ):
        await api.wait_for(lambda: api.count("getUpdates") == 2)
        assert (await channel.ping()).ok

    assert ear.batches == []
    assert api.last("getUpdates")["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]


async def test_ids_that_start_again_after_a_quiet_week_are_followed(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, shelf: Shelf
) -> None:
    async with receiving(channel, ear):
        api.feed({"update_id": 900_000, "message": api.message(7, "long ago")})
        await ear.hears(1)
        api.redeliver({"update_id": 40, "message": api.message(7, "back again")})
        await ear.hears(2)
        await api.wait_for(lambda: api.last("getUpdates")["offset"] == 41)

    assert list(shelf.cursors.values()) == ["41"]


async def test_an_album_that_grows_between_polls_is_stored_at_once(
    api: TelegramApi, channel: TelegramChannel, ear: Ear, clock: TellingClock
) -> None:
    async with receiving(channel, ear):
        for number in range(3):
            api.send_photo(7, bytes(number + 1), media_group_id="album")
            if number:
                await clock.advance(ALBUM_SECONDS)
            assert await clock.next_nap() == ALBUM_SECONDS
            assert ear.batches == []
        await clock.advance(ALBUM_SECONDS)
        await ear.hears(3)

    assert [[inbound.group for inbound in batch.inbounds] for batch in ear.batches] == [["album"] * 3]


async def test_cancelling_ends_receiving_at_once(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> None:
    async with receiving(channel, ear) as task:
        await api.wait_for(lambda: api.polling)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
