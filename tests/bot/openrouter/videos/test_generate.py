"""A clip under way: asking for it, fetching it, and where the key goes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.errors import BadAnswer, ProviderBusy, ProviderError
from bot.core.media import VideoJob, VideoState
from bot.openrouter.videos.generate import OpenRouterVideos
from tests.bot.openrouter.conftest import KEY
from tests.bot.openrouter.recording_server import RecordingServer, hangs_up, says, sends, stalls
from tests.bot.openrouter.stranger import Page, Stranger

JOB = VideoJob("v/1", "", "google/veo-3.1-fast")


def accepted(**more: Any) -> dict[str, Any]:
    return {"id": "v1", "polling_url": "/api/v1/videos/v1", "status": "pending", **more}


@pytest.mark.parametrize(
    "polling_url",
    [
        "/api/v1/videos/v%2F1",
        "videos/v%2F1",
        "{base}/videos/v%2F1",
        "",
        "https://openrouter.ai.evil.example/api/v1/videos/v1",
        "https://evil.example/take",
        "//evil.example/take",
        "http://127.0.0.1:1/api/v1/videos/v1",
        "https://127.0.0.1@evil.example/",
        "file:///etc/passwd",
        "\\\\evil.example\\take",
    ],
)
async def test_the_key_is_shown_at_the_own_origin_only(
    server: RecordingServer, videos: OpenRouterVideos, stranger: Stranger, polling_url: str
) -> None:
    server.on("GET /videos/v%2F1", says({"status": "in_progress"}))
    job = VideoJob("v/1", polling_url.replace("{base}", server.base_url), "m/m")

    state = await videos.poll(job)

    assert state == VideoState(done=False)
    [seen] = server.seen
    assert (seen.path, seen.headers["Authorization"]) == ("/api/v1/videos/v%2F1", f"Bearer {KEY}")
    assert "Content-Type" not in seen.headers
    assert stranger.asked == []


@pytest.mark.parametrize("status", ["queued", "pending", "processing", "running", "in_progress"])
async def test_every_word_for_running_means_wait(
    server: RecordingServer, videos: OpenRouterVideos, status: str
) -> None:
    server.on("GET /videos/v%2F1", says({"status": status}))

    assert not (await videos.poll(JOB)).done


async def test_a_finished_job_tells_addresses_and_cost(server: RecordingServer, videos: OpenRouterVideos) -> None:
    body = {
        "status": "completed",
        "unsigned_urls": ["https://a.example/1"],
        "urls": ["https://b.example/2", 3],
        "usage": {"cost": 1.2},
        "generation_id": "gen-3",
    }
    server.on("GET /videos/v%2F1", says(body))

    state = await videos.poll(JOB)

    assert state == VideoState(True, ("https://a.example/1",), ("https://b.example/2",), 1_200_000, "gen-3")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "failed", "error": "nsfw prompt"}, "^nsfw prompt$"),
        ({"status": "failed", "error": {"message": "inner"}}, "^inner$"),
        ({"status": "cancelled"}, "^OpenRouter video generation cancelled$"),
        ({"status": "expired", "error": ""}, "^OpenRouter video generation expired$"),
        ({"status": "dancing"}, "response malformed"),
        ({"status": 5}, "response malformed"),
        ({}, "response malformed"),
        ({"status": "completed", "unsigned_urls": "x"}, "response malformed"),
        ({"status": "completed", "unsigned_urls": ["x", ""]}, "response malformed"),
        ({"status": "completed", "unsigned_urls": [None]}, "response malformed"),
        ({"status": "completed", "usage": 5}, "response malformed"),
    ],
)
async def test_a_job_that_ended_badly_is_a_bad_answer(
    server: RecordingServer, videos: OpenRouterVideos, body: dict[str, Any], words: str
) -> None:
    server.on("GET /videos/v%2F1", says(body))

    with pytest.raises(BadAnswer, match=words):
        await videos.poll(JOB)


@pytest.mark.parametrize(
    ("body", "tell"),
    [
        (
            {"status": "failed", "error": "the prompt names a person"},
            "the video service says: the prompt names a person",
        ),
        ({"status": "expired"}, "it expired."),
    ],
)
async def test_a_person_reads_why_the_provider_made_no_clip(
    server: RecordingServer, videos: OpenRouterVideos, body: dict[str, Any], tell: str
) -> None:
    server.on("GET /videos/v%2F1", says(body))

    with pytest.raises(BadAnswer) as failure:
        await videos.poll(JOB)
    assert failure.value.tell == tell


@pytest.mark.parametrize(
    "reply",
    [
        says({"error": "x"}, status=500),
        says({"error": "x"}, status=401),
        says({"error": "x"}, status=402),
        says({"error": "x"}, status=429),
        says({"error": {"code": 429, "message": "x"}}),
        sends(b"<html>", "text/html"),
        hangs_up(),
    ],
)
async def test_asking_that_fails_leaves_the_paid_job_alive(
    server: RecordingServer, videos: OpenRouterVideos, reply: Any
) -> None:
    server.on("GET /videos/v%2F1", reply)

    with pytest.raises(ProviderBusy, match="OpenRouter video status request failed"):
        await videos.poll(JOB)


async def test_a_question_takes_no_longer_than_it_may(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on("GET /videos/v%2F1", stalls())

    with pytest.raises(ProviderBusy, match="status request failed: timed out after 50ms"):
        await videos.poll(JOB, seconds=0.05)


async def test_a_job_nobody_knows_is_gone(server: RecordingServer, videos: OpenRouterVideos) -> None:
    with pytest.raises(BadAnswer, match=r"status request failed \(HTTP 404\)"):
        await videos.poll(JOB)


async def test_an_unsigned_address_at_home_is_fetched_with_the_key(
    server: RecordingServer, videos: OpenRouterVideos
) -> None:
    server.on("GET /videos/x/content", sends(b"clip", "video/webm"))

    clip = await videos.download(JOB, VideoState(True, (f"{server.base_url}/videos/x/content?index=0",)))

    assert clip.sound is not None
    assert (clip.sound.data, clip.sound.mime, clip.sound.name) == (b"clip", "video/webm", "video-1.webm")
    assert server.seen[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_an_unsigned_address_elsewhere_is_fetched_without_the_key(
    server: RecordingServer, videos: OpenRouterVideos, stranger: Stranger
) -> None:
    stranger.pages["https://openrouter.ai.evil.example/c"] = Page(b"clip", "application/octet-stream")

    clip = await videos.download(JOB, VideoState(True, ("https://openrouter.ai.evil.example/c",)))

    assert clip.sound is not None
    assert clip.sound.mime == "video/mp4"
    assert server.seen == []


async def test_without_addresses_the_documented_one_is_used(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on("GET /videos/v%2F1/content", sends(b"clip", "video/mp4"))

    clip = await videos.download(JOB, VideoState(True))

    assert clip.sound is not None
    assert server.seen[0].path == "/api/v1/videos/v%2F1/content?index=0"


async def test_a_listed_address_that_fails_falls_back_to_the_documented_one(
    server: RecordingServer, videos: OpenRouterVideos, stranger: Stranger
) -> None:
    server.on("GET /videos/v%2F1/content", sends(b"clip", "video/mp4"))

    clip = await videos.download(JOB, VideoState(True, ("https://10.0.0.1/c",)))

    assert clip.sound is not None
    assert stranger.asked == ["https://10.0.0.1/c"]


@pytest.mark.parametrize(
    "reply",
    [
        sends(b"", "video/mp4"),
        sends(b"{}", "application/json"),
        sends(b"sorry", "text/plain"),
        says({"error": "gone"}, status=410),
    ],
)
async def test_what_is_no_clip_is_told_with_the_download_label(
    server: RecordingServer, videos: OpenRouterVideos, reply: Any
) -> None:
    server.on("GET /videos/v%2F1/content", reply)

    with pytest.raises(ProviderError, match="OpenRouter generated video download failed"):
        await videos.download(JOB, VideoState(True))


@pytest.mark.parametrize(
    ("unsigned", "signed", "link"),
    [
        (("{base}/clip",), ("https://signed.example/c?sig=1",), "https://signed.example/c?sig=1"),
        (("{base}/clip",), (), "{base}/clip"),
        (("https://cdn.example/large",), (), "https://cdn.example/large"),
    ],
)
async def test_a_clip_too_large_to_carry_becomes_a_link(
    server: RecordingServer,
    videos: OpenRouterVideos,
    stranger: Stranger,
    unsigned: tuple[str, ...],
    signed: tuple[str, ...],
    link: str,
) -> None:
    server.on("GET /clip", sends(b"x" * 1001, "video/mp4"))
    stranger.pages["https://cdn.example/large"] = Page(b"x" * 1001, "video/mp4")
    listed = tuple(url.replace("{base}", server.base_url) for url in unsigned)

    clip = await videos.download(JOB, VideoState(True, listed, signed))

    assert (clip.sound, clip.url) == (None, link.replace("{base}", server.base_url))


async def test_a_clip_too_large_and_without_a_link_is_refused(
    server: RecordingServer, videos: OpenRouterVideos
) -> None:
    server.on("GET /videos/v%2F1/content", sends(b"x" * 1001, "video/mp4"))

    with pytest.raises(BadAnswer, match="larger than 1000 bytes"):
        await videos.download(JOB, VideoState(True))
