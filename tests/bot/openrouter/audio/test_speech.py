"""Text to speech."""

from __future__ import annotations

import io
import json
import wave

import pytest
from openrouter.components import SpeechRequest

from bot.config.load import parse
from bot.core.clock import SystemClock
from bot.core.errors import BadAnswer, ConfigError, ModelMissing, ProviderBusy
from bot.openrouter.audio.speech import OpenRouterSynthesizer, SpeechSettings
from bot.openrouter.configured import speech_settings
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from bot.sandbox import Sandbox
from tests.bot.openrouter.recording_server import RecordingServer, says, sends, stalls
from tests.bot.openrouter.sdk import assert_sdk_takes

PATH = "POST /audio/speech"
MP3 = b"\xff\xfb\x90\x00" + b"\x00" * 400


async def test_words_become_mp3(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg", headers={"X-Generation-Id": "gen-1"}))

    speech = await OpenRouterSynthesizer(client, SpeechSettings()).speak("Hello.")

    assert (speech.sound.data, speech.sound.mime, speech.sound.name) == (MP3, "audio/mpeg", "speech.mp3")
    assert (speech.model, speech.generation_id) == ("hexgrad/kokoro-82m", "gen-1")
    [seen] = server.seen
    assert seen.json == {
        "model": "hexgrad/kokoro-82m",
        "input": "Hello.",
        "voice": "af_alloy",
        "response_format": "mp3",
    }
    assert seen.headers["X-OpenRouter-Title"] == "OpenClaw"
    assert_sdk_takes(SpeechRequest, seen.json)


async def test_every_setting_goes_out_and_the_voice_of_the_call_wins(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg"))
    settings = SpeechSettings("openrouter/openai/tts", "nova", " MP3 ", 1.25, {"options": {"openai": {"x": 1}}})

    await OpenRouterSynthesizer(client, settings).speak("Hi", voice="echo")

    assert server.seen[0].json == {
        "model": "openai/tts",
        "input": "Hi",
        "voice": "echo",
        "response_format": "mp3",
        "speed": 1.25,
        "provider": {"options": {"openai": {"x": 1}}},
    }
    assert_sdk_takes(SpeechRequest, server.seen[0].json)


async def test_what_the_call_says_wins_over_what_is_configured(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg"))
    speaker = OpenRouterSynthesizer(client, SpeechSettings("openai/tts", "nova", speed=2.0))

    await speaker.speak("Hi", voice="echo", model="openrouter/hexgrad/kokoro-82m", speed=0.5)

    sent = server.seen[0].json
    assert (sent["model"], sent["voice"], sent["speed"]) == ("hexgrad/kokoro-82m", "echo", 0.5)
    with pytest.raises(ModelMissing):
        await speaker.speak("Hi", model="no model")


@pytest.mark.parametrize(("configured", "called", "told"), [(0.05, None, "50ms"), (30.0, 0.04, "40ms")])
async def test_the_time_of_the_call_wins_over_the_configured_one(
    server: RecordingServer, client: OpenRouterClient, configured: float, called: float | None, told: str
) -> None:
    server.on(PATH, stalls())
    speaker = OpenRouterSynthesizer(client, SpeechSettings(timeout_seconds=configured))
    with pytest.raises(ProviderBusy, match=f"timed out after {told}"):
        await speaker.speak("Hi", timeout_seconds=called)


async def test_the_price_is_told_by_the_generation(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg", headers={"X-Generation-Id": "gen 1&2"}))
    server.on("GET /generation", says({"data": {"total_cost": 0.0007}}), says({"data": {}}), says({}, status=404))
    speaker = OpenRouterSynthesizer(client, SpeechSettings())

    speech = await speaker.speak("Hi")

    assert (speech.cost_microusd, await speaker.cost(speech.generation_id)) == (None, 700)
    assert server.seen[-1].path == "/api/v1/generation?id=gen%201%262"
    assert await speaker.cost("gen-2") is None
    with pytest.raises(ModelMissing):
        await speaker.cost("gen-3")


async def test_the_sandbox_tells_what_its_speech_cost() -> None:
    async with (
        Sandbox() as sandbox,
        OpenRouterClient(Route(sandbox.base_url, sandbox.key), clock=SystemClock()) as client,
    ):
        speaker = OpenRouterSynthesizer(client, SpeechSettings())
        speech = await speaker.speak("Good morning to everybody.")
        told = await client.get_json("/credits", label="Test", timeout_seconds=5)

        assert await speaker.cost(speech.generation_id) == round(told.body["data"]["total_usage"] * 1_000_000) > 0


async def test_a_speed_that_is_no_number_is_left_out(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg"))

    await OpenRouterSynthesizer(client, SpeechSettings(speed=float("nan"))).speak("Hi")

    assert "speed" not in server.seen[0].json


@pytest.mark.parametrize(
    ("content_type", "rate", "channels"),
    [
        ("audio/pcm;rate=24000;channels=1", 24000, 1),
        ("audio/pcm; rate=16000; channels=2", 16000, 2),
        ("audio/pcm", 24000, 1),
        ("application/octet-stream", 24000, 1),
    ],
)
async def test_bare_samples_are_put_into_a_wav_file(
    server: RecordingServer, client: OpenRouterClient, content_type: str, rate: int, channels: int
) -> None:
    samples = b"\xff\xff\x01\x00" * 50  # begins like an MPEG frame
    server.on(PATH, sends(samples + b"\x01", content_type))

    speech = await OpenRouterSynthesizer(client, SpeechSettings(response_format="pcm")).speak("Hi")

    assert (speech.sound.mime, speech.sound.name) == ("audio/wav", "speech.wav")
    with wave.open(io.BytesIO(speech.sound.data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate, channels, 2)
        assert file.readframes(1000) == samples


async def test_pcm_that_comes_unasked_is_told_by_its_type(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, sends(b"\x00\x00" * 50, "audio/pcm;rate=22050;channels=1"))

    speech = await OpenRouterSynthesizer(client, SpeechSettings()).speak("Hi")

    assert speech.sound.mime == "audio/wav"


async def test_mp3_that_comes_in_place_of_pcm_stays_mp3(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, sends(MP3, "audio/mpeg"))

    speech = await OpenRouterSynthesizer(client, SpeechSettings(response_format="pcm")).speak("Hi")

    assert speech.sound.mime == "audio/mpeg"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(b"", "audio/mpeg"), (b'{"ok": true}', "application/json"), (b"sorry", "text/plain; charset=utf-8")],
)
async def test_words_in_place_of_sound_are_a_bad_answer(
    server: RecordingServer, client: OpenRouterClient, data: bytes, content_type: str
) -> None:
    server.on(PATH, sends(data, content_type))

    with pytest.raises(BadAnswer, match="malformed audio response"):
        await OpenRouterSynthesizer(client, SpeechSettings()).speak("Hi")


async def test_an_error_inside_a_success_is_told(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"error": {"code": 429, "message": "slow down"}}))

    with pytest.raises(ProviderBusy, match=r"OpenRouter TTS API error \(HTTP 429\): slow down"):
        await OpenRouterSynthesizer(client, SpeechSettings()).speak("Hi")


async def test_a_refusal_has_the_speech_label(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"error": {"message": "overloaded"}}, status=529))

    with pytest.raises(ProviderBusy, match=r"OpenRouter TTS API error \(HTTP 529\): overloaded"):
        await OpenRouterSynthesizer(client, SpeechSettings()).speak("Hi")


def test_only_mp3_and_pcm_can_be_configured() -> None:
    assert SpeechSettings(response_format=" PCM ").response_format == "pcm"
    with pytest.raises(ConfigError, match="'opus' is not a speech format"):
        SpeechSettings(response_format="opus")


@pytest.mark.parametrize(
    ("options", "voice"),
    [
        ({"speakerVoice": "a", "voice": "b"}, "a"),
        ({"voice": "b", "voiceName": "c"}, "b"),
        ({"voiceName": "c", "speakerVoiceId": "d"}, "c"),
        ({"speakerVoiceId": "d", "voiceId": "e"}, "d"),
        ({"voiceId": " e ", "speakerVoice": " "}, "e"),
        ({}, "af_alloy"),
    ],
)
def test_the_first_named_voice_wins(options: dict[str, str], voice: str) -> None:
    config = parse(json.dumps({"messages": {"tts": {"providers": {"openrouter": options}}}}))
    assert speech_settings(config.speech).voice == voice
