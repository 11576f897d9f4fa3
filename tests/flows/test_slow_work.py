"""Clips and songs while they are made: listed, cancelled one by one, and carried over a restart."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox import Sandbox
from bot.sandbox.faults import Hang
from tests.flows.world import World, open_world
from tests.sides import Seen, Side

SONG = "google/lyria-3-pro-preview"
CLIP_WORDS, SONG_WORDS = "make a video of a sunny mountain", "play me a song about the sea"


async def begin_both(world: World) -> None:
    """A clip and a song that are not ready for a long time."""
    world.sandbox.faults.add("/chat/completions", do=Hang(), model=SONG, times=None)
    for number, words in enumerate((CLIP_WORDS, SONG_WORDS), 1):
        await world.side.say(words)
        await world.side.until(lambda: sum("when it is ready" in text for text in world.texts()) == number)


async def listed(world: World) -> Seen:
    """What /jobs answers."""
    before = len(world.texts())
    await world.side.say("/jobs")
    await world.side.until(lambda: len(world.texts()) > before and not world.texts()[-1].endswith("…"))
    return next(seen for seen in reversed(world.side.seen()) if seen.kind == "text")


async def test_what_is_made_is_listed_and_cancelled_one_by_one(side: Side, tmp_path: Path) -> None:
    async with Sandbox(render_seconds=60) as sandbox, open_world(side, sandbox, tmp_path) as world:
        await begin_both(world)
        both = await listed(world)
        assert both.buttons == ("Cancel 1", "Cancel 2")
        assert [line.partition("“")[0] for line in both.text.splitlines()] == ["1. the song ", "2. the clip "]

        await side.press(both, "Cancel 1")
        await side.until(lambda: any("stopped waiting for the song" in text for text in world.texts()))
        await side.press(both, "Cancel 1")  # the clip is the first now, but this button is the song's
        await world.answer("There is nothing to cancel.")
        left = await listed(world)
        assert left.text.startswith("1. the clip")

        await side.say("/jobs cancel")
        await side.until(lambda: any("stopped waiting for the clip" in text for text in world.texts()))
        assert (await listed(world)).text == "Nothing is being made right now."


async def test_a_song_that_a_restart_cut_off_is_told_and_not_paid_for_again(side: Side, tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        sandbox.faults.add("/chat/completions", do=Hang(), model=SONG, times=None)
        async with open_world(side, sandbox, tmp_path) as world:
            asked = await side.say(SONG_WORDS)
            await world.answer("when it is ready.")
            await side.until(lambda: composed(sandbox))
        sandbox.faults.clear()
        async with open_world(side, sandbox, tmp_path) as world:
            await side.until(
                lambda: any("I was restarted while I asked for the song" in text for text in world.texts())
            )
            await world.settled()

            told = side.seen()[-1]
            assert (told.reply_to, len(composed(sandbox)), world.kinds()) == (asked, 1, ["text", "text"])
            await side.say(SONG_WORDS)  # whoever still wants it says so
            await side.until(lambda: "audio" in world.kinds())
            assert len(composed(sandbox)) == 2


def composed(sandbox: Sandbox) -> list[object]:
    """The requests for a song."""
    return [asked for asked in sandbox.asked("/chat/completions") if asked.body["model"] == SONG]
