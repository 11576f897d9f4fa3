"""Chat completions over real HTTP; shapes checked by the official SDK's models."""

from __future__ import annotations

import base64
import io
import time
import wave

import aiohttp
from openrouter import components
from PIL import Image

from bot.sandbox import Sandbox
from tests.bot.sandbox.conftest import Client, said, tools

ARTIST = "google/gemini-3.1-flash-image-preview"


async def test_a_stream_comes_word_by_word_with_its_cost_last(client: Client) -> None:
    answer = await client.chat("hi", "Hello!", "count to five", model="moonshotai/kimi-k2.6", stream=True)

    chunks = [components.ChatStreamChunk.model_validate(event) for event in answer.events]
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.body.startswith(b": OPENROUTER PROCESSING\n\n")
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert answer.told == "1, 2, 3, 4, 5."
    assert len(chunks) == 7
    assert chunks[-2].choices[0].finish_reason == "stop"
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.cost
    assert usage.prompt_tokens > 0


async def test_an_answer_in_one_piece_has_the_official_shape(client: Client) -> None:
    answer = await client.chat("Reply with exactly: OK")

    result = components.ChatResult.model_validate(answer.json)
    assert result.choices[0].message.content == "OK"


async def test_a_tool_call_streams_in_pieces_that_join_to_json(client: Client) -> None:
    answer = await client.chat("draw a red fox", tools=tools(), stream=True)

    calls = [call for event in answer.events for call in event["choices"][0]["delta"].get("tool_calls", ())]
    assert calls[0]["function"]["name"] == "image_generate"
    assert "".join(call["function"]["arguments"] for call in calls) == '{"prompt": "red fox"}'
    assert answer.events[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_queued_answers_come_in_order_and_then_the_stand_in_thinks_again(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.say_next("first", "second")
    sandbox.call_next("image_generate", {"prompt": "x"})

    answers = [await client.chat("hello", tools=tools()) for _ in range(4)]

    messages = [answer.json["choices"][0]["message"] for answer in answers]
    assert [message["content"] for message in messages[:2]] == ["first", "second"]
    assert messages[2]["tool_calls"][0]["function"] == {"name": "image_generate", "arguments": '{"prompt": "x"}'}
    assert "stand-in" in messages[3]["content"]


async def test_an_answer_stops_at_the_tokens_allowed(client: Client) -> None:
    answer = await client.chat("tell me a long story", stream=True, max_completion_tokens=10)

    assert len(answer.told) == 40
    assert answer.events[-1]["choices"][0]["finish_reason"] == "length"


async def test_thinking_is_streamed_when_it_was_asked_for(client: Client) -> None:
    answer = await client.chat("hi", model="moonshotai/kimi-k2.6", stream=True, reasoning={"effort": "low"})

    assert answer.events[0]["choices"][0]["delta"]["reasoning_details"][0]["type"] == "reasoning.text"


async def test_a_red_fox_is_a_png_that_is_mostly_red(client: Client) -> None:
    config = {"aspect_ratio": "16:9", "image_size": "1K"}
    answer = await client.chat("draw a red fox", model=ARTIST, modalities=["image", "text"], n=2, image_config=config)

    result = components.ChatResult.model_validate(answer.json)
    images = result.choices[0].message.images or []
    assert len(images) == 2
    picture = Image.open(io.BytesIO(base64.b64decode(images[0].image_url.url.partition(",")[2])))
    assert (picture.format, picture.size) == ("PNG", (768, 432))
    assert vivid_share(picture, 0) > 0.9


def vivid_share(picture: Image.Image, channel: int) -> float:
    """How many of the strongly coloured pixels have their maximum in this channel (0 red, 1 green, 2 blue)."""
    data = picture.convert("RGB").resize((96, 96)).tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    vivid = [pixel for pixel in pixels if max(pixel) - min(pixel) > 110]
    return sum(pixel[channel] == max(pixel) for pixel in vivid) / len(vivid)


async def test_make_this_one_blue_turns_the_picture_blue(client: Client) -> None:
    drawn = (await client.chat("draw a red fox", model=ARTIST, modalities=["image", "text"])).json
    shown = drawn["choices"][0]["message"]["images"][0]
    body = said("", model=ARTIST, modalities=["image", "text"])
    body["messages"][0]["content"] = [{"type": "text", "text": "make this one blue"}, shown]

    answer = (await client.post("/chat/completions", body)).json

    url = answer["choices"][0]["message"]["images"][0]["image_url"]["url"]
    red, _, blue = average(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))
    assert blue > red + 30


def average(picture: Image.Image) -> tuple[int, ...]:
    pixel = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return tuple(int(value) for value in pixel)


async def test_a_shown_picture_is_described_by_size_and_colour(client: Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (120, 80), (206, 52, 28)).save(out, "PNG")
    url = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    body = said("")
    body["messages"][0]["content"] = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]

    answer = (await client.post("/chat/completions", body)).json

    assert "120 by 80 pixels, mostly red" in answer["choices"][0]["message"]["content"]


async def test_a_song_streams_real_sound_and_its_words(client: Client) -> None:
    answer = await client.chat(
        "a song about the sea\n\nAim for a duration of about 3 seconds.",
        model="google/lyria-3-pro-preview",
        modalities=["text", "audio"],
        audio={"format": "wav"},
        stream=True,
    )

    audio = [event["choices"][0]["delta"].get("audio", {}) for event in answer.events]
    sound = base64.b64decode("".join(piece.get("data", "") for piece in audio))
    with wave.open(io.BytesIO(sound)) as song:
        assert song.getnframes() / song.getframerate() == 3
        assert any(song.readframes(1000))
    assert "the sea" in "".join(piece.get("transcript", "") for piece in audio)


async def test_the_pace_is_the_one_that_was_set() -> None:
    async with Sandbox(words_per_second=100) as sandbox, aiohttp.ClientSession() as session:
        sandbox.say_next("one two three four five")
        client = Client(sandbox, session)
        session.headers["Authorization"] = f"Bearer {sandbox.key}"
        began = time.monotonic()

        await client.chat("hi", stream=True)

        assert time.monotonic() - began >= 0.05
