"""Requests and results of the paid media capabilities: transcription, speech synthesis, images, videos, music."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.chat import Picture
from bot.core.messages import Blob


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio in memory. `mime` is what it is; `name` a file name for formats known by extension."""

    data: bytes
    mime: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said."""

    text: str
    model: str
    cost_microusd: int | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """Synthesized speech as the provider sent it (MP3, or WAV around PCM)."""

    sound: Sound
    model: str
    cost_microusd: int | None = None
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures to draw. `model` "" means as configured. `timeout_seconds` None means as configured.

    `references` are pictures to edit or to follow, five at most. `size` is WxH in pixels."""

    prompt: str
    model: str = ""
    references: tuple[Blob, ...] = ()
    count: int = 1
    aspect_ratio: str = ""
    resolution: str = ""
    size: str = ""
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pictures that came back, in order; `ignored` names hints the model has no field for, `changed` says which
    were fitted to what it has."""

    pictures: tuple[Picture, ...]
    model: str
    cost_microusd: int | None = None
    generation_id: str = ""
    ignored: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture for a clip. `role` is first_frame, last_frame, reference_image or ""."""

    blob: Blob | None
    role: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A clip to render. Empty and None mean: leave it to the model."""

    prompt: str
    model: str = ""
    frames: tuple[Frame, ...] = ()
    duration_seconds: float | None = None
    resolution: str = ""
    aspect_ratio: str = ""
    size: str = ""
    audio: bool | None = None
    seed: float | None = None
    callback_url: str = ""
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A clip that the provider renders. `ignored` names wishes that the model cannot follow, `changed` says which were
    fitted to what it can."""

    id: str
    polling_url: str
    model: str
    ignored: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoState:
    """Where a clip stands. `done` with `urls` and `unsigned_urls` as the provider listed them."""

    done: bool
    unsigned_urls: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    cost_microusd: int | None = None
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished clip: its bytes, or a link when it is larger than may be carried."""

    sound: Sound | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class SongRequest:
    """A song to compose. `format` is wav or mp3."""

    prompt: str
    model: str = ""
    lyrics: str = ""
    instrumental: bool = False
    duration_seconds: float | None = None
    picture: Blob | None = None
    picture_url: str = ""
    format: str = ""
    timeout_seconds: float | None = None


LONGEST_SONG_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Song:
    """A finished song. `sound.mime` is sniffed from what arrived, not from what was asked."""

    sound: Sound
    model: str
    lyrics: str = ""
    cost_microusd: int | None = None
    generation_id: str = ""
