"""Speech synthesis (text to speech): POST /audio/speech answers with sound."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.errors import BadAnswer, ConfigError, ModelMissing, ProviderError
from bot.core.media import Sound, Speech
from bot.openrouter.audio.formats import audio_extension, audio_mime, wav_around
from bot.openrouter.http.client import BinaryAnswer, OpenRouterClient
from bot.openrouter.http.failure import failure_in
from bot.openrouter.refs import slug_of
from bot.openrouter.usage import billed

LABEL = "OpenRouter TTS API error"
DEFAULT_MODEL = "hexgrad/kokoro-82m"
DEFAULT_VOICE = "af_alloy"
_FORMATS = ("mp3", "pcm")
BILL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How speech is asked for. `provider` goes out as written: options for the model's own provider.

    Raises `ConfigError` for a format other than mp3 and pcm (any case).
    """

    model: str = DEFAULT_MODEL
    voice: str = DEFAULT_VOICE
    response_format: str = "mp3"
    speed: float | None = None
    provider: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        form = self.response_format.strip().lower() or "mp3"
        if form not in _FORMATS:
            raise ConfigError(
                f"{self.response_format!r} is not a speech format",
                path="messages.tts.providers.openrouter.responseFormat",
                fix="Write mp3 or pcm.",
            )
        object.__setattr__(self, "response_format", form)


class OpenRouterSynthesizer:
    """Implements `Synthesizer`."""

    def __init__(self, client: OpenRouterClient, settings: SpeechSettings) -> None:
        self._client, self._settings = client, settings

    async def speak(
        self,
        text: str,
        *,
        voice: str = "",
        model: str = "",
        speed: float | None = None,
        timeout_seconds: float | None = None,
    ) -> Speech:
        """`text` as MP3, or as WAV around the samples when the model speaks PCM. What the call says wins over what is
        configured. Raises `ProviderError`."""
        settings = self._settings
        slug = _slug(model) if model.strip() else slug_of(settings.model)
        speed = settings.speed if speed is None else speed
        body: dict[str, Any] = {
            "model": slug,
            "input": text,
            "voice": voice.strip() or settings.voice.strip() or DEFAULT_VOICE,
            # Always sent, because the API's own default is pcm. Source: OpenRouter API reference, speech.
            "response_format": settings.response_format,
        }
        if speed is not None and math.isfinite(speed):
            body["speed"] = speed
        if settings.provider:
            body["provider"] = dict(settings.provider)
        answer = await self._client.post_bytes(
            "/audio/speech",
            body,
            label=LABEL,
            timeout_seconds=timeout_seconds or settings.timeout_seconds,
            headers={"Accept": "audio/*, application/json"},
        )
        sound = await asyncio.to_thread(_sound, answer, settings.response_format)
        return Speech(sound, slug, generation_id=answer.headers.get("X-Generation-Id", ""))

    async def cost(self, generation_id: str) -> int | None:
        """What a speech cost: its own answer does not say. Asked where it was made. Raises `ProviderError`."""
        return await billed(self._client, generation_id, timeout_seconds=BILL_SECONDS)


def _slug(asked: str) -> str:
    """The model that a call names. Raises `ModelMissing` when it is none."""
    try:
        return slug_of(asked)
    except ConfigError as error:
        raise ModelMissing(f"{LABEL}: {error}") from error


def _sound(answer: BinaryAnswer, asked: str) -> Sound:
    """What arrived, named after what it is. Samples are never guessed at by their first bytes: silence a hair
    below zero looks like an MPEG frame."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if not answer.data or kind.startswith("text/") or kind == "application/json" or kind.endswith("+json"):
        got = f"{len(answer.data)} bytes of {kind or 'unknown type'}"
        raise _told(answer.data) or BadAnswer(f"{LABEL}: malformed audio response: {got}")
    if kind in ("audio/pcm", "audio/l16") or (asked == "pcm" and kind not in ("audio/mpeg", "audio/mp3", "audio/wav")):
        wrapped = answer.data if answer.data[:4] == b"RIFF" else wav_around(answer.data, answer.content_type)
        return Sound(wrapped, "audio/wav", "speech.wav")
    mime = audio_mime(answer.data) or (kind if kind.startswith("audio/") else "audio/mpeg")
    return Sound(answer.data, mime, f"speech.{audio_extension(mime)}")


def _told(data: bytes) -> ProviderError | None:
    """The error inside an answer that is JSON where sound should be."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return failure_in(body, label=LABEL) if isinstance(body, dict) else None
