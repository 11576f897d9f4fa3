"""The provider as the configuration describes it, for one question from the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.cli.setup import Setup
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused, MediaError
from bot.core.messages import Blob
from bot.openrouter import configured
from bot.openrouter.catalog import Catalog
from bot.openrouter.chat import OpenRouterChat
from bot.openrouter.client import OpenRouterClient

NO_KEY = (
    "There is no API key for openrouter. Run `voxline onboard`, or set OPENROUTER_API_KEY"
    " (keys are made at openrouter.ai/keys)."
)


@asynccontextmanager
async def open_chat(setup: Setup) -> AsyncIterator[OpenRouterChat]:
    """The chat models with the configured params, and no model in place of the one that is asked.

    Raises `KeyRefused` when there is no key.
    """
    found, clock = setup.key(), SystemClock()
    if found is None:
        raise KeyRefused(NO_KEY)
    async with OpenRouterClient(configured.route(setup.config, found.key), clock=clock) as client:
        catalog = Catalog(client, clock=clock, overrides=configured.catalog_overrides(setup.config))
        settings = replace(configured.chat_settings(setup.config), fallbacks=())
        yield OpenRouterChat(client, settings, catalog=catalog, blobs=_NoBlobs(), clock=clock)


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
