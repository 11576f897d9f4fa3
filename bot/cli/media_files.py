"""Input and output files of `voxline infer`: pictures and recordings that go to a model, results that come back."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from bot.cli.envelope import Output
from bot.cli.exit_codes import WrongUsage
from bot.cli.one_shot import OneShot
from bot.core.errors import MediaError, VoxlineError
from bot.core.media import Frame, Sound
from bot.core.messages import Blob
from bot.media.images import for_drawing
from bot.net.ssrf_guard import SsrfGuard
from bot.tools.pictures import ImageSources, is_link
from bot.tools.tool import ToolFailed

LARGEST_PICTURE = 20 * 2**20
LARGEST_RECORDING = 200 * 2**20
_ADDRESS = re.compile(r"(?:data:|file:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)


class FileNotWritten(VoxlineError):
    """A result that cannot be put where it was asked for."""


@dataclass(frozen=True, slots=True)
class ResultPath:
    """Where results go: "" is this folder, a folder keeps each result's own name, anything else is the file."""

    written_to: str

    def path(self, name: str) -> Path:
        """A file of this name that is not there yet; the file itself where one was named."""
        place = Path(self.written_to or ".").expanduser()
        if self.written_to and not self.written_to.endswith("/") and not place.is_dir() and place.suffix:
            return place
        path, number = place / name, 1
        while path.exists():
            number += 1
            path = place / f"{Path(name).stem}-{number}{Path(name).suffix}"
        return path


async def picture_from(name: str, one_shot: OneShot) -> Blob:
    """A picture from a file, a data: address or a link, checked and fit for drawing. Raises `WrongUsage`, `MediaError`.

    The person at the terminal may name any file; links are opened at public addresses only."""
    if _ADDRESS.match(name) is None:
        return await one_shot.shelf.put(*await for_drawing(await asyncio.to_thread(_read, name, LARGEST_PICTURE)))
    async with SsrfGuard(plain=True) as web:
        try:
            return await ImageSources(one_shot.shelf, web, (Path("/"),)).load(name, ())
        except ToolFailed as error:
            raise MediaError(str(error)) from error


async def frame_from(name: str, role: str, one_shot: OneShot) -> Frame:
    """A picture for a clip or a song: by its address where the provider opens it itself, else by its content. Raises
    as `picture_from`."""
    return Frame(None, role, name) if is_link(name) else Frame(await picture_from(name, one_shot), role)


async def sound_from(name: str, one_shot: OneShot) -> Blob:
    """A recording from a file, as it is. Raises `WrongUsage`."""
    return await one_shot.shelf.put(await asyncio.to_thread(_read, name, LARGEST_RECORDING), "")


async def written(place: ResultPath, result: Sound) -> Output:
    """The result in its file. Raises `FileNotWritten`: what was paid for is lost only when the disk cannot take it."""
    path = await asyncio.to_thread(_write, place, result)
    return {"path": str(path), "mime": result.mime, "size": len(result.data)}


def _read(name: str, most: int) -> bytes:
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > most:
            raise WrongUsage(f"{name} is larger than {most // 2**20} MiB.")
        return path.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{name} cannot be read ({error.strerror}).") from None


def _write(place: ResultPath, result: Sound) -> Path:
    try:
        path = place.path(result.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(result.data)
    except OSError as error:
        raise FileNotWritten(
            f"The result cannot be written to {place.written_to or 'this folder'} ({error.strerror})."
        ) from None
    return path.absolute()
