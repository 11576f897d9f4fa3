"""Speech to text."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from openrouter.components import STTRequest

from bot.core.errors import BadAnswer, BadRequest, KeyRefused, MediaError, ProviderBusy
from bot.core.media import Sound
from bot.openrouter.audio.transcription import (
    OpenRouterTranscriber,
    TranscriptionModel,
    TranscriptionSettings,
    sound_format,
)
from bot.openrouter.http.client import OpenRouterClient
from tests.bot.openrouter.recording_server import RecordingServer, says
from tests.bot.openrouter.sdk import assert_sdk_takes

PATH = "POST /audio/transcriptions"
NOTE = Sound(b"OggS" + b"\x00" * 2000, "audio/ogg; codecs=opus", "voice.oga")


def transcriber(client: OpenRouterClient, *models: TranscriptionModel, **settings: Any) -> OpenRouterTranscriber:
    return OpenRouterTranscriber(client, TranscriptionSettings(models or (TranscriptionModel(),), **settings))


async def test_a_voice_note_goes_out_as_base64_inside_json(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"text": " hello there ", "usage": {"cost": 0.000123, "seconds": 4}}))

    heard = await transcriber(client).transcribe(NOTE)

    assert (heard.text, heard.model, heard.cost_microusd) == ("hello there", "openai/whisper-large-v3-turbo", 123)
    [seen] = server.seen
    assert seen.json == {
        "model": "openai/whisper-large-v3-turbo",
        "input_audio": {"data": base64.b64encode(NOTE.data).decode(), "format": "ogg"},
    }
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["HTTP-Referer"] == "https://openclaw.ai"
    assert "X-OpenRouter-Categories" not in seen.headers
    assert_sdk_takes(STTRequest, seen.json)


async def test_language_temperature_and_headers_of_an_entry_go_along(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on(PATH, says({"text": "hallo"}))
    entry = TranscriptionModel("openrouter/openai/whisper-1", " de ", 0.0, headers={"X-Mine": "yes"})

    await transcriber(client, entry, language="en").transcribe(NOTE)

    [seen] = server.seen
    assert seen.json["model"] == "openai/whisper-1"
    assert (seen.json["language"], seen.json["temperature"]) == ("de", 0.0)
    assert seen.headers["X-Mine"] == "yes"
    assert_sdk_takes(STTRequest, seen.json)


async def test_the_language_of_the_call_wins_and_odd_temperatures_stay_home(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on(PATH, says({"text": "bonjour"}))

    await transcriber(client, TranscriptionModel(language="de", temperature=float("inf"))).transcribe(
        NOTE, language="fr"
    )

    assert server.seen[0].json["language"] == "fr"
    assert "temperature" not in server.seen[0].json


@pytest.mark.parametrize(
    ("mime", "name", "form"),
    [
        ("audio/wav", "", "wav"),
        ("audio/x-wav", "", "wav"),
        ("audio/mpeg", "", "mp3"),
        ("audio/mp3", "", "mp3"),
        ("audio/flac", "", "flac"),
        ("audio/mp4", "", "m4a"),
        ("audio/m4a", "", "m4a"),
        ("audio/x-m4a", "", "m4a"),
        ("audio/ogg", "", "ogg"),
        ("audio/oga", "", "ogg"),
        ("audio/opus", "", "ogg"),
        ("audio/webm", "", "webm"),
        ("audio/aac", "", "aac"),
        ("AUDIO/OGG; codecs=opus", "", "ogg"),
        ("audio/wav", "really.mp3", "wav"),
        ("application/octet-stream", "note.oga", "ogg"),
        ("", "a.OPUS", "ogg"),
        ("", "a.mpeg", "mp3"),
        ("", "a.mp4", "m4a"),
        ("", "a.wav", "wav"),
        ("", "a.mp3", "mp3"),
        ("", "a.flac", "flac"),
        ("", "a.m4a", "m4a"),
        ("", "a.ogg", "ogg"),
        ("", "a.webm", "webm"),
        ("", "a.aac", "aac"),
        ("audio/midi", "a.mid", ""),
        ("", "", ""),
    ],
)
def test_the_format_is_told_by_type_then_by_extension(mime: str, name: str, form: str) -> None:
    assert sound_format(Sound(b"", mime, name)) == form


@pytest.mark.parametrize(
    "sound",
    [
        Sound(b"x" * 5000, "audio/midi", "song.mid"),
        Sound(b"x" * 1023, "audio/ogg"),
        Sound(b"x" * 5001, "audio/ogg"),
    ],
)
async def test_unknown_empty_and_oversize_sound_is_never_sent(
    server: RecordingServer, client: OpenRouterClient, sound: Sound
) -> None:
    with pytest.raises(MediaError):
        await transcriber(client, max_bytes=5000).transcribe(sound)

    assert server.seen == []


async def test_a_model_that_takes_less_is_skipped(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"text": "ok"}))

    heard = await transcriber(
        client, TranscriptionModel("a/small", max_bytes=1500), TranscriptionModel("b/big")
    ).transcribe(NOTE)

    assert heard.model == "b/big"
    assert len(server.seen) == 1


async def test_models_are_tried_in_order_until_one_answers(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"error": "down"}, status=503), says({"text": "  "}), says({"text": "third"}))

    heard = await transcriber(client, *(TranscriptionModel(f"v/{n}") for n in "abcd")).transcribe(NOTE)

    assert heard.text == "third"
    assert [seen.json["model"] for seen in server.seen] == ["v/a", "v/b", "v/c"]


async def test_when_all_fail_each_is_named(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"error": "down"}, status=503), says({"error": {"message": "bad wav"}}, status=400))

    with pytest.raises(ProviderBusy, match=r"All 2 models failed: v/a: .*HTTP 503.*; v/b: .*HTTP 400.*bad wav"):
        await transcriber(client, TranscriptionModel("v/a"), TranscriptionModel("v/b")).transcribe(NOTE)


async def test_a_refused_key_is_not_tried_on_every_model(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"error": "who are you"}, status=401))

    with pytest.raises(KeyRefused, match=r"OpenRouter audio transcription failed \(HTTP 401\): who are you"):
        await transcriber(client, TranscriptionModel("v/a"), TranscriptionModel("v/b")).transcribe(NOTE)

    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [{}, {"text": None}, {"text": 7}, {"text": " \n"}])
async def test_an_answer_without_words_is_a_bad_answer(
    server: RecordingServer, client: OpenRouterClient, body: dict[str, Any]
) -> None:
    server.on(PATH, says(body))

    with pytest.raises(BadAnswer, match="response missing text"):
        await transcriber(client).transcribe(NOTE)


async def test_a_413_is_told_as_too_large_and_not_as_a_long_conversation(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on(PATH, says({"error": "too big"}, status=413))

    with pytest.raises(BadRequest) as caught:
        await transcriber(client).transcribe(NOTE)

    assert caught.value.tell == "That is too large for the model."


async def test_an_entry_with_its_own_host_is_asked_there(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on(PATH, says({"text": "elsewhere"}))
    settings = TranscriptionSettings((TranscriptionModel(place="https://stt.example/v1"),))

    heard = await OpenRouterTranscriber(client, settings, elsewhere={"https://stt.example/v1": client}).transcribe(NOTE)

    assert heard.text == "elsewhere"
