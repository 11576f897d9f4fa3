"""Getting in, staying in, and hearing afterwards what was said meanwhile."""

from __future__ import annotations

import asyncio
import threading

import pytest
from discord.gateway import KeepAliveHandler

from bot.core.errors import ChannelDown, StoreUnavailable
from bot.core.messages import Conversation, Target, Text
from channels.discord.adapter import DiscordChannel
from channels.discord.client import GatewayEvent
from channels.discord.identify_limit import A_DAY, CURSOR
from channels.discord.intake import WAITING, EventQueue
from tests.channels.discord.conftest import Connect, Desk, HastyClock, listening
from tests.fakes.discord_api import BOT_ID, CHANNEL_ID, DM_ID, DiscordApi
from tests.fakes.shelf import Shelf

DIRECT = Target(Conversation("discord", DM_ID))


def texts(desk: Desk) -> list[str]:
    return [found.text for found in desk.inbounds]


async def test_a_wrong_token_names_the_setting_and_where_to_get_a_new_one(connect: Connect) -> None:
    with pytest.raises(ChannelDown, match=r"token.*Reset Token") as down:
        async with connect(token="wrong-token"):
            pass

    assert "wrong-token" not in str(down.value)


@pytest.mark.parametrize(("code", "advice"), [(4004, "token"), (4011, "servers"), (4010, "shard"), (4013, "release")])
async def test_a_close_code_that_only_the_operator_can_mend_says_what_to_do(
    api: DiscordApi, connect: Connect, code: int, advice: str
) -> None:
    api.gateway.refuse_with = code

    with pytest.raises(ChannelDown, match=advice):
        async with connect():
            pass


async def test_a_missing_intent_is_named_with_its_switch(api: DiscordApi, connect: Connect) -> None:
    api.gateway.content_allowed = False

    with pytest.raises(ChannelDown, match="MESSAGE CONTENT INTENT"):
        async with connect():
            pass


async def test_discord_that_does_not_answer_is_told_within_the_bound(api: DiscordApi, connect: Connect) -> None:
    await api.vanish()

    with pytest.raises(ChannelDown, match="network"):
        async with connect(connect_seconds=0.2):
            pass


async def test_it_is_connected_as_soon_as_its_last_server_was_told(connect: Connect) -> None:
    async with connect(guild_wait_seconds=60.0, connect_seconds=5.0) as channel:
        assert (await channel.ping()).ok


async def test_a_server_that_is_not_told_is_waited_for_a_while(api: DiscordApi, connect: Connect, desk: Desk) -> None:
    api.gateway.silent_servers = ("100000000000000099",)

    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "hello")

        assert [one.text for one in await desk.heard()] == ["hello"]


async def test_the_history_is_read_once_for_a_session(api: DiscordApi, connect: Connect, desk: Desk) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "hello")
        await desk.heard()
    looked = len(api.asked("GET", f"/channels/{DM_ID}/messages"))

    async with connect() as channel, listening(channel, desk):
        await asyncio.sleep(0.2)  # longer than the library goes on waiting for servers

    assert len(api.asked("GET", f"/channels/{DM_ID}/messages")) == looked + 1


async def test_a_connection_closed_while_it_waits_for_its_servers_leaves_no_wait_behind(
    api: DiscordApi, connect: Connect
) -> None:
    api.gateway.silent_servers = ("100000000000000099",)
    with pytest.raises(ChannelDown):
        async with connect(guild_wait_seconds=60.0, connect_seconds=0.5):
            pass
    await asyncio.sleep(0)

    assert not [task for task in asyncio.all_tasks() if "_delay_ready" in repr(task.get_coro())]


async def test_discord_that_is_busy_at_first_is_asked_again(api: DiscordApi, connect: Connect) -> None:
    api.fail("GET", "/users/@me", status=503, times=2)

    async with connect() as channel:
        assert (await channel.ping()).ok


async def test_a_token_that_was_reset_while_running_ends_receiving_with_the_advice(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk) as receiving:
        await api.gateway.drop(4004)

        with pytest.raises(ChannelDown, match="token"):
            await receiving
    assert not (await channel.ping()).ok


