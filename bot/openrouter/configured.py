"""Configuration mapping: the settings of each adapter, made from the configuration."""

from __future__ import annotations

from collections.abc import Mapping

from bot.config.agents import GenerationModel
from bot.config.model import Config
from bot.config.speech import AudioModel, Tts
from bot.openrouter.audio.music import MusicSettings
from bot.openrouter.audio.speech import SpeechSettings
from bot.openrouter.audio.transcription import TranscriptionModel, TranscriptionSettings
from bot.openrouter.catalog import FactOverride
from bot.openrouter.chat.completions import ChatSettings
from bot.openrouter.http.route import CANONICAL, Attribution, Route
from bot.openrouter.images.generate import ImageSettings
from bot.openrouter.params import ParamLayers
from bot.openrouter.videos.generate import VideoSettings

MIB = 1024 * 1024


def route(config: Config, key: str, base_url: str | None = None, headers: Mapping[str, str] | None = None) -> Route:
    """Where requests go, with this key. `base_url` and `headers` are an entry's own."""
    provider = config.models.providers.openrouter
    named, bundled = provider.attribution, Attribution()
    return Route(
        base_url=base_url or provider.base_url or CANONICAL,
        key=key,
        attribution=Attribution(
            referer=bundled.referer if named.referer is None else named.referer,
            title=bundled.title if named.title is None else named.title,
            categories=bundled.categories if named.categories is None else named.categories,
        ),
        custom=tuple({**provider.headers, **(headers or {})}.items()),
        zdr=config.privacy.zdr,
    )


def chat_settings(config: Config) -> ChatSettings:
    """How chat models are asked: params by layer, fallbacks, the thinking level of the active agent."""
    agents = config.agents
    defaults, active = agents.defaults, agents.active
    layers = ParamLayers(
        provider=config.models.providers.openrouter.params,
        catalog={model.id: model.params for model in config.models.providers.openrouter.models},
        defaults=defaults.params,
        models={ref: entry.params for ref, entry in defaults.models.items()},
        agent=active.params,
    )
    return ChatSettings(
        params=layers,
        fallbacks=(active.model or defaults.model).fallbacks,
        thinking=active.thinking_default or defaults.thinking_default or "",
    )


def catalog_overrides(config: Config) -> dict[str, FactOverride]:
    """What the operator knows better than the catalog."""
    return {
        model.id: FactOverride(
            name=model.name or None,
            reasoning=model.reasoning,
            images=None if model.input is None else "image" in model.input,
            context_tokens=model.context_window,
            output_tokens=model.max_tokens,
        )
        for model in config.models.providers.openrouter.models
    }


def image_settings(config: Config) -> ImageSettings:
    """Which model draws, and how long it may take."""
    model = config.agents.defaults.image
    return ImageSettings(model.primary, tuple(model.fallbacks), seconds(model, 180.0))


def video_settings(config: Config) -> VideoSettings:
    """Which model renders clips, how long it may take, and how large a clip may be."""
    model = config.agents.defaults.video
    return VideoSettings(model.primary, tuple(model.fallbacks), seconds(model, 600.0), media_bytes(config))


def music_settings(config: Config) -> MusicSettings:
    """Which model composes, how long it may take, and how large a song may be."""
    model = config.agents.defaults.music
    return MusicSettings(model.primary, tuple(model.fallbacks), seconds(model, 300.0), media_bytes(config))


def speech_settings(tts: Tts) -> SpeechSettings:
    """Which model speaks, with which voice."""
    openrouter = tts.providers.openrouter
    return SpeechSettings(
        model=openrouter.chosen_model,
        voice=openrouter.chosen_voice,
        response_format=openrouter.response_format,
        speed=openrouter.speed,
        provider=openrouter.provider,
        timeout_seconds=tts.timeout_ms / 1000,
    )


def transcription_settings(config: Config) -> TranscriptionSettings:
    """Which models listen, in order."""
    audio = config.tools.media.audio
    return TranscriptionSettings(
        models=tuple(listener(entry) for entry in audio.models),
        language=audio.language,
        timeout_seconds=audio.timeout_seconds,
        max_bytes=audio.max_bytes,
    )


def listener(entry: AudioModel) -> TranscriptionModel:
    """One entry of tools.media.audio.models."""
    return TranscriptionModel(
        model=entry.model,
        language=entry.language or "",
        temperature=entry.temperature,
        timeout_seconds=entry.timeout_seconds,
        max_bytes=entry.max_bytes,
        headers=entry.headers,
        place=place(entry),
    )


def place(entry: AudioModel) -> str:
    """What sets the client of this entry apart from the main one: its own host and its own key; "" for neither."""
    return f"{entry.profile}@{entry.base_url or ''}" if entry.profile or entry.base_url else ""


def seconds(model: GenerationModel, default: float) -> float:
    """The configured time of a capability."""
    return default if model.timeout_ms is None else model.timeout_ms / 1000


def media_bytes(config: Config) -> int:
    """How large a generated file may be."""
    return int(config.agents.defaults.media_max_mb * MIB)
