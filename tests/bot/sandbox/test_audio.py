"""Real speech, really recognised."""

from __future__ import annotations

import array
import base64
import io
import subprocess
import wave

import imageio_ffmpeg
from openrouter import components

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
