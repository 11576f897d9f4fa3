"""The configuration examples of the provider page, from a message in the chat to what arrives there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.config import json5
from bot.media.sniff import sniff
from bot.sandbox import Sandbox
from tests.bot.config import provider_page
from tests.flows.world import open_world
from tests.sides import Side


def _defaults(example: str) -> Mapping[str, object]:
    value = json5.parse(example)
    assert isinstance(value, dict)
    agents = value["agents"]
    assert isinstance(agents, dict)
    defaults = agents["defaults"]
    assert isinstance(defaults, dict)
    return defaults


async def test_the_music_example_brings_a_song_to_the_chat(side: Side, sandbox: Sandbox, tmp_path: Path) -> None:
    async with open_world(side, sandbox, tmp_path, defaults=_defaults(provider_page.MUSIC)) as world:
        asked = await side.say("play me a song about the sea")
        await side.until(lambda: "audio" in world.kinds())

        song = next(seen for seen in side.seen() if seen.kind == "audio")
        (composed,) = [one.body for one in sandbox.asked("/chat/completions") if "audio" in one.body]
        assert composed["model"] == "google/lyria-3-pro-preview"
        assert (composed["modalities"], composed["audio"], composed["stream"]) == (
            ["text", "audio"],
            {"format": "mp3"},
            True,
        )
        assert sniff(song.data)
        assert song.reply_to == asked
        await side.say("reply with exactly: still here")
        await world.answer("still here")
