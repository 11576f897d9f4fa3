"""Ports: the model provider, one protocol for each capability."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from bot.core.chat import ChatEvent, ChatRequest
from bot.core.media import (
    Clip,
    Drawn,
    ImageRequest,
    Song,
    SongRequest,
    Sound,
    Speech,
    Transcript,
    VideoJob,
    VideoRequest,
    VideoState,
)


class ChatModel(Protocol):
    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Deltas, then exactly one `Finished`; or raises `ProviderError`. Retries and model fallbacks
        happen inside, each announced by `Retrying`."""


class Transcriber(Protocol):
    async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
        """What was said. Raises `ProviderError`, `MediaError` for a format that no model transcribes."""


class Synthesizer(Protocol):
    async def speak(
        self,
        text: str,
        *,
        voice: str = "",
        model: str = "",
        speed: float | None = None,
        timeout_seconds: float | None = None,
    ) -> Speech:
        """`text` (4096 characters at most) as speech; "" and None mean as configured. Raises `ProviderError`."""

    async def cost(self, generation_id: str) -> int | None:
        """What a speech cost in micro-dollars, None while the provider does not say. Raises `ProviderError`."""


class ImageGenerator(Protocol):
    async def draw(self, request: ImageRequest) -> Drawn:
        """At least one picture. Raises `ProviderError`."""


class VideoGenerator(Protocol):
    async def submit(self, request: VideoRequest) -> VideoJob:
        """Starts a paid render, exactly one request. Raises `ProviderError`; anything that leaves the
        outcome unknown is `ProviderBusy` with status None."""

    async def poll(self, job: VideoJob, *, seconds: float = 60.0) -> VideoState:
        """Where the job stands, asked for `seconds` at most. Raises `BadAnswer` when it failed for good,
        `ProviderBusy` when asking failed."""

    async def download(self, job: VideoJob, state: VideoState) -> Clip:
        """The finished clip. Raises `ProviderError`."""


class MusicGenerator(Protocol):
    async def compose(self, request: SongRequest) -> Song:
        """A song. Raises `ProviderError`."""
