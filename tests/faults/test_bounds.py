"""Addresses that the provider names and that must never be contacted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.core.clock import SystemClock
from bot.core.errors import ProviderError
from bot.core.media import VideoJob, VideoState
from bot.net.ssrf_guard import SsrfGuard
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from bot.openrouter.videos.generate import OpenRouterVideos, VideoSettings
from tests.bot.net.origins import Names
from tests.bot.net.test_ssrf_guard import FORBIDDEN, Trap
from tests.bot.openrouter.recording_server import RecordingServer, redirects, says
from tests.fakes.shelf import Shelf

KEY = "sk-or-v1-test-key-0123456789"
NAMED = "https://friendly.example:{port}/clip.mp4"
FORMS = [f"https://{host}:{{port}}/clip.mp4" for host in FORBIDDEN]
FORMS += [form.replace("https:", "http:") for form in FORMS]
FORMS += [NAMED, "https://me@127.0.0.1:{port}/", "//127.0.0.1:{port}/", "\\\\127.0.0.1:{port}\\", "file:///etc/passwd"]


@asynccontextmanager
async def trapped() -> AsyncIterator[Trap]:
    """A socket on every address of this machine, that counts who comes."""
    trap = Trap()
    server = await asyncio.start_server(trap.visited, "0.0.0.0", 0)
    trap.port = server.sockets[0].getsockname()[1]
    async with server:
        yield trap


@asynccontextmanager
async def clips(server: RecordingServer) -> AsyncIterator[OpenRouterVideos]:
    """The real generator behind the real guard; every name leads to this machine."""
    async with SsrfGuard(resolver=Names("127.0.0.1")) as guard:
        route = Route(base_url=server.base_url, key=KEY, canonical=server.base_url)
        async with OpenRouterClient(route, clock=SystemClock(), public=guard) as client:
            yield OpenRouterVideos(client, VideoSettings(clip_bytes=1000), blobs=Shelf(), clock=SystemClock())


async def test_no_forbidden_address_of_a_clip_is_ever_contacted() -> None:
    async with RecordingServer() as server, trapped() as trap, clips(server) as videos:
        for form in FORMS:
            address = form.format(port=trap.port)
            server.on("GET /videos/v1", says({"status": "in_progress"}))
            assert not (await videos.poll(VideoJob("v1", address, "m/m"))).done
            with pytest.raises(ProviderError):
                await videos.download(VideoJob("v1", "", "m/m"), VideoState(done=True, unsigned_urls=(address,)))

        await asyncio.sleep(0.05)
        assert len(FORMS) >= 40
        assert trap.visits == 0


async def test_no_redirect_leads_a_clip_to_a_forbidden_address() -> None:
    async with RecordingServer() as server, trapped() as trap, clips(server) as videos:
        for form in FORMS:
            server.on("GET /videos/v1/content", redirects(form.format(port=trap.port)))
            server.on("GET /go", redirects(form.format(port=trap.port)))
            own = f"{server.base_url}/go"
            with pytest.raises(ProviderError):
                await videos.download(VideoJob("v1", "", "m/m"), VideoState(done=True, unsigned_urls=(own,)))

        await asyncio.sleep(0.05)
        assert trap.visits == 0
