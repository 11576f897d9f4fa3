"""Music generation, composing songs: chat completions with streamed sound."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BadAnswer, BadRequest, ProviderBusy, ProviderError
from bot.core.media import LONGEST_SONG_SECONDS, Song, SongRequest, Sound
from bot.core.ports.store import Blobs
from bot.media.dataurl import data_url
from bot.openrouter.audio.formats import audio_extension, audio_mime
from bot.openrouter.audio.stream import AudioCollector
from bot.openrouter.candidates import candidates, first_answer
from bot.openrouter.chat.answer import parsed_chunk
from bot.openrouter.http.client import ByteStream, OpenRouterClient
from bot.openrouter.http.failure import ERROR_READ_BYTES, failure_in
from bot.openrouter.http.sse import EventReader
from bot.openrouter.ratios import finite
from bot.openrouter.usage import cost_microusd

log = logging.getLogger(__name__)

LABEL = "OpenRouter music generation failed"
DEFAULT_MODEL = "google/lyria-3-pro-preview"
FORMATS = {"wav": "audio/wav", "mp3": "audio/mpeg"}
LEAST_SECONDS = 120.0
_ENVELOPE_BYTES = 65_536
_SMALL_CHARACTERS = 256 * 1024


@dataclass(frozen=True, slots=True)
class MusicSettings:
    """Models in order, and bounds. A configured timeout below two minutes is raised to them: no song is faster."""

    primary: str = DEFAULT_MODEL
    fallbacks: tuple[str, ...] = ()
    timeout_seconds: float = 300.0
    song_bytes: int = 16 * 1024 * 1024

    @property
    def patience_seconds(self) -> float:
        """How long a song may take."""
        return max(LEAST_SECONDS, self.timeout_seconds)


class OpenRouterMusic:
    """Implements `MusicGenerator`."""

    def __init__(self, client: OpenRouterClient, settings: MusicSettings, *, blobs: Blobs) -> None:
        self._client, self._settings, self._blobs = client, settings, blobs
        if settings.patience_seconds > settings.timeout_seconds:
            raised = {"configured": settings.timeout_seconds, "seconds": settings.patience_seconds}
            log.warning("music.timeout_raised", extra=raised)

    async def compose(self, request: SongRequest) -> Song:
        """A song. Raises `ProviderError`, and `MediaError` when the picture is gone."""
        models = candidates(request.model, self._settings.primary, self._settings.fallbacks)
        form = request.format.strip().lower() or "mp3"
        if form not in FORMATS:
            raise BadRequest(f"{request.format!r} is not a song format", tell="A song can be wav or mp3.")
        picture = request.picture_url
        if request.picture is not None and not picture:
            data = await self._blobs.read(request.picture)
            picture = await asyncio.to_thread(data_url, data, request.picture.mime or "image/png")
        return await first_answer(models, lambda slug: self._compose(slug, request, form, picture))

    async def _compose(self, slug: str, request: SongRequest, form: str, picture: str) -> Song:
        collector = AudioCollector(cap_bytes=self._settings.song_bytes, label=LABEL)
        body = song_body(slug, request, form, picture)
        seconds = request.timeout_seconds or self._settings.patience_seconds
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream("/chat/completions", body, label=LABEL, headers_seconds=seconds) as stream,
            ):
                await self._listen(stream, collector)
        except TimeoutError as error:
            raise ProviderBusy(f"{LABEL}: timed out after {round(seconds * 1000)}ms") from error
        data, words = await asyncio.to_thread(collector.finish)
        # Lyria answers with MP3 whatever was asked for: the bytes decide.
        mime = audio_mime(data) or FORMATS[form]
        sound = Sound(data, mime, f"track-1.{audio_extension(mime)}")
        return Song(sound, slug, words, cost_microusd(collector.usage), collector.generation_id)

    async def _listen(self, stream: ByteStream, collector: AudioCollector) -> None:
        """Feeds every event to the collector until the stream says it is done."""
        kind = stream.content_type.partition(";")[0].strip().lower()
        if kind not in ("text/event-stream", ""):
            raise await _no_stream(stream, kind)
        cap = self._settings.song_bytes
        reader = EventReader(cap_bytes=math.ceil(cap / 3) * 4 + cap + _ENVELOPE_BYTES)
        async for chunk in stream.chunks:
            for data in reader.feed(chunk):
                if await _taken(data, collector):
                    return
        for data in reader.finish():
            if await _taken(data, collector):
                return
        raise ProviderBusy(f"{LABEL}: stream ended before completion", tell="The song broke off. Please try again.")


async def _taken(data: str, collector: AudioCollector) -> bool:
    """Whether this event is the end of the stream; any other one goes to the collector."""
    if data.strip() == "[DONE]":
        return True
    if len(data) < _SMALL_CHARACTERS:
        _collect(data, collector)
    else:
        await asyncio.to_thread(_collect, data, collector)
    return False


def _collect(data: str, collector: AudioCollector) -> None:
    if not data.strip():
        return
    event = parsed_chunk(data, LABEL)
    failure = failure_in(event, label=LABEL)
    if failure:
        raise failure
    collector.take(event)


async def _no_stream(stream: ByteStream, kind: str) -> ProviderError:
    """What an answer says that is no stream: the error in it, or that it is no stream."""
    body = bytearray()
    async for chunk in stream.chunks:
        body += chunk
        if len(body) > ERROR_READ_BYTES:
            break
    try:
        parsed = json.loads(bytes(body[:ERROR_READ_BYTES]))
    except (ValueError, RecursionError):
        parsed = None
    failure = failure_in(parsed, label=LABEL) if isinstance(parsed, dict) else None
    return failure or BadAnswer(f"{LABEL}: the answer is {kind!r} instead of a stream. The base URL may be wrong")


def song_body(slug: str, request: SongRequest, form: str, picture: str) -> dict[str, Any]:
    """The chat completions request. `picture` is a URL or "". Source: OpenRouter docs, audio output."""
    prompt = song_prompt(request)
    content: str | list[dict[str, Any]] = prompt
    if picture:
        content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": picture}}]
    return {
        "model": slug,
        "messages": [{"role": "user", "content": content}],
        "modalities": ["text", "audio"],
        "audio": {"format": form},
        "stream": True,
    }


def song_prompt(request: SongRequest) -> str:
    """Everything the model should know, in blocks with a blank line between them."""
    blocks = [request.prompt.strip()]
    if request.instrumental:
        blocks.append("Instrumental only, without any vocals.")
    if request.lyrics.strip():
        blocks.append(f"Lyrics:\n{request.lyrics.strip()}")
    wanted = finite(request.duration_seconds)
    if wanted is not None:
        seconds = max(1, min(LONGEST_SONG_SECONDS, math.floor(wanted + 0.5)))
        blocks.append(f"Target duration: about {seconds} seconds.")
    return "\n\n".join(block for block in blocks if block)