async def test_after_a_drop_the_session_is_resumed_and_nothing_is_missed(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.gateway.drop(4000)
        await api.wait_for(lambda: not api.gateway.sockets())
        await api.say(DM_ID, "Ada", "while you were away")

        await desk.heard()

    assert texts(desk) == ["while you were away"]
    assert (api.gateway.resumes, api.gateway.identifies) == (1, 1)


async def test_a_connection_on_which_no_heartbeat_is_answered_is_given_up_and_the_session_resumed(
    api: DiscordApi, connect: Connect, desk: Desk
) -> None:
    api.gateway.heartbeat_seconds = 0.05
    async with connect(silence_seconds=0.3) as channel, listening(channel, desk):
        api.gateway.fall_silent()
        await api.say(DM_ID, "Ada", "can you hear me?")

        await desk.heard()

    assert texts(desk) == ["can you hear me?"]
    assert (api.gateway.resumes, api.gateway.identifies) == (1, 1)


async def test_when_discord_asks_to_reconnect_the_session_is_resumed(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.gateway.ask_to_reconnect()
        await api.wait_for(lambda: api.gateway.resumes == 1)
        await api.say(DM_ID, "Ada", "still there?")

        await desk.heard()

    assert texts(desk) == ["still there?"]


async def test_when_the_session_is_lost_the_history_is_read_before_what_comes_next(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.say(DM_ID, "Ada", "one")
        await desk.heard()
        await api.gateway.invalidate()
        await api.say(DM_ID, "Ada", "two")
        await api.say(CHANNEL_ID, "Ada", "three", mentions_bot=True)
        await api.wait_for(lambda: api.gateway.identifies == 2 and api.gateway.sockets())
        await api.say(DM_ID, "Ada", "four")

        await desk.heard(4)

    assert sorted(texts(desk)) == ["four", "one", "three", "two"]
    assert [text for text in texts(desk) if text != "three"] == ["one", "two", "four"]


async def test_what_was_said_while_the_daemon_was_down_arrives_in_order_when_it_is_back(
    api: DiscordApi, connect: Connect, desk: Desk
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "before")
        await desk.heard()
    for text in ("first", "second", "third"):
        await api.say(DM_ID, "Ada", text)
    await api.say(CHANNEL_ID, "Ada", "in the room", mentions_bot=True)

    async with connect() as channel, listening(channel, desk):
        heard = await desk.heard(5)

    assert [found.text for found in heard] == ["before", "first", "second", "third", "in the room"]
    assert heard[4].to_me
    assert heard[4].room


async def test_a_message_that_was_changed_while_nobody_listened_is_simply_what_was_said(
    api: DiscordApi, connect: Connect, desk: Desk
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "before")
        await desk.heard()
    message_id = await api.say(DM_ID, "Ada", "frist")
    await api.edit(DM_ID, message_id, "first")

    async with connect() as channel, listening(channel, desk):
        _, heard = await desk.heard(2)

    assert (heard.id, heard.text, heard.edited) == (message_id, "first", False)


async def test_a_line_that_grows_too_long_drops_messages_for_the_history_but_keeps_commands() -> None:
    queue = EventQueue()
    queue.put(GatewayEvent.INTERACTION, {"id": "pressed"})
    for number in range(WAITING):
        queue.put(GatewayEvent.MESSAGE, {"id": str(number)})

    waiting = [await queue.next() for _ in range(3)]

    assert waiting == [
        (GatewayEvent.NEW_SESSION, {}),
        (GatewayEvent.INTERACTION, {"id": "pressed"}),
        (GatewayEvent.MESSAGE, {"id": str(WAITING - 1)}),
    ]


async def test_the_first_start_ever_answers_nothing_old(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    await api.say(CHANNEL_ID, "Ada", "long ago", mentions_bot=True)
    await clock.advance(3600)

    async with connect() as channel, listening(channel, desk):
        await api.say(CHANNEL_ID, "Ada", "just now", mentions_bot=True)
        await desk.heard()

    assert texts(desk) == ["just now"]


async def test_at_most_the_newest_200_messages_are_caught_up(api: DiscordApi, connect: Connect, desk: Desk) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "start")
        await desk.heard()
    for number in range(250):
        api.world.add(DM_ID, api.world.person("Ada"), str(number))

    async with connect() as channel, listening(channel, desk):
        await desk.heard(201)

    assert texts(desk)[1:] == [str(number) for number in range(50, 250)]


async def test_what_is_older_than_a_day_is_not_caught_up(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "start")
        await desk.heard()
    await api.say(DM_ID, "Ada", "too old")
    await clock.advance(25 * 3600)
    await api.say(DM_ID, "Ada", "today")

    async with connect() as channel, listening(channel, desk):
        await desk.heard(2)

    assert texts(desk) == ["start", "today"]


async def test_what_was_said_within_the_last_day_is_caught_up(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    async with connect():
        pass
    await api.say(CHANNEL_ID, "Ada", "hours ago", mentions_bot=True)
    await clock.advance(23.9 * 3600)

    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "now")
        await desk.heard(2)

    assert texts(desk) == ["hours ago", "now"]


async def test_what_was_said_before_the_bot_came_into_a_server_is_not_for_it(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    async with connect():
        pass
    await clock.advance(60)
    await api.say(CHANNEL_ID, "Ada", "before")
    await clock.advance(60)
    api.world.joined_at = clock.now()
    await api.say(CHANNEL_ID, "Ada", "after")

    async with connect() as channel, listening(channel, desk):
        await desk.heard()

    assert texts(desk) == ["after"]


async def test_a_server_that_is_told_late_is_looked_into_then(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        api.world.add(CHANNEL_ID, api.world.person("Ada"), "during the outage")
        await api.gateway.dispatch("GUILD_CREATE", api.world.guild())

        await desk.heard()

    assert texts(desk) == ["during the outage"]


async def test_a_channel_that_may_not_be_read_does_not_stop_the_others(
    api: DiscordApi, connect: Connect, desk: Desk
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "hello")
        await desk.heard()
    await api.say(DM_ID, "Ada", "lost")
    await api.say(CHANNEL_ID, "Ada", "found")
    api.fail("GET", f"/channels/{DM_ID}/messages", status=403)

    async with connect() as channel, listening(channel, desk):
        await desk.heard(2)

    assert texts(desk) == ["hello", "found"]


async def test_the_history_is_asked_again_when_discord_is_busy(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(DM_ID, "Ada", "hello")
        await desk.heard()
    await api.say(DM_ID, "Ada", "again")
    api.fail("GET", f"/channels/{DM_ID}/messages", status=503, times=2)

    async with connect() as channel, listening(channel, desk):
        await desk.heard(2)

    assert texts(desk) == ["hello", "again"]


async def test_a_channel_where_nothing_is_new_is_not_asked_for_its_history(
    api: DiscordApi, connect: Connect, desk: Desk
) -> None:
    async with connect() as channel, listening(channel, desk):
        await api.say(CHANNEL_ID, "Ada", "hello")
        await channel.send(Target(Conversation("discord", CHANNEL_ID)), Text("hi"), key="1:0")
        await desk.wait_for(lambda: len(desk.arrivals) == 2)
    asked = len(api.asked("GET", f"/channels/{CHANNEL_ID}/messages"))

    async with connect() as channel, listening(channel, desk):
        await api.say(CHANNEL_ID, "Ada", "again")
        await desk.heard(2)

    assert len(api.asked("GET", f"/channels/{CHANNEL_ID}/messages")) == asked


async def test_a_full_disk_delays_messages_but_loses_none_and_keeps_their_order(
    api: DiscordApi, channel: DiscordChannel, desk: Desk, clock: HastyClock
) -> None:
    desk.failures = [StoreUnavailable("full"), StoreUnavailable("full")]

    async with listening(channel, desk):
        await api.say(DM_ID, "Ada", "one")
        await api.say(DM_ID, "Ada", "two")
        await desk.heard(2)

    assert texts(desk) == ["one", "two"]
    assert clock.slept[-2:] == [1.0, 2.0]


async def test_an_event_that_makes_no_sense_is_set_aside_and_the_next_one_arrives(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.gateway.dispatch("MESSAGE_CREATE", {"id": "13", "channel_id": DM_ID, "author": {"name": "who?"}})
        await api.gateway.dispatch("GUILD_ROLE_CREATE", {"nonsense": True})
        await api.say(DM_ID, "Ada", "carry on")
        await desk.heard()

    poison = [found for arrivals in desk.arrivals for found in arrivals.poison]
    assert [(found.id, '"who?"' in found.raw) for found in poison] == [("13", True)]
    assert texts(desk) == ["carry on"]
    assert api.gateway.identifies == 1


async def test_redelivered_messages_keep_their_id_and_their_source(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        message_id = await api.say(DM_ID, "Ada", "hello")
        await desk.heard()

    (arrivals,) = desk.arrivals
    assert (arrivals.source, arrivals.inbounds[0].id) == (f"discord:{BOT_ID}", message_id)
    assert arrivals.cursor is not None
    assert (arrivals.cursor.name, arrivals.cursor.value) == (f"discord:{BOT_ID}:{DM_ID}", message_id)


def beats(thread: threading.Thread) -> bool:
    """Whether this is a heartbeat that nobody stopped."""
    return isinstance(thread, KeepAliveHandler) and not thread._stop_ev.is_set()


async def test_every_new_session_is_counted_and_too_many_a_day_are_refused(
    api: DiscordApi, connect: Connect, shelf: Shelf, clock: HastyClock
) -> None:
    async with connect():
        pass
    today = clock.now().date().isoformat()
    assert shelf.cursors[CURSOR] == f"{today} 1"

    shelf.cursors[CURSOR] = f"{today} {A_DAY}"
    with pytest.raises(ChannelDown, match="reset the token"):
        async with connect():
            pass
    assert api.gateway.identifies == 1
    assert not [thread for thread in threading.enumerate() if beats(thread)]

    await clock.advance(24 * 3600)
    async with connect():
        assert api.gateway.identifies == 2


async def test_a_crash_loop_stops_before_discord_runs_out_of_patience(api: DiscordApi, connect: Connect) -> None:
    api.world.identifies_left = 10

    with pytest.raises(ChannelDown, match="only 10 new Discord sessions"):
        async with connect():
            pass


async def test_ping_names_the_bot_while_connected(channel: DiscordChannel) -> None:
    health = await channel.ping()

    assert health.ok
    assert "vox" in health.detail.lower()


async def test_two_bots_in_one_process_keep_to_their_own_servers(
    api: DiscordApi, connect: Connect, clock: HastyClock
) -> None:
    async with DiscordApi(now=clock.now) as elsewhere, connect() as here, connect(api_base=elsewhere.base) as there:
        await here.send(DIRECT, Text("here"), key="1:0")
        await there.send(DIRECT, Text("there"), key="1:0")

        assert [shown.content for shown in api.messages(DM_ID)] == ["here"]
        assert [shown.content for shown in elsewhere.messages(DM_ID)] == ["there"]
