"""Speech in and out, pictures and long answers, through the real client libraries."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from PIL import Image

from bot.sandbox import Sandbox
from bot.sandbox.faults import StatusError
from tests.bot.tools.calling import PNG_URL, drawn
from tests.flows.world import World, open_world
from tests.sides import TelegramSide
from tests.sounds import decoded, spoken

VOICE_MESSAGE = 8192


async def test_a_spoken_question_is_heard_by_the_model_and_answered_in_text_and_voice(world: World) -> None:
    await world.side.voice(spoken("what is seven times eight"), 2)
    await world.side.until(lambda: "voice" in world.kinds())

    assert re.search(r"seven times eight|7 times 8", world.prompts()[0])
    text, voice = world.side.seen()
    assert (text.kind, voice.kind) == ("text", "voice")
    assert text.text.endswith("7 × 8 = 56")
    codec, rate, channels, seconds = decoded(voice.data)
    assert (codec, rate, channels) == ("opus", 48_000, 1)
    assert voice.seconds is not None
    assert abs(voice.seconds - seconds) <= 1.0
    if world.side.name == "discord":
        assert voice.flags & VOICE_MESSAGE
        assert 1 <= len(base64.b64decode(voice.waveform)) <= 256


async def test_a_picture_follows_its_text(world: World) -> None:
    await world.side.say("draw a red fox")
    await world.side.until(lambda: "photo" in world.kinds())
    await world.settled()

    assert world.kinds() == ["text", "photo"]
    assert Image.open(io.BytesIO(world.side.seen()[1].data)).width > 16


async def test_a_large_picture_is_changed_as_finely_as_it_came(world: World) -> None:
    photo = io.BytesIO()
    Image.new("RGB", (3200, 400), "red").save(photo, "PNG")

    await world.side.picture(photo.getvalue(), "make it blue")
    await world.side.until(lambda: "photo" in world.kinds())

    (drawing,) = (asked.body for asked in world.sandbox.asked("/chat/completions") if "modalities" in asked.body)
    url = drawing["messages"][0]["content"][1]["image_url"]["url"]
    assert Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size == (3200, 400)
    assert drawing["image_config"] == {"image_size": "4K"}


async def test_a_picture_of_this_machine_is_changed_only_out_of_an_open_folder(
    telegram: TelegramSide, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "house.png").write_bytes(drawn())
    (tmp_path / "closed.png").write_bytes(drawn())
    roots = {"mediaLocalRoots": [str(tmp_path / "open")]}
    async with open_world(telegram, sandbox, tmp_path, defaults=roots) as world:
        for number, source in enumerate(("house.png", str(tmp_path / "closed.png"), "http://127.0.0.1:1/a.png"), 1):
            sandbox.call_next("image_generate", {"prompt": "make it blue", "image": source})
            await telegram.say(f"go on with {source}")
            await telegram.until(lambda: len(world.texts()) == number)
            await world.settled()

        drawing = [asked.body for asked in sandbox.asked("/chat/completions") if "modalities" in asked.body]
        assert len(drawing) == 1
        assert drawing[0]["messages"][0]["content"][1]["image_url"]["url"] == PNG_URL
        refused = [text for text in world.texts() if "did not work" in text]
        assert ["no such picture" in refused[0], "not a public address" in refused[1]] == [True, True]


async def test_a_long_answer_comes_in_order_within_limits_and_with_its_code_whole(world: World) -> None:
    await world.side.say("tell me a long story")
    await world.answer("exactly the same.")
    await world.settled()

    parts = world.texts()
    limit = 4096 if world.side.name == "telegram" else 2000
    assert len(parts) >= 2
    assert all(len(part) <= limit for part in parts)
    shown = "\n".join(parts)
    assert shown.index("fox who counted") < shown.index("pine remembers") < shown.index("That is the whole story")
    assert sum("def lights(evening" in part and "print(f" in part for part in parts) == 1
    assert all(part.count("```") % 2 == 0 for part in parts)


async def test_without_a_voice_the_text_arrives_all_the_same(world: World) -> None:
    world.sandbox.faults.add("/audio/speech", do=StatusError(503, "down"), times=None)

    await world.side.voice(spoken("what is seven times eight"), 2)
    await world.answer("= 56")
    await world.settled()

    assert world.kinds() == ["text"]


async def test_what_was_not_understood_is_said_and_retry_hears_it_again(world: World) -> None:
    world.sandbox.faults.add("/audio/transcriptions", do=StatusError(400, "broken"), times=1)

    await world.side.voice(spoken("what is seven times eight"), 2)
    await world.answer("Send it again, or say /retry.")
    await world.side.say("/retry")

    await world.answer("= 56")


async def test_an_album_is_one_turn(on_telegram: World, telegram: TelegramSide) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    for number in range(3):
        asked = telegram.api.count("getUpdates")
        fields = {"caption": "what is this"} if number == 0 else {}
        telegram.api.send_photo(7, picture.getvalue() + bytes(number), media_group_id="album", **fields)
        await telegram.until(lambda: telegram.api.count("getUpdates") > asked)  # handed out one by one

    await telegram.until(lambda: on_telegram.texts())
    await on_telegram.settled()

    assert len(on_telegram.prompts()) == 1
