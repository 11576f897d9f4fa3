"""Video model limits, what a model accepts: as the live catalog says, or as it is known for the default model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import ProviderError
from bot.core.ports.clock import Clock
from bot.openrouter.http.client import OpenRouterClient

log = logging.getLogger(__name__)

DEFAULT_MODEL = "google/veo-3.1-fast"
_FRESH_SECONDS = 3600.0
_RETRY_SECONDS = 60.0
_LOOKUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What a model accepts. An empty tuple means: no limit is listed, send what was asked for.

    `pictures` is how many it takes as frames and references together (0: no pictures at all).
    """

    durations: tuple[int, ...] = ()
    resolutions: tuple[str, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    pictures: int = 4
    audio: bool = True


_KNOWN = {DEFAULT_MODEL: VideoLimits((4, 6, 8), ("720P", "1080P"), ("16:9", "9:16"))}


class VideoCatalog:
    """The limits of video models, kept for an hour. A lookup that fails is never fatal and is not repeated at once."""

    def __init__(self, client: OpenRouterClient, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._models: Mapping[str, Mapping[str, Any]] = {}
        self._next = clock.monotonic()

    async def limits(self, slug: str) -> VideoLimits:
        """What this model accepts. Source: OpenRouter API reference, list video models."""
        bundled = _KNOWN.get(slug, VideoLimits())
        if self._clock.monotonic() >= self._next:
            await self._refresh()
        entry = self._models.get(slug)
        return bundled if entry is None else live_limits(entry, bundled)

    async def _refresh(self) -> None:
        try:
            answer = await self._client.get_json(
                "/videos/models", label="OpenRouter video catalog failed", timeout_seconds=_LOOKUP_SECONDS
            )
        except ProviderError as error:
            self._next = self._clock.monotonic() + _RETRY_SECONDS
            log.info("video_catalog.unavailable", extra={"status": error.status, "kind": type(error).__name__})
            return
        self._next = self._clock.monotonic() + _FRESH_SECONDS
        listed = answer.body.get("data")
        entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        self._models = {str(entry.get("id", "")).lower(): entry for entry in entries}


def live_limits(entry: Mapping[str, Any], bundled: VideoLimits) -> VideoLimits:
    """The limits of a catalog entry; what it does not mention stays as `bundled`.

    Frame kinds are counted: none of them means that the model makes clips from words only.
    """
    durations = tuple(number for number in _listed(entry, "supported_durations") if type(number) is int and number > 0)
    frames = entry.get("supported_frame_images")
    pictures = len(frames) if isinstance(frames, list) else 0
    return VideoLimits(
        durations or bundled.durations,
        _words(entry, "supported_resolutions") or bundled.resolutions,
        _words(entry, "supported_aspect_ratios") or bundled.aspect_ratios,
        _words(entry, "supported_sizes") or bundled.sizes,
        pictures if "supported_frame_images" in entry else bundled.pictures,
        entry.get("generate_audio") is not False if "generate_audio" in entry else bundled.audio,
    )


def _words(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(word for word in _listed(entry, name) if isinstance(word, str) and word)


def _listed(entry: Mapping[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    return value if isinstance(value, list) else []
