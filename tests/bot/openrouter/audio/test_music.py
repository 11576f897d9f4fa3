"""Composing songs."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openrouter.components import ChatRequest

from bot.core.errors import BadAnswer, BadRequest, Moderated, OutOfCredit, ProviderBusy, ProviderError
from bot.core.media import SongRequest
from bot.media.dataurl import data_url
from bot.openrouter.audio.music import MusicSettings, OpenRouterMusic, song_prompt
from bot.openrouter.audio.stream import Base64Pieces
from bot.openrouter.http.client import OpenRouterClient
from tests.bot.openrouter.recording_server import RecordingServer, says, sends, stalls, streams
from tests.bot.openrouter.sdk import assert_sdk_takes
from tests.fakes.shelf import PNG, Shelf

PATH = "POST /chat/completions"
MP3 = b"ID3\x04" + bytes(range(256)) * 3
DONE = b"data: [DONE]\n\n"


def event(**delta: Any) -> bytes:
    return b"data: " + json.dumps({"id": "gen-5", "choices": [{"delta": {"audio": delta}}]}).encode() + b"\n\n"


def sound_of(data: bytes) -> bytes:
    return event(data=base64.b64encode(data).decode())


@pytest.fixture
def music(client: OpenRouterClient, shelf: Shelf) -> OpenRouterMusic:
    return OpenRouterMusic(client, MusicSettings(song_bytes=1000), blobs=shelf)


async def test_a_song_is_collected_from_the_stream(server: RecordingServer, music: OpenRouterMusic) -> None:
    packed = base64.b64encode(MP3).decode()
    usage = b'data: {"choices":[],"usage":{"cost":0.08}}\n\n'
    server.on(
        PATH,
        streams(
            b": OPENROUTER PROCESSING\n\n" + event(transcript="La "),
            event(data=packed[:101]),
            event(data=packed[101:502], transcript="la"),
            event(data=packed[502:]),
            usage + DONE,
        ),
    )

    song = await music.compose(SongRequest(" a lullaby "))

    assert (song.sound.data, song.sound.mime, song.sound.name) == (MP3, "audio/mpeg", "track-1.mp3")
    assert (song.lyrics, song.model) == ("La la", "google/lyria-3-pro-preview")
    assert (song.cost_microusd, song.generation_id) == (80_000, "gen-5")
    body = server.seen[0].json
    assert body == {
        "model": "google/lyria-3-pro-preview",
        "messages": [{"role": "user", "content": "a lullaby"}],
        "modalities": ["text", "audio"],
        "audio": {"format": "mp3"},
        "stream": True,
    }
    # The official request model has no `audio`; the endpoint reads it all the same.
    assert_sdk_takes(ChatRequest, body, beyond=frozenset({"audio"}))


async def test_a_picture_goes_along_after_the_words(
    server: RecordingServer, music: OpenRouterMusic, shelf: Shelf
) -> None:
    server.on(PATH, streams(sound_of(MP3), DONE))
    picture = shelf.keep(PNG, "")

    await music.compose(SongRequest("like this", picture=picture, format="MP3"))
    await music.compose(SongRequest("like this", picture=picture, picture_url="https://pics.example/a"))

    first, second = (seen.json for seen in server.seen)
    assert first["messages"][0]["content"] == [
        {"type": "text", "text": "like this"},
        {"type": "image_url", "image_url": {"url": data_url(PNG, "image/png")}},
    ]
    assert first["audio"] == {"format": "mp3"}
    assert second["messages"][0]["content"][1]["image_url"]["url"] == "https://pics.example/a"


def test_the_prompt_is_built_in_blocks() -> None:
    request = SongRequest(" jazz ", lyrics=" oh\nyes ", instrumental=True, duration_seconds=12.5)

    assert song_prompt(request) == (
        "jazz\n\nInstrumental only, without any vocals.\n\nLyrics:\noh\nyes\n\nTarget duration: about 13 seconds."
    )


@pytest.mark.parametrize(
    ("asked", "told"), [(0, "1 seconds"), (-5, "1 seconds"), (999, "180 seconds"), (2.4, "2 seconds")]
)
def test_durations_are_whole_and_bounded(asked: float, told: str) -> None:
    assert f"about {told}" in song_prompt(SongRequest("x", duration_seconds=asked))


@pytest.mark.parametrize("asked", [None, float("nan"), float("inf"), 10**400])
def test_a_duration_that_is_no_number_is_not_told(asked: float | None) -> None:
    assert song_prompt(SongRequest("x", duration_seconds=asked)) == "x"


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"??", "audio/mpeg"),
    ],
)
async def test_the_bytes_decide_what_the_song_is(
    server: RecordingServer, music: OpenRouterMusic, data: bytes, mime: str
) -> None:
    server.on(PATH, streams(sound_of(data), DONE))

    song = await music.compose(SongRequest("x", format="mp3"))

    assert song.sound.mime == mime
    assert song.lyrics == ""


async def test_an_unknown_format_is_refused_unasked(server: RecordingServer, music: OpenRouterMusic) -> None:
    with pytest.raises(BadRequest, match="'flac' is not a song format"):
        await music.compose(SongRequest("x", format="flac"))

    assert server.seen == []


@pytest.mark.parametrize(
    ("chunks", "kind", "words"),
    [
        ((sound_of(MP3),), ProviderBusy, "stream ended before completion"),
        ((DONE,), BadAnswer, "response missing audio data"),
        ((event(transcript="only words"), DONE), BadAnswer, "response missing audio data"),
        ((event(data="QUJ"), DONE), BadAnswer, "malformed base64 audio data"),
        ((event(data="QU-_"), DONE), BadAnswer, "malformed base64 audio data"),
        ((event(data="QR=="), DONE), BadAnswer, "malformed base64 audio data"),
        ((event(data=7), DONE), BadAnswer, "malformed base64 audio data"),
        ((sound_of(b"x" * 1001), DONE), BadAnswer, "more than 1000 bytes of sound"),
        ((event(transcript="x" * 1001), DONE), BadAnswer, "more than 1000 bytes of words"),
        ((event(data="x" * 80_000), DONE), BadAnswer, "larger than"),
        ((b"data: {nope}\n\n",), ProviderBusy, "not JSON"),
        ((b'data: {"error":{"code":402,"message":"broke"}}\n\n',), OutOfCredit, r"failed \(HTTP 402\): broke"),
        ((b'data: {"choices":[{"finish_reason":"content_filter"}]}\n\n',), Moderated, "content"),
    ],
)
async def test_a_stream_that_goes_wrong_is_never_a_song(
    server: RecordingServer,
    music: OpenRouterMusic,
    chunks: tuple[bytes, ...],
    kind: type[ProviderError],
    words: str,
) -> None:
    server.on(PATH, streams(*chunks))

    with pytest.raises(kind, match=words):
        await music.compose(SongRequest("x"))


async def test_a_line_that_breaks_is_busy(server: RecordingServer, music: OpenRouterMusic) -> None:
    server.on(PATH, streams(sound_of(MP3), cut=True))

    with pytest.raises(ProviderBusy, match="the connection broke"):
        await music.compose(SongRequest("x"))


async def test_an_error_in_place_of_a_stream_is_told(server: RecordingServer, music: OpenRouterMusic) -> None:
    server.on(PATH, says({"error": {"code": 429, "message": "slow"}}), sends(b"<html>", "text/html"))

    with pytest.raises(ProviderBusy, match=r"HTTP 429\): slow"):
        await music.compose(SongRequest("x"))
    with pytest.raises(BadAnswer, match="'text/html' instead of a stream"):
        await music.compose(SongRequest("x"))


async def test_when_no_model_sings_each_is_named(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(PATH, says({"error": "odd"}, status=400), streams(DONE))

    with pytest.raises(BadAnswer) as failed:
        await OpenRouterMusic(client, MusicSettings("a/one", ("b/two",)), blobs=shelf).compose(SongRequest("x"))

    assert str(failed.value) == (
        "All 2 models failed: a/one: OpenRouter music generation failed (HTTP 400): odd; "
        "b/two: OpenRouter music generation failed: response missing audio data"
    )


async def test_a_named_model_is_asked_for_a_song_alone(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(PATH, says({"error": "odd"}, status=400))
    music = OpenRouterMusic(client, MusicSettings(fallbacks=("b/two",)), blobs=shelf)

    with pytest.raises(BadRequest, match=r"^OpenRouter music generation failed \(HTTP 400\): odd"):
        await music.compose(SongRequest("x", model="openrouter/z/mine"))

    assert [seen.json["model"] for seen in server.seen] == ["z/mine"]


@pytest.mark.parametrize(("configured", "told"), [(5.0, 1), (119.9, 1), (120.0, 0), (300.0, 0)])
def test_a_time_that_is_too_short_for_any_song_is_raised_and_told(
    client: OpenRouterClient, shelf: Shelf, caplog: pytest.LogCaptureFixture, configured: float, told: int
) -> None:
    settings = MusicSettings(timeout_seconds=configured)

    OpenRouterMusic(client, settings, blobs=shelf)

    assert settings.patience_seconds == max(120, configured)
    assert [record.message for record in caplog.records] == ["music.timeout_raised"] * told


async def test_a_song_that_takes_too_long_is_given_up(server: RecordingServer, music: OpenRouterMusic) -> None:
    server.on(PATH, stalls(), streams(sound_of(MP3), stall=True))

    for _ in range(2):
        with pytest.raises(ProviderBusy, match="timed out after 80ms"):
            await music.compose(SongRequest("x", timeout_seconds=0.08))


@given(st.binary(min_size=1, max_size=60), st.data())
def test_however_the_base64_is_cut_the_bytes_are_the_same(data: bytes, draw: st.DataObject) -> None:
    packed = base64.b64encode(data).decode()
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(packed)), max_size=8)))
    decoder = Base64Pieces()

    out = b"".join(decoder.feed(packed[a:b]) for a, b in zip([0, *cuts], [*cuts, len(packed)], strict=True))
    decoder.finish()

    assert out == data


@given(st.lists(st.binary(max_size=20), max_size=6))
def test_pieces_that_are_each_padded_are_put_together(pieces: list[bytes]) -> None:
    decoder = Base64Pieces()

    out = b"".join(decoder.feed(base64.b64encode(piece).decode()) for piece in pieces)

    assert out == b"".join(pieces)


@given(st.text(alphabet="AQw=-_ \n", min_size=1, max_size=12))
def test_what_is_taken_is_exactly_what_python_would_write(text: str) -> None:
    decoder = Base64Pieces()

    try:
        data = decoder.feed(text)
        decoder.finish()
    except ValueError:
        return

    assert base64.b64encode(data).decode() == text
