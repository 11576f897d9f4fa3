"""The provider as the configuration describes it: route, key, params and price of a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.cli.setup import Setup
from bot.config.keys import FoundKey
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused, MediaError
from bot.core.messages import Blob
from bot.openrouter.catalog import Catalog
from bot.openrouter.chat import ChatSettings, OpenRouterChat
from bot.openrouter.client import OpenRouterClient
from bot.openrouter.params import ParamLayers
from bot.openrouter.route import CANONICAL, Attribution, Route

NO_KEY = (
    "There is no API key for openrouter. Run `voxline onboard`, or set OPENROUTER_API_KEY"
    " (keys are made at openrouter.ai/keys)."
)


def wanted_key(setup: Setup, profile: str = "") -> FoundKey:
    """The key for models. Raises `KeyRefused` when there is none."""
    found = setup.key(profile)
    if found is None:
        named = f"The profile {profile!r} is not stored. See `voxline models auth list`." if profile else NO_KEY
        raise KeyRefused(named)
    return found


def route(setup: Setup, key: str) -> Route:
    """Where requests go, with this key."""
    provider = setup.config.models.providers.openrouter
    named, bundled = provider.attribution, Attribution()
    return Route(
        base_url=provider.base_url or CANONICAL,
        key=key,
        attribution=Attribution(
            referer=bundled.referer if named.referer is None else named.referer,
            title=bundled.title if named.title is None else named.title,
            categories=bundled.categories if named.categories is None else named.categories,
        ),
        custom=tuple(provider.headers.items()),
    )


def layers(setup: Setup) -> ParamLayers:
    """The params of every model, as the file writes them."""
    provider, agents = setup.config.models.providers.openrouter, setup.config.agents
    return ParamLayers(
        provider=provider.params,
        catalog={model.id: model.params for model in provider.models},
        defaults=agents.defaults.params,
        models={ref: entry.params for ref, entry in agents.defaults.models.items()},
        agent=agents.active.params,
    )


@asynccontextmanager
async def open_chat(setup: Setup) -> AsyncIterator[OpenRouterChat]:
    """The chat models, asked with the configured params. Raises `KeyRefused` when there is no key."""
    clock = SystemClock()
    async with OpenRouterClient(route(setup, wanted_key(setup).key), clock=clock) as client:
        settings = ChatSettings(params=layers(setup), thinking=setup.config.agents.defaults.thinking_default or "")
        yield OpenRouterChat(client, settings, catalog=Catalog(client, clock=clock), blobs=_NoBlobs(), clock=clock)


class _NoBlobs:
    """A prompt from the command line has no pictures."""

    async def put(self, data: bytes, mime: str) -> Blob:
        raise MediaError("Pictures are not kept here.")

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        raise MediaError("Pictures are not kept here.")

    async def read(self, blob: Blob) -> bytes:
        raise MediaError("Pictures are not kept here.")

    def path(self, blob: Blob) -> Path:
        raise MediaError("Pictures are not kept here.")
