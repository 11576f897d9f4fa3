"""The sections `messages.tts` and `tools.media.audio`: speaking and listening."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bot.config.providers import BaseUrl
from bot.config.secret import SecretField
from bot.config.section import AsTuple, AsWhole, Count, Milliseconds, Params, Schema, Section

DEFAULT_SPEECH_MODEL = "hexgrad/kokoro-82m"
DEFAULT_VOICE = "af_alloy"
DEFAULT_TRANSCRIPTION_MODEL = "openai/whisper-large-v3-turbo"


def _trimmed_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class OpenRouterSpeech(Section):
    """`messages.tts.providers.openrouter`: which model speaks, and with which voice."""

    api_key: SecretField | None = None
    base_url: BaseUrl | None = None
    model: str = ""
    model_id: str = ""
    speaker_voice: str = ""
    voice: str = ""
    voice_name: str = ""
    speaker_voice_id: str = ""
    voice_id: str = ""
    response_format: Annotated[
        Literal["mp3", "pcm"],
        BeforeValidator(_trimmed_lower),
        Schema(lambda _: {"type": "string", "pattern": r"^\s*([mM][pP]3|[pP][cC][mM])\s*$"}),
    ] = "mp3"
    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    provider: Params = Field(default_factory=dict)

    @property
    def chosen_model(self) -> str:
        return self.model.strip() or self.model_id.strip() or DEFAULT_SPEECH_MODEL

    @property
    def chosen_voice(self) -> str:
        """The first voice that is set. Source: OpenClaw 2026.6, speech provider configuration."""
        written = (self.speaker_voice, self.voice, self.voice_name, self.speaker_voice_id, self.voice_id)
        return next((voice.strip() for voice in written if voice.strip()), DEFAULT_VOICE)


class SpeechProviders(Section):
    openrouter: OpenRouterSpeech = OpenRouterSpeech()


class ModelOverrides(Section):
    """What the model that answers may decide about how one answer is spoken, with [[tts:...]] in its text."""

    enabled: bool = True
    allow_text: bool = True
    allow_voice: bool = True
    allow_model_id: bool = True
    allow_voice_settings: bool = True


class Tts(Section):
    """When replies are spoken. `inbound` answers a voice note with a voice note.

    Texts longer than `max_length` characters are summed up by `summary_model` ("" is the model that answers) before
    they are spoken, or cut where `summarize` is false or that fails; more than `max_text_length` is never sent to the
    speech model.
    """

    auto: Literal["off", "always", "inbound", "tagged"] = "inbound"
    provider: Literal["openrouter"] = "openrouter"
    providers: SpeechProviders = SpeechProviders()
    timeout_ms: Milliseconds = 30_000
    max_length: Count = 1500
    max_text_length: Annotated[int, Field(gt=0, le=4096), AsWhole] = 4096
    summarize: bool = True
    summary_model: str = ""
    model_overrides: ModelOverrides = ModelOverrides()


class Messages(Section):
    tts: Tts | None = None


class AudioModel(Section):
    """One transcription model. `profile` names a stored key; None means: as in `tools.media.audio`, and for the
    temperature as the model likes."""

    provider: Literal["openrouter"] = "openrouter"
    model: str = DEFAULT_TRANSCRIPTION_MODEL
    profile: str = ""
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    language: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    base_url: BaseUrl | None = None
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    max_bytes: Count | None = None


class AudioAttachments(Section):
    """How many recordings of one turn are heard: the first alone, or all, `max_attachments` at most."""

    mode: Literal["first", "all"] = "all"
    max_attachments: Count | None = None

    @property
    def at_most(self) -> int | None:
        return 1 if self.mode == "first" else self.max_attachments


class ScopeMatch(Section):
    """Which chats a rule is about; what is empty fits all. `dm` is direct, `room` is channel."""

    channel: str = ""
    chat_type: Literal["", "direct", "dm", "group", "channel", "room"] = ""
    key_prefix: str = ""


class ScopeRule(Section):
    action: Literal["allow", "deny"]
    match: ScopeMatch = ScopeMatch()


class Scope(Section):
    """Where recordings are heard: the first rule that fits decides, else `default`."""

    default: Literal["allow", "deny"] = "allow"
    rules: Annotated[tuple[ScopeRule, ...], AsTuple] = ()


class Audio(Section):
    """Transcription of voice notes: models are tried in order until one succeeds.

    Sounds larger than `max_bytes` are skipped. `echo_format` contains {transcript}.
    """

    enabled: bool = True
    models: Annotated[tuple[AudioModel, ...], AsTuple] = (AudioModel(),)
    max_bytes: Count = 20 * 1024 * 1024
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    language: str = ""
    echo_transcript: bool = False
    echo_format: str = "📝 “{transcript}”"
    attachments: AudioAttachments = AudioAttachments()
    scope: Scope = Scope()


class MediaTools(Section):
    audio: Audio = Audio()


class Tools(Section):
    media: MediaTools = MediaTools()
