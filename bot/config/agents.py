"""The section `agents`: which models think and draw, and how they are asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from bot.config.section import AsTuple, Milliseconds, Params, Schema, Section, Texts, matching, or_text
from bot.core.zones import open_zone

Thinking = Literal["off", "minimal", "low", "medium", "high", "xhigh", "adaptive", "max"]

DEFAULT_MODEL = "openrouter/auto"
DEFAULT_IMAGE_MODEL = "openrouter/google/gemini-3.1-flash-image-preview"
DEFAULT_VIDEO_MODEL = "openrouter/google/veo-3.1-fast"
DEFAULT_MUSIC_MODEL = "openrouter/google/lyria-3-pro-preview"


def _primary_from_text(value: object) -> object:
    return {"primary": value} if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    open_zone(name)
    return name


def _whole_path(text: str) -> str:
    path = os.path.expanduser(text.strip())
    if not os.path.isabs(path):
        raise ValueError(f"{text!r} is not a whole path; begin it with / or ~")
    return path


Folder = Annotated[str, AfterValidator(_whole_path), matching(r"^\s*(/|~(/|\s*$))")]
Zone = Annotated[
    str, AfterValidator(_known_zone), Schema(lambda schema: {**schema, "enum": sorted(available_timezones())})
]


class ModelChoice(Section):
    """A model and what to try when it fails, in order. In the file a bare string is the primary."""

    primary: str = Field(default="", min_length=1)
    fallbacks: Texts = ()


class GenerationModel(ModelChoice):
    """A model that draws, films or composes. `timeout_ms` None means the capability's own default."""

    timeout_ms: Milliseconds | None = None


Answering = Annotated[ModelChoice, BeforeValidator(_primary_from_text), Schema(or_text)]
Generation = Annotated[GenerationModel | None, BeforeValidator(_primary_from_text), Schema(or_text)]


class ModelEntry(Section):
    """One entry of `agents.defaults.models`: a short name and the params of this model."""

    alias: str = ""
    params: Params = Field(default_factory=dict)


class MediaModels(Section):
    """The newer OpenClaw place for the three generation models."""

    image: Generation = None
    video: Generation = None
    music: Generation = None


class AgentDefaults(Section):
    """How every agent thinks unless it says otherwise.

    `models`, when it is not empty, is the list people may choose from with /model.
    `media_max_mb` caps generated media, in MiB. `media_local_roots` are folders of this machine out of which a model
    may take pictures.
    """

    model: Answering = ModelChoice(primary=DEFAULT_MODEL)
    models: Mapping[str, ModelEntry] = {}
    params: Params = Field(default_factory=dict)
    image_generation_model: Generation = None
    video_generation_model: Generation = None
    music_generation_model: Generation = None
    media_models: MediaModels = MediaModels()
    media_max_mb: Annotated[float, Field(gt=0, le=1024)] = 16
    media_local_roots: Annotated[tuple[Folder, ...], AsTuple] = ()
    thinking_default: Thinking | None = None
    user_timezone: Zone = "UTC"
    system_prompt: str = ""

    @property
    def image(self) -> GenerationModel:
        """The model that draws: the older place, else the newer one, else the bundled default."""
        return _chosen(self.image_generation_model, self.media_models.image, DEFAULT_IMAGE_MODEL)

    @property
    def video(self) -> GenerationModel:
        return _chosen(self.video_generation_model, self.media_models.video, DEFAULT_VIDEO_MODEL)

    @property
    def music(self) -> GenerationModel:
        return _chosen(self.music_generation_model, self.media_models.music, DEFAULT_MUSIC_MODEL)


def _chosen(older: GenerationModel | None, newer: GenerationModel | None, bundled: str) -> GenerationModel:
    choice = older or newer or GenerationModel()
    return choice if choice.primary else choice.model_copy(update={"primary": bundled})


class AgentEntry(Section):
    """One agent. Empty fields mean: as in the defaults."""

    id: str = Field(min_length=1)
    default: bool = False
    name: str = ""
    model: Annotated[ModelChoice | None, BeforeValidator(_primary_from_text), Schema(or_text)] = None
    params: Params = Field(default_factory=dict)
    thinking_default: Thinking | None = None
    system_prompt: str = ""


class Agents(Section):
    """`defaults` for all, and `list` for agents with settings of their own."""

    defaults: AgentDefaults = AgentDefaults()
    list: Annotated[tuple[AgentEntry, ...], AsTuple] = ()

    @property
    def active(self) -> AgentEntry:
        """The agent that answers: the one marked default, else the first, else a plain one named main."""
        marked = (agent for agent in self.list if agent.default)
        return next(marked, self.list[0] if self.list else AgentEntry(id="main"))
