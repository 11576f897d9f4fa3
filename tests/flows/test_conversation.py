"""Order, stopping, repetition, buttons, rooms and slow work, through the real client libraries."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox import Sandbox
from bot.sandbox.faults import Hang, Slow
from tests.flows.world import World, open_world
from tests.sides import Side


async def test_two_messages_of_one_chat_are_answered_in_order(world: World) -> None:
    world.sandbox.faults.add("/chat/completions", do=Slow(0.3), times=1)
    await world.side.say("reply with exactly: the first")
    await world.side.say("reply with exactly: the second")

    await world.answer("the second")
    assert world.texts() == ["the first", "the second"]


async def test_a_hello_with_every_tool_costs_a_request_of_at_most_six_kilobytes(on_telegram: World) -> None:
    await on_telegram.side.say("hello")
    await on_telegram.side.until(lambda: on_telegram.prompts())

    request = on_telegram.prompts()[0]
    assert all(f"{kind}_generate" in request for kind in ("image", "video", "music"))
    assert len(request) <= 6000


async def test_a_slow_chat_holds_up_no_other(world: World) -> None:
    world.sandbox.faults.add("/chat/completions", do=Hang(), times=1)
    await world.side.say("never answered")
    await world.side.until(lambda: world.prompts())
    await world.side.say("reply with exactly: quick", world.side.chats[1])

    await world.answer("quick", world.side.chats[1])
    await world.side.say("/stop")
    await world.answer("(stopped)")


async def test_stop_in_mid_stream_keeps_what_was_said_and_ends_the_indicator(side: Side, tmp_path: Path) -> None:
    async with Sandbox(words_per_second=20) as sandbox, open_world(side, sandbox, tmp_path) as world:
        await side.say("tell me a long story")
        await side.until(lambda: side.typing() and any("Just so you know" in text for text in world.texts()))
        await side.say("/stop")

        stopped = await world.answer("(stopped)")
        await world.settled()
        assert "exactly the same" not in stopped.text
        assert world.texts() == [stopped.text]


async def test_a_button_chooses_the_model(world: World) -> None:
    await world.side.say("/model")
    await world.side.until(lambda: any(seen.buttons for seen in world.side.seen()))
    menu = next(seen for seen in world.side.seen() if seen.buttons)
    await world.side.press(menu, "openrouter/anthropic/claude-sonnet-4.6")
    await world.side.until(lambda: any("From now on" in text for text in world.texts()))
    await world.side.say("reply with exactly: chosen")

    await world.answer("chosen")
    assert '"model": "anthropic/claude-sonnet-4.6"' in world.prompts()[-1]


async def test_a_model_outside_the_list_is_refused_in_the_chat(on_telegram: World) -> None:
    await on_telegram.side.say("/model openrouter/somebody/else")
    await on_telegram.side.until(lambda: on_telegram.texts())
    await on_telegram.side.say("reply with exactly: as before")
    await on_telegram.answer("as before")

    assert "openrouter/somebody/else" in on_telegram.texts()[0]
    assert "From now on" not in on_telegram.texts()[0]
    assert '"model": "openrouter/auto"' in on_telegram.prompts()[-1]


async def test_a_clip_is_delivered_as_a_reply_while_the_chat_stays_usable(world: World) -> None:
    asked = await world.side.say("make a video of a sunny mountain")
    await world.answer("when it is ready.")
    await world.side.say("reply with exactly: meanwhile")
    await world.answer("meanwhile")
    await world.side.until(lambda: "video" in world.kinds())

    clip = next(seen for seen in world.side.seen() if seen.kind == "video")
    assert clip.reply_to == asked
    assert clip.data[4:8] == b"ftyp"
    assert len([one for one in world.sandbox.requests if (one.method, one.path) == ("POST", "/videos")]) == 1


async def test_a_second_clip_is_not_begun_while_the_first_is_made(side: Side, tmp_path: Path) -> None:
    async with Sandbox(render_seconds=60) as sandbox, open_world(side, sandbox, tmp_path) as world:
        await side.say("make a video of a sunny mountain")
        await world.answer("when it is ready.")
        await side.say("make a video of a blue kite")
        await side.until(lambda: any("did not work" in text for text in world.texts()))

        assert "'a sunny mountain'" in world.texts()[-1]
        assert len([one for one in sandbox.requests if (one.method, one.path) == ("POST", "/videos")]) == 1


async def test_a_song_is_delivered(world: World) -> None:
    await world.side.say("play me a song about the sea")
    await world.side.until(lambda: "audio" in world.kinds())

    assert len(world.side.seen()[-1].data) > 1000


async def test_a_clip_survives_a_restart_and_is_submitted_once(side: Side, tmp_path: Path) -> None:
    async with Sandbox(render_seconds=60) as sandbox:
        async with open_world(side, sandbox, tmp_path) as world:
            await side.say("make a video of a sunny mountain")
            await world.answer("when it is ready.")
        async with open_world(side, sandbox, tmp_path) as world:
            await side.say("/jobs")
            listed = await world.answer(" s")
            await side.press(listed, "Cancel 1")
            await side.until(lambda: any("stopped waiting for the clip" in text for text in world.texts()))

        submits = [one for one in sandbox.requests if (one.method, one.path) == ("POST", "/videos")]
        assert len(submits) == 1


async def test_a_reminder_is_set_by_the_tool_and_fires(world: World) -> None:
    await world.side.say("remind me in 1 second to drink tea")

    assert (await world.answer("drink tea")).text == "⏰ drink tea"
