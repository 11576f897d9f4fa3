"""Starting a clip: what is sent, and that it is never sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from openrouter.components import VideoGenerationRequest

from bot.core.clock import SystemClock
from bot.core.errors import BadAnswer, BadRequest, MediaError, ProviderBusy, ProviderError
from bot.core.media import Frame, VideoJob, VideoRequest, VideoState
from bot.media.dataurl import data_url
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from bot.openrouter.videos.generate import OpenRouterVideos, VideoSettings
from bot.openrouter.videos.limits import VideoLimits, live_limits
from bot.openrouter.videos.request import (
    Shown,
    changed_wishes,
    fitted_duration,
    fitted_resolution,
    placed,
    safe_seed,
    video_body,
)
from tests.bot.openrouter.conftest import KEY
from tests.bot.openrouter.recording_server import RecordingServer, hangs_up, redirects, says, sends, stalls
from tests.bot.openrouter.sdk import assert_sdk_takes
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import PNG, Shelf

SUBMIT = "POST /videos"
VEO = VideoLimits((4, 6, 8), ("720P", "1080P"), ("16:9", "9:16"))


def accepted(**more: Any) -> dict[str, Any]:
    return {"id": "v1", "polling_url": "/api/v1/videos/v1", "status": "pending", **more}


async def test_a_clip_is_submitted_once_and_with_everything(
    server: RecordingServer, videos: OpenRouterVideos, shelf: Shelf
) -> None:
    server.on(SUBMIT, says(accepted(), status=202))
    request = VideoRequest(
        "a running fox",
        frames=(Frame(shelf.keep(PNG, "image/png")), Frame(None, "reference_image", "https://pics.example/a.png")),
        duration_seconds=5,
        resolution="720P",
        aspect_ratio="1:1",
        audio=False,
        seed=7.0,
        callback_url="https://hook.example/done",
    )

    job = await videos.submit(request)

    changed = ("duration 5 -> 6", "aspect_ratio 1:1 -> 16:9")
    assert job == VideoJob("v1", f"{server.base_url}/videos/v1", "google/veo-3.1-fast", changed=changed)
    [seen] = server.asked(SUBMIT)
    assert seen.json == {
        "model": "google/veo-3.1-fast",
        "prompt": "a running fox",
        "duration": 6,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "generate_audio": False,
        "frame_images": [
            {
                "type": "image_url",
                "image_url": {"url": data_url(PNG, "image/png")},
                "frame_type": "first_frame",
            }
        ],
        "input_references": [{"type": "image_url", "image_url": {"url": "https://pics.example/a.png"}}],
        "seed": 7,
        "callback_url": "https://hook.example/done",
    }
    assert seen.headers["X-OpenRouter-Title"] == "OpenClaw"
    assert_sdk_takes(VideoGenerationRequest, seen.json)


async def test_nothing_is_sent_that_was_not_asked_for(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on(SUBMIT, says(accepted(), status=202))

    await videos.submit(VideoRequest("a fox"))

    assert server.asked(SUBMIT)[0].json == {"model": "google/veo-3.1-fast", "prompt": "a fox"}


@pytest.mark.parametrize(
    ("seconds", "sent"),
    [
        (5, 6),
        (7, 8),
        (1, 4),
        (2, 4),
        (3, 4),
        (5.4, 6),
        (4.5, 6),
        (10**400, None),
        (100, 8),
        (-3, 4),
        (float("nan"), None),
        (float("inf"), None),
        (None, None),
    ],
)
def test_durations_go_to_the_nearest_one_on_offer(seconds: float | None, sent: int | None) -> None:
    assert fitted_duration(seconds, (4, 6, 8)) == sent


@pytest.mark.parametrize(
    ("wanted", "supported", "sent"),
    [
        ("720P", VEO.resolutions, "720p"),
        ("480P", VEO.resolutions, "720p"),
        ("4K", VEO.resolutions, ""),
        ("", VEO.resolutions, ""),
        ("1K", ("1K", "2K"), "1K"),
        ("4k", ("4K",), "4K"),
        (" 720P ", (), "720p"),
    ],
)
def test_resolutions_go_to_the_nearest_one_on_offer(wanted: str, supported: tuple[str, ...], sent: str) -> None:
    assert fitted_resolution(wanted, supported) == sent


async def test_what_the_default_model_cannot_follow_is_told_with_the_job(
    server: RecordingServer, videos: OpenRouterVideos
) -> None:
    server.on(SUBMIT, says(accepted(), status=202))

    job = await videos.submit(VideoRequest("x", resolution="4K", aspect_ratio="4:3", duration_seconds=7))

    assert job.ignored == ("resolution",)
    assert server.asked(SUBMIT)[0].json == {
        "model": "google/veo-3.1-fast",
        "prompt": "x",
        "duration": 8,
        "aspect_ratio": "16:9",
    }


def test_wishes_the_model_cannot_follow_are_named() -> None:
    limits = VideoLimits(resolutions=("720P",), aspect_ratios=("16:9",), sizes=("1280x720",), audio=False)
    request = VideoRequest("x", resolution="4K", aspect_ratio="wide", size="9x9", audio=True)

    body, ignored = video_body("a/b", request, limits, ())

    assert body == {"model": "a/b", "prompt": "x"}
    assert ignored == ("resolution", "aspect_ratio", "size", "generate_audio")


def test_wishes_that_were_fitted_are_named() -> None:
    limits = VideoLimits((4, 6, 8), ("720P", "1080P"), ("16:9", "9:16"))
    request = VideoRequest("a fox", duration_seconds=20, resolution="480P", aspect_ratio="1:1")
    kept = VideoRequest("a fox", duration_seconds=8, resolution="720P", aspect_ratio="16:9")

    assert changed_wishes(request, video_body("a/b", request, limits, ())[0]) == (
        "duration 20 -> 8",
        "resolution 480P -> 720p",
        "aspect_ratio 1:1 -> 16:9",
    )
    assert changed_wishes(kept, video_body("a/b", kept, limits, ())[0]) == ()


@pytest.mark.parametrize(
    ("roles", "frames", "references"),
    [
        ([""], {"0": "first_frame"}, []),
        (["", ""], {"0": "first_frame", "1": "last_frame"}, []),
        (["", "", "", ""], {"0": "first_frame", "1": "last_frame"}, ["2", "3"]),
        (["last_frame", ""], {"0": "last_frame", "1": "first_frame"}, []),
        (["first_frame", "first_frame"], {"0": "first_frame"}, ["1"]),
        (["last_frame", "last_frame"], {"0": "last_frame"}, ["1"]),
        (["reference_image", "", "odd"], {"1": "first_frame", "2": "last_frame"}, ["0"]),
        ([" Reference_Image "], {}, ["0"]),
    ],
)
def test_pictures_take_their_places_in_order(roles: list[str], frames: dict[str, str], references: list[str]) -> None:
    got_frames, got_references = placed([Shown(str(place), role) for place, role in enumerate(roles)])

    assert {frame["image_url"]["url"]: frame["frame_type"] for frame in got_frames} == frames
    assert [reference["image_url"]["url"] for reference in got_references] == references


@pytest.mark.parametrize("seed", [1.5, float("nan"), float("inf"), 2.0**53, True, 10**400])
async def test_a_seed_that_is_no_safe_integer_is_refused_unasked(
    server: RecordingServer, videos: OpenRouterVideos, seed: float
) -> None:
    with pytest.raises(BadRequest):
        await videos.submit(VideoRequest("x", seed=seed))

    assert server.asked(SUBMIT) == []


def test_safe_seeds_are_whole_numbers() -> None:
    assert (safe_seed(None), safe_seed(0), safe_seed(-3.0), safe_seed(2**53 - 1)) == (None, 0, -3, 2**53 - 1)


@pytest.mark.parametrize("count", [5, 6])
async def test_more_than_four_pictures_are_refused_unasked(
    server: RecordingServer, videos: OpenRouterVideos, count: int
) -> None:
    frames = tuple(Frame(None, url=f"https://pics.example/{n}") for n in range(count))

    with pytest.raises(BadRequest, match="4 pictures at most"):
        await videos.submit(VideoRequest("x", frames=frames))

    assert server.asked(SUBMIT) == []


@pytest.mark.parametrize("mime", ["video/mp4", "audio/ogg"])
async def test_videos_and_sounds_cannot_guide_a_clip(
    server: RecordingServer, videos: OpenRouterVideos, shelf: Shelf, mime: str
) -> None:
    with pytest.raises(BadRequest):
        await videos.submit(VideoRequest("x", frames=(Frame(shelf.keep(b"data", mime)),)))

    assert server.seen == []


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x/y"])
async def test_a_picture_needs_data_or_a_web_address(videos: OpenRouterVideos, url: str) -> None:
    with pytest.raises(BadRequest, match="neither data nor"):
        await videos.submit(VideoRequest("x", frames=(Frame(None, url=url),)))


async def test_a_picture_that_is_gone_is_told(videos: OpenRouterVideos, shelf: Shelf) -> None:
    with pytest.raises(MediaError):
        await videos.submit(VideoRequest("x", frames=(Frame(Shelf().keep(PNG, "image/png")),)))


async def test_the_live_catalog_decides_what_a_model_can_do(server: RecordingServer, videos: OpenRouterVideos) -> None:
    listed = {
        "id": "Some/Model",
        "supported_durations": [10, 5],
        "supported_resolutions": ["1K"],
        "supported_aspect_ratios": ["1:1"],
        "supported_sizes": None,
        "supported_frame_images": None,
        "generate_audio": False,
    }
    server.on("GET /videos/models", says({"data": [listed, "junk"]}))
    server.on(SUBMIT, says(accepted(), status=202))
    request = VideoRequest(
        "x", model="some/model", duration_seconds=7, resolution="1k", aspect_ratio="16:9", audio=True
    )

    await videos.submit(request)
    await videos.submit(request)
    with pytest.raises(BadRequest, match="from words only"):
        await videos.submit(VideoRequest("x", model="some/model", frames=(Frame(None, url="https://p.example/a"),)))

    assert len(server.asked("GET /videos/models")) == 1
    body = server.asked(SUBMIT)[0].json
    assert body == {"model": "some/model", "prompt": "x", "duration": 5, "resolution": "1K", "aspect_ratio": "1:1"}


def test_what_the_catalog_does_not_mention_stays_as_known() -> None:
    assert live_limits({"id": "x"}, VEO) == VEO
    assert live_limits({"supported_frame_images": ["first_frame"]}, VEO).pictures == 1
    assert live_limits({"supported_durations": [True, "6", 8]}, VEO).durations == (8,)


async def test_a_failed_lookup_is_not_repeated_at_once(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    clock = FakeClock()
    server.on("GET /videos/models", says({}, status=503))
    server.on(SUBMIT, says(accepted(), status=202))
    videos = OpenRouterVideos(client, VideoSettings(), blobs=shelf, clock=clock)

    for _ in range(3):
        await videos.submit(VideoRequest("x", duration_seconds=5))
    await clock.advance(61)
    await videos.submit(VideoRequest("x"))

    assert len(server.asked("GET /videos/models")) == 2
    assert server.asked(SUBMIT)[0].json["duration"] == 6


@pytest.mark.parametrize(
    "reply",
    [
        hangs_up(),
        says({"error": "gateway timeout"}, status=504),
        says({"error": "edge"}, status=524),
        says({"error": "timeout"}, status=408),
        sends(b"<html>", "text/html", status=202),
        says({}, status=202),
        says({"id": "v1"}, status=202),
        says({"id": " ", "polling_url": "/x"}, status=202),
    ],
)
async def test_whenever_the_job_may_be_running_it_is_not_asked_for_again(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, reply: Any
) -> None:
    server.on(SUBMIT, reply)
    settings = VideoSettings(fallbacks=("b/two",))

    with pytest.raises(ProviderBusy) as caught:
        await OpenRouterVideos(client, settings, blobs=shelf, clock=FakeClock()).submit(VideoRequest("x"))

    assert caught.value.status is None
    assert len(server.asked(SUBMIT)) == 1


async def test_after_a_definite_refusal_the_next_model_is_asked(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(SUBMIT, says({"error": "no provider"}, status=503), says(accepted(), status=202))
    settings = VideoSettings(fallbacks=("openrouter/b/two",))

    job = await OpenRouterVideos(client, settings, blobs=shelf, clock=FakeClock()).submit(VideoRequest("x"))

    assert job.model == "b/two"


async def test_when_no_model_takes_a_clip_each_is_named(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(SUBMIT, says({"error": "full"}, status=503), says({"error": "odd"}, status=400))
    videos = OpenRouterVideos(client, VideoSettings("a/one", fallbacks=("b/two",)), blobs=shelf, clock=FakeClock())

    with pytest.raises(ProviderBusy) as failed:
        await videos.submit(VideoRequest("x"))

    assert failed.value.status == 503  # both refused for certain: nothing is running
    assert str(failed.value) == (
        "All 2 models failed: a/one: OpenRouter video generation failed (HTTP 503): full; "
        "b/two: OpenRouter video generation failed (HTTP 400): odd"
    )


async def test_a_named_model_is_asked_for_a_clip_alone(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(SUBMIT, says({"error": "odd"}, status=400))
    videos = OpenRouterVideos(client, VideoSettings(fallbacks=("b/two",)), blobs=shelf, clock=FakeClock())

    with pytest.raises(BadRequest, match=r"^OpenRouter video generation failed \(HTTP 400\): odd"):
        await videos.submit(VideoRequest("x", model="openrouter/z/mine"))

    assert [seen.json["model"] for seen in server.asked(SUBMIT)] == ["z/mine"]


@pytest.mark.parametrize(("call", "configured"), [(0.05, 600.0), (None, 0.05), (0.05, 30.0)])
async def test_the_time_of_the_call_covers_the_submit(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, call: float | None, configured: float
) -> None:
    server.on(SUBMIT, stalls())
    videos = OpenRouterVideos(client, VideoSettings(timeout_seconds=configured), blobs=shelf, clock=FakeClock())

    with pytest.raises(ProviderBusy, match="timed out after 50ms") as failed:
        await videos.submit(VideoRequest("x", timeout_seconds=call))

    assert failed.value.status is None  # it may be running: nobody asks again


async def test_a_provider_that_cannot_be_reached_started_nothing(shelf: Shelf) -> None:
    async with OpenRouterClient(Route(base_url="http://127.0.0.1:1", key=KEY), clock=SystemClock()) as client:
        with pytest.raises(ProviderError) as caught:
            await OpenRouterVideos(client, VideoSettings(), blobs=shelf, clock=FakeClock()).submit(VideoRequest("x"))

    assert not isinstance(caught.value, ProviderBusy)
    assert "Nothing was started" in caught.value.tell


async def test_a_refusal_is_told_with_label_and_status(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on(SUBMIT, says({"error": {"message": "bad size"}}, status=400))

    with pytest.raises(BadRequest, match=r"OpenRouter video generation failed \(HTTP 400\): bad size"):
        await videos.submit(VideoRequest("x"))


async def test_a_submit_never_follows_a_redirect(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on(SUBMIT, redirects("/api/v1/videos2", 307))

    with pytest.raises(BadAnswer, match="redirected"):
        await videos.submit(VideoRequest("x"))

    assert [seen.path for seen in server.seen if seen.method == "POST"] == ["/api/v1/videos"]


@pytest.mark.parametrize(("status", "words"), [("failed", "quota"), ("cancelled", "generation cancelled")])
async def test_a_job_that_failed_at_once_is_told(
    server: RecordingServer, videos: OpenRouterVideos, status: str, words: str
) -> None:
    error = {"error": "quota"} if status == "failed" else {}
    server.on(SUBMIT, says({"status": status, **error}, status=202))

    with pytest.raises(BadAnswer, match=words):
        await videos.submit(VideoRequest("x"))


async def test_a_job_that_is_done_at_once_is_not_polled(server: RecordingServer, videos: OpenRouterVideos) -> None:
    server.on(SUBMIT, says(accepted(status="completed", unsigned_urls=["https://cdn.example/c.mp4"])))

    state = await videos.poll(await videos.submit(VideoRequest("x")))

    assert state == VideoState(True, ("https://cdn.example/c.mp4",))
    assert server.asked("GET /videos/v1") == []
