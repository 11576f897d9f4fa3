"""A clip from order to file."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import aiohttp
import imageio_ffmpeg
from openrouter import components

from bot.sandbox import Sandbox
from bot.sandbox.faults import ForeignPollingUrl, JobFails
from tests.bot.sandbox.conftest import Client
from tests.fakes.clock import FakeClock

ORDER = {"model": "google/veo-3.1-fast", "prompt": "a sunny mountain", "duration": 4, "aspect_ratio": "16:9"}


async def test_a_clip_is_ordered_polled_and_fetched(client: Client, tmp_path: Path) -> None:
    order = await client.post("/videos", ORDER)
    first, second = [await client.get(order.json["polling_url"]) for _ in range(2)]
    done = components.VideoGenerationResponse.model_validate(second.json)
    assert done.unsigned_urls is not None
    clip = await client.get(done.unsigned_urls[0])

    probed = await asyncio.to_thread(probe, tmp_path / "clip.mp4", clip.body)
    assert order.status == 202
    assert (order.json["status"], first.json["status"], done.status) == ("pending", "in_progress", "completed")
    assert re.search(r"Video: h264.* 480x270", probed)
    assert "Audio: aac" in probed
    assert "Duration: 00:00:04" in probed
    assert len(clip.body) < 300_000


def probe(path: Path, clip: bytes) -> str:
    """What ffmpeg says about the clip."""
    path.write_bytes(clip)
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True).stderr.decode()


async def test_a_clip_takes_the_time_that_was_set() -> None:
    clock = FakeClock()
    async with Sandbox(render_seconds=30, clock=clock) as sandbox, aiohttp.ClientSession() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.key}"
        client = Client(sandbox, session)
        job = (await client.post("/videos", ORDER)).json["id"]
        states = []
        for _ in range(4):
            states.append((await client.get(f"/videos/{job}")).json["status"])
            await clock.advance(12)
        early = await client.get("/videos/none")

        assert states == ["pending", "in_progress", "in_progress", "completed"]
        assert early.status == 404


async def test_the_content_of_an_unfinished_clip_is_a_conflict(client: Client) -> None:
    job = (await client.post("/videos", ORDER)).json["id"]

    assert (await client.get(f"/videos/{job}/content")).status == 409


async def test_a_clip_can_fail_and_can_point_elsewhere(client: Client) -> None:
    client.sandbox.faults.add("/videos", do=JobFails("failed", "no such mountain"))
    client.sandbox.faults.add("/videos", do=ForeignPollingUrl("http://elsewhere.invalid/poll"), after=0)

    failing = (await client.post("/videos", ORDER)).json
    foreign = (await client.post("/videos", ORDER)).json
    states = [(await client.get(f"/videos/{failing['id']}")).json for _ in range(2)]

    assert (states[1]["status"], states[1]["error"]) == ("failed", "no such mountain")
    assert foreign["polling_url"] == "http://elsewhere.invalid/poll"
