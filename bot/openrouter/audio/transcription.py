"""Transcription (speech to text): POST /audio/transcriptions with base64 audio inside JSON."""

from __future__ import annotations

import asyncio
import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.errors import BadAnswer, MediaError
from bot.core.media import Sound, Transcript
from bot.openrouter.candidates import first_answer
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.failure import failure_in
from bot.openrouter.refs import slug_of
from bot.openrouter.usage import cost_microusd

LABEL = "OpenRouter audio transcription failed"
DEFAULT_MODEL = "openai/whisper-large-v3-turbo"
SMALLEST_BYTES = 1024
_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/ogg": "ogg",
    "audio/oga": "ogg",
    "audio/opus": "ogg",
    "audio/webm": "webm",
    "audio/aac": "aac",
}
_EXTENSIONS = {
    **{name: name for name in ("wav", "mp3", "flac", "m4a", "ogg", "webm", "aac")},
    "mpeg": "mp3",
    "mp4": "m4a",
    "oga": "ogg",
    "opus": "ogg",
}


@dataclass(frozen=True, slots=True)
class TranscriptionModel:
    """One entry of tools.media.audio.models. Empty and None mean: as for all. `place` names another client: another
    host, another key."""

    model: str = DEFAULT_MODEL
    language: str = ""
    temperature: float | None = None
    timeout_seconds: float | None = None
    max_bytes: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptionSettings:
    """Models in the order they are tried, and what holds for all of them."""

    models: tuple[TranscriptionModel, ...] = (TranscriptionModel(),)
    language: str = ""
    timeout_seconds: float = 60.0
    max_bytes: int = 20 * 1024 * 1024


class OpenRouterTranscriber:
    """Implements `Transcriber`. `elsewhere` holds a client for every place that an entry names."""

    def __init__(
        self,
        client: OpenRouterClient,
        settings: TranscriptionSettings,
        *,
        elsewhere: Mapping[str, OpenRouterClient] | None = None,
    ) -> None:
        self._client, self._settings, self._elsewhere = client, settings, elsewhere or {}

    async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
        """What was said. `language` is an ISO code and wins over the configured ones.

        Raises `MediaError` for an unknown format and for sound that is too short or too long for every model,
        before anything is asked; `ProviderError` when every model failed.
        """
        form = sound_format(sound)
        if not form:
            what = sound.mime or sound.name or "a sound without type and name"
            raise MediaError(
                f"{what!r} is no audio format that can be transcribed", tell="I cannot listen to that format."
            )
        if len(sound.data) < SMALLEST_BYTES:
            raise MediaError(f"the sound has only {len(sound.data)} bytes", tell="That recording is empty.")
        able = [entry for entry in self._settings.models if len(sound.data) <= self._cap(entry)]
        if not able:
            raise MediaError(
                f"the sound has {len(sound.data)} bytes, more than any configured model takes",
                tell="That recording is too long for me.",
            )
        packed = (await asyncio.to_thread(base64.b64encode, sound.data)).decode("ascii")
        audio = {"data": packed, "format": form}
        return await first_answer(able, lambda entry: self._ask(entry, audio, language), lambda entry: entry.model)

    def _cap(self, entry: TranscriptionModel) -> int:
        return entry.max_bytes or self._settings.max_bytes

    async def _ask(self, entry: TranscriptionModel, audio: dict[str, str], language: str) -> Transcript:
        model = slug_of(entry.model)
        client = self._elsewhere[entry.place] if entry.place else self._client
        body: dict[str, Any] = {"model": model, "input_audio": audio}
        spoken = language.strip() or entry.language.strip() or self._settings.language.strip()
        if spoken:
            body["language"] = spoken
        if entry.temperature is not None and math.isfinite(entry.temperature):
            body["temperature"] = entry.temperature
        answer = await client.post_json(
            "/audio/transcriptions",
            body,
            label=LABEL,
            timeout_seconds=entry.timeout_seconds or self._settings.timeout_seconds,
            headers=entry.headers,
        )
        failure = failure_in(answer.body, label=LABEL)
        if failure:
            raise failure
        text = answer.body.get("text")
        if not isinstance(text, str) or not text.strip():
            raise BadAnswer(f"{LABEL}: response missing text", tell="I could not make out any words in that recording.")
        return Transcript(text.strip(), model, cost_microusd(answer.body.get("usage")))


def sound_format(sound: Sound) -> str:
    """The format word of the API: by MIME type, else by file extension; "" for neither."""
    mime = sound.mime.partition(";")[0].strip().lower()
    return _FORMATS.get(mime) or _EXTENSIONS.get(sound.name.rpartition(".")[2].strip().lower(), "")
