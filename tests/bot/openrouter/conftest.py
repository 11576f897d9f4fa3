"""A provider on loopback and a client that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.core.clock import SystemClock
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from bot.openrouter.videos.generate import OpenRouterVideos, VideoSettings
from tests.bot.openrouter.recording_server import RecordingServer
from tests.bot.openrouter.stranger import Stranger
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import Shelf

KEY = "sk-or-v1-test-key-0123456789"


@pytest.fixture
async def server() -> AsyncIterator[RecordingServer]:
    async with RecordingServer() as running:
        yield running


@pytest.fixture
def stranger() -> Stranger:
    return Stranger()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def client(server: RecordingServer, stranger: Stranger) -> AsyncIterator[OpenRouterClient]:
    """The recording server counts as OpenRouter itself, so that attribution goes out."""
    route = Route(base_url=server.base_url, key=KEY, canonical=server.base_url)
    async with OpenRouterClient(route, clock=SystemClock(), public=stranger) as opened:
        yield opened


@pytest.fixture
def videos(client: OpenRouterClient, shelf: Shelf) -> OpenRouterVideos:
    return OpenRouterVideos(client, VideoSettings(clip_bytes=1000), blobs=shelf, clock=FakeClock())
