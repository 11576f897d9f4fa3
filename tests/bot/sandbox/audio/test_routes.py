"""Real speech, really recognised."""

from __future__ import annotations

import array
import asyncio
import base64
import io
import math
import subprocess
import wave
from pathlib import Path

import imageio_ffmpeg
import pocketsphinx
from openrouter import components

from bot.sandbox.answers.phrases import sentences
from bot.sandbox.audio.recognizer import Recognizer
from tests.bot.sandbox.conftest import Client

KOKORO = {"model": "hexgrad/kokoro-82m", "voice": "af_alloy"}


async def heard(client: Client, sound: bytes, form: str) -> str:
    given = {"data": base64.b64encode(sound).decode(), "format": form}
    body = {"model": "openai/whisper-large-v3-turbo", "input_audio": given}
    answer = await client.post("/audio/transcriptions", body)
    assert answer.status == 200, answer.body
    response = components.STTResponse.model_validate(answer.json)
    assert response.usage is not None
    assert response.usage.cost is not None
    return response.text


async def test_what_is_spoken_is_heard_again(client: Client) -> None:
    text = "Please draw me a red fox in the snow."
    speech = await client.post("/audio/speech", KOKORO | {"input": text, "response_format": "mp3"})

    words = set((await heard(client, speech.body, "mp3")).split())

    assert speech.headers["Content-Type"] == "audio/mpeg"
    assert len(words & {"please", "draw", "me", "red", "fox", "in", "the", "snow"}) >= 5


async def test_a_voice_note_as_messengers_send_it_is_heard(client: Client) -> None:
    speech = await client.post("/audio/speech", KOKORO | {"input": "What is seven times eight?"})
    note = opus(speech.body)

    words = set((await heard(client, note, "ogg")).split())

    assert len(words & {"what", "is", "seven", "times", "eight"}) >= 3


def opus(samples: bytes) -> bytes:
    """24 kHz samples as OGG/Opus."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "s16le", "-ar", "24000", "-ac", "1", "-i", "-"]
    made = subprocess.run(
        [*command, "-c:a", "libopus", "-f", "ogg", "-"], input=samples, capture_output=True, check=True
    )
    return made.stdout


async def test_pcm_is_the_default_and_loud_enough(client: Client) -> None:
    speech = await client.post("/audio/speech", KOKORO | {"input": "One, two, three, four, five."})

    samples = array.array("h", speech.body)
    level = (sum(value * value for value in samples) / len(samples)) ** 0.5
    assert speech.headers["Content-Type"] == "audio/pcm;rate=24000;channels=1"
    assert 1.0 < len(samples) / 24000 < 5.0
    assert level > 1500
    assert max(samples) < 32767
    assert speech.headers["X-Generation-Id"].startswith("gen-")


async def test_speed_makes_speech_shorter(client: Client) -> None:
    text = "One, two, three, four, five, six, seven."
    slow = await client.post("/audio/speech", KOKORO | {"input": text, "speed": 0.75})
    fast = await client.post("/audio/speech", KOKORO | {"input": text, "speed": 1.5})

    assert len(fast.body) < 0.8 * len(slow.body)


async def test_silence_has_no_words(client: Client) -> None:
    assert await heard(client, silence(2.0), "wav") == ""


def silence(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(16000 * seconds)))
    return out.getvalue()


async def test_a_playlist_is_not_sound(client: Client) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    given = {"data": base64.b64encode(playlist).decode(), "format": "mp3"}

    answer = await client.post("/audio/transcriptions", {"model": "openai/whisper-1", "input_audio": given})

    assert answer.status == 400


def hum(seconds: float) -> bytes:
    """A tone at 16 kHz: something to listen to."""
    return array.array("h", (round(9000 * math.sin(step / 9)) for step in range(round(16000 * seconds)))).tobytes()


async def test_the_event_loop_goes_on_while_the_recogniser_listens() -> None:
    ears, turns = Recognizer(), 0
    hearing = asyncio.create_task(ears.hear(hum(3)))

    while not hearing.done():
        await asyncio.sleep(0.005)
        turns += 1
    await ears.close()

    assert turns > 20


async def test_a_cancelled_transcription_leaves_no_answer_for_the_next() -> None:
    ears = Recognizer()
    cancelled = asyncio.create_task(ears.hear(hum(5)))
    await asyncio.sleep(0.4)
    cancelled.cancel()

    text = await ears.hear(bytes(32000))
    await ears.close()

    assert cancelled.cancelled()
    assert text == ""


def test_every_expected_word_can_be_pronounced() -> None:
    dictionary = Path(pocketsphinx.get_model_path(), "en-us", "cmudict-en-us.dict").read_text(encoding="utf-8")
    known = {line.split(None, 1)[0] for line in dictionary.splitlines()}

    assert {word for sentence in sentences() for word in sentence.split()} <= known
