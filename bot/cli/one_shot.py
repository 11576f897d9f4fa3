"""One-shot requests from the command line: the configured provider with a store that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cli.setup import Setup
from bot.config.agents import ModelChoice
from bot.config.model import Config
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused
from bot.core.ports.store import Blobs
from bot.media.reader import MediaReader
from bot.openrouter.configured import video_settings
from bot.openrouter.provider import KEYLESS, OpenRouter, open_openrouter
from bot.store import open_store


@dataclass(frozen=True, slots=True)
class OneShot:
    """Everything one command needs; what it puts on the shelf is gone afterwards. `clip_seconds` is how long a clip
    may take."""

    provider: OpenRouter
    shelf: Blobs
    media: MediaReader
    clip_seconds: float


@asynccontextmanager
async def open_one_shot(setup: Setup, *, spoken: bool = False) -> AsyncIterator[OneShot]:
    """Every capability as configured, but no chat model in place of the one that is asked.

    Raises `KeyRefused` when there is no key; `spoken` asks for the one for speech.
    """
    if not spoken and setup.key() is None:
        raise KeyRefused(KEYLESS)
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="voxline-") as folder:
        # A store of its own: the bot that may be running holds the real one.
        async with (
            open_store(Path(folder), clock) as shelf,
            open_openrouter(
                without_fallbacks(setup.config),
                setup.profiles(),
                setup.environ,
                blobs=shelf,
                state_dir=None,
                clock=clock,
            ) as provider,
        ):
            media = MediaReader(shelf, ffmpeg_path=setup.config.media.ffmpeg_path)
            yield OneShot(provider, shelf, media, video_settings(setup.config).timeout_seconds)


def without_fallbacks(config: Config) -> Config:
    """The same configuration, without fallbacks: only the model that is asked answers."""
    agents = config.agents
    defaults = agents.defaults.model_copy(update={"model": ModelChoice(primary=agents.defaults.model.primary)})
    listed = tuple(agent.model_copy(update={"model": None}) for agent in agents.list)
    return config.model_copy(update={"agents": agents.model_copy(update={"defaults": defaults, "list": listed})})
