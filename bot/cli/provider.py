"""The provider as the configuration describes it, for one question from the command line."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cli.setup import Setup
from bot.config.agents import ModelChoice
from bot.config.model import Config
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused, MediaError
from bot.core.messages import Blob
from bot.media.reader import MediaReader
from bot.openrouter.provider import OpenRouter, open_openrouter

NO_KEY = (
    "There is no API key for openrouter. Run `voxline onboard`, or set OPENROUTER_API_KEY"
    " (keys are made at openrouter.ai/keys)."
)


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything one command needs; what it puts on the shelf is gone afterwards."""

    provider: OpenRouter
    shelf: FileShelf
    media: MediaReader


@asynccontextmanager
async def open_studio(setup: Setup, *, spoken: bool = False) -> AsyncIterator[Studio]:
    """Every capability as configured, but no chat model in place of the one that is asked.

    Raises `KeyRefused` when there is no key; `spoken` asks for the one for speech.
    """
    if not spoken and setup.key() is None:
        raise KeyRefused(NO_KEY)
    with tempfile.TemporaryDirectory(prefix="voxline-") as folder:
        shelf, clock = FileShelf(Path(folder)), SystemClock()
        opened = open_openrouter(
            without_fallbacks(setup.config), setup.profiles(), setup.environ, blobs=shelf, state_dir=None, clock=clock
        )
        async with opened as provider:
            yield Studio(provider, shelf, MediaReader(shelf, ffmpeg_path=setup.config.media.ffmpeg_path))


def without_fallbacks(config: Config) -> Config:
    """The same configuration, where the model that is asked answers or nobody does."""
    agents = config.agents
    defaults = agents.defaults.model_copy(update={"model": ModelChoice(primary=agents.defaults.model.primary)})
    listed = tuple(agent.model_copy(update={"model": None}) for agent in agents.list)
    return config.model_copy(update={"agents": agents.model_copy(update={"defaults": defaults, "list": listed})})


class FileShelf:
    """Implements `Blobs` with plain files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes, mime: str) -> Blob:
        blob = Blob(hashlib.sha256(data).hexdigest(), mime, len(data))
        await asyncio.to_thread(self.path(blob).write_bytes, data)
        return blob

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > cap:
                raise MediaError(f"a file is larger than the {cap} bytes that are allowed")
        return await self.put(bytes(data), mime)

    async def read(self, blob: Blob) -> bytes:
        try:
            return await asyncio.to_thread(self.path(blob).read_bytes)
        except OSError as error:
            raise MediaError(f"a file of this command is gone ({error.strerror})") from None

    def path(self, blob: Blob) -> Path:
        return self._folder / blob.sha256
