"""Each configuration example of the provider page, as written, does on the wire what its section says."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest

from bot.config.load import parse
from bot.core.chat import System, User
from bot.core.clock import SystemClock
from bot.core.media import ImageRequest, SongRequest, Sound, VideoRequest
from bot.openrouter import configured
from bot.openrouter.audio.music import OpenRouterMusic
from bot.openrouter.audio.speech import OpenRouterSynthesizer
from bot.openrouter.audio.transcription import OpenRouterTranscriber
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from bot.openrouter.images.generate import OpenRouterImages
from bot.openrouter.videos.generate import OpenRouterVideos
from tests.bot.config import provider_page
from tests.bot.openrouter.dialogue import answers, dialogue
from tests.bot.openrouter.recording_server import RecordingServer, says, sends
from tests.fakes.shelf import PNG, Shelf

CHAT = "POST /chat/completions"
DRAWN = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.fixture
async def wire(server: RecordingServer) -> AsyncIterator[OpenRouterClient]:
    """A client whose server counts as OpenRouter itself."""
    route = Route(base_url=server.base_url, key="sk-or-v1-test", canonical=server.base_url)
    async with OpenRouterClient(route, clock=SystemClock()) as client:
        yield client


async def test_images_ask_the_documented_model_for_pictures_within_three_minutes(
    server: RecordingServer, wire: OpenRouterClient
) -> None:
    settings = configured.image_settings(parse(provider_page.IMAGES))
    message = {"content": "", "images": [{"type": "image_url", "image_url": {"url": DRAWN}}]}
    server.on(CHAT, says({"choices": [{"message": message}]}))

    async def measure(_: bytes) -> tuple[int, int]:
        return (1, 1)

    await OpenRouterImages(wire, settings, blobs=Shelf(), measure=measure).draw(ImageRequest("a cat"))

    body = server.asked(CHAT)[0].json
    assert settings.timeout_seconds == 180.0
    assert body["model"] == "google/gemini-3.1-flash-image-preview"
    assert body["modalities"] == ["image", "text"]


async def test_videos_submit_to_the_documented_model(server: RecordingServer, wire: OpenRouterClient) -> None:
    settings = configured.video_settings(parse(provider_page.VIDEOS))
    server.on("POST /videos", says({"id": "job-1", "polling_url": "/api/v1/videos/job-1", "status": "pending"}))

    job = await OpenRouterVideos(wire, settings, blobs=Shelf(), clock=SystemClock()).submit(VideoRequest("waves"))

    body = server.asked("POST /videos")[0].json
    assert (job.id, body["model"], body["prompt"]) == ("job-1", "google/veo-3.1-fast", "waves")


async def test_music_streams_sound_from_the_documented_model(server: RecordingServer, wire: OpenRouterClient) -> None:
    settings = configured.music_settings(parse(provider_page.MUSIC))
    server.on(CHAT, says({"error": {"code": 400, "message": "no"}}, status=400))

    with pytest.raises(Exception, match="no"):
        await OpenRouterMusic(wire, settings, blobs=Shelf()).compose(SongRequest("a waltz", format="mp3"))

    body = server.asked(CHAT)[0].json
    assert settings.timeout_seconds == 180.0
    assert (body["model"], body["stream"]) == ("google/lyria-3-pro-preview", True)
    assert "audio" in body["modalities"]


async def test_speech_says_model_voice_and_format(server: RecordingServer, wire: OpenRouterClient) -> None:
    config = parse(provider_page.SPEECH)
    server.on("POST /audio/speech", sends(b"ID3\x03" + bytes(64), "audio/mpeg"))

    await OpenRouterSynthesizer(wire, configured.speech_settings(config.speech)).speak("Hello")

    assert config.speech.auto == "always"
    assert server.asked("POST /audio/speech")[0].json == {
        "model": "hexgrad/kokoro-82m",
        "input": "Hello",
        "voice": "af_alloy",
        "response_format": "mp3",
    }


async def test_transcription_is_base64_inside_json(server: RecordingServer, wire: OpenRouterClient) -> None:
    server.on("POST /audio/transcriptions", says({"text": "hello"}))
    settings = configured.transcription_settings(parse(provider_page.TRANSCRIPTION))
    heard = await OpenRouterTranscriber(wire, settings).transcribe(Sound(bytes(2048), "audio/ogg"))

    assert heard.text == "hello"
    assert server.asked("POST /audio/transcriptions")[0].json == {
        "model": "openai/whisper-large-v3-turbo",
        "input_audio": {"data": base64.b64encode(bytes(2048)).decode(), "format": "ogg"},
    }


async def test_fusion_sends_its_panel_and_tells_the_model_about_it(server: RecordingServer) -> None:
    settings = configured.chat_settings(parse(provider_page.FUSION))
    server.on(CHAT, answers())
    async with dialogue(server, settings) as talk:
        await talk.ask(System("Be kind."), User("Hi"), model="openrouter/openrouter/fusion")

    (body,) = talk.bodies
    panel = ["google/gemini-3.5-flash", "moonshotai/kimi-k2.6", "deepseek/deepseek-v4-pro"]
    assert body["model"] == "openrouter/fusion"
    assert body["plugins"] == [{"id": "fusion", "analysis_models": panel, "model": "google/gemini-3.5-flash"}]
    assert "extraBody" not in body
    assert all(model in str(body["messages"][0]) for model in panel)


@pytest.mark.parametrize("verified", [True, False])
async def test_the_response_cache_is_headers_alone_and_only_for_openrouter_itself(
    server: RecordingServer, verified: bool
) -> None:
    settings = configured.chat_settings(parse(provider_page.RESPONSE_CACHE))
    server.on(CHAT, answers())
    async with dialogue(server, settings, verified=verified) as talk:
        await talk.ask(model="openrouter/auto")

    (seen,) = talk.asked
    cached = (seen.headers.get("X-OpenRouter-Cache"), seen.headers.get("X-OpenRouter-Cache-TTL"))
    assert cached == (("true", "300") if verified else (None, None))
    assert not [key for key in seen.json if "cache" in key.lower()]


async def test_routing_of_one_model_is_merged_over_the_routing_of_all(server: RecordingServer) -> None:
    both = parse(provider_page.ROUTING).model_copy(update={"agents": parse(provider_page.ROUTING_OF_ONE_MODEL).agents})
    server.on(CHAT, answers(), answers())
    async with dialogue(server, configured.chat_settings(both)) as talk:
        await talk.ask(model="openrouter/anthropic/claude-sonnet-4-6")
        await talk.ask(model="openrouter/vendor/model")

    for_all = {"sort": "latency", "require_parameters": True, "data_collection": "deny"}
    assert talk.bodies[0]["provider"] == {**for_all, "order": ["anthropic"], "allow_fallbacks": False}
    assert talk.bodies[1]["provider"] == for_all


async def test_the_first_example_lets_openrouter_choose(server: RecordingServer) -> None:
    config = parse(provider_page.KEY_AND_MODEL)
    server.on(CHAT, answers())
    async with dialogue(server, configured.chat_settings(config)) as talk:
        await talk.ask(model=config.agents.defaults.model.primary)

    assert talk.bodies[0]["model"] == "openrouter/auto"


@pytest.mark.parametrize(
    ("written", "seconds"), [("timeoutMs: 5000", 120.0), ("timeoutMs: 400000", 400.0), ("", 300.0)]
)
def test_a_song_gets_at_least_two_minutes(written: str, seconds: float) -> None:
    config = parse(f"{{agents: {{defaults: {{musicGenerationModel: {{primary: 'openrouter/a/b', {written}}}}}}}}}")
    assert configured.music_settings(config).patience_seconds == seconds


async def test_media_requests_carry_no_routing(server: RecordingServer, wire: OpenRouterClient) -> None:
    config = parse(provider_page.ROUTING)
    server.on(CHAT, says({"choices": [{"message": {"images": [{"image_url": {"url": DRAWN}}]}}]}))
    server.on("POST /videos", says({"id": "job-1", "polling_url": "/api/v1/videos/job-1", "status": "pending"}))
    server.on("POST /audio/transcriptions", says({"text": "hello"}))

    async def measure(_: bytes) -> tuple[int, int]:
        return (1, 1)

    await OpenRouterImages(wire, configured.image_settings(config), blobs=Shelf(), measure=measure).draw(
        ImageRequest("a cat")
    )
    await OpenRouterVideos(wire, configured.video_settings(config), blobs=Shelf(), clock=SystemClock()).submit(
        VideoRequest("waves")
    )
    await OpenRouterTranscriber(wire, configured.transcription_settings(config)).transcribe(
        Sound(b"RIFF" + bytes(4096), "audio/wav")
    )

    sent = [asked.json for asked in server.seen if asked.method == "POST"]
    assert len(sent) == 3
    assert not any("provider" in body for body in sent)
