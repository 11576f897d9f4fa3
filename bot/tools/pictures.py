"""The pictures that a call names: the person's own by number, and data, web and file addresses.

What a model writes may come out of a stranger's message. So a file is read only below a folder that the owner
opened, an address is asked through the guard, and what is no picture goes nowhere.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from bot.core.errors import Blocked, FetchFailed, MediaError
from bot.core.messages import Blob
from bot.media.dataurl import image_of_data_url
from bot.media.images import for_drawing
from bot.tools import arguments
from bot.tools.tool import ToolContext, ToolFailed

PICTURE_BYTES = 20 * 1024 * 1024
FETCH_SECONDS = 30.0
CLOSED = (
    "no folder of this machine is open to you (its owner can list some under agents.defaults.mediaLocalRoots). Use a "
    "picture of the person, a data: or an https address"
)
NOT_WRITTEN = (
    "The address {address} is not opened: the person did not write it in this message. If they want that picture, ask "
    "them to send the address, or the picture itself."
)
NOT_THERE = "there is no such picture in a folder that is open to you"

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_LINK = re.compile(r"https?://", re.IGNORECASE)


class Shelf(Protocol):
    """Where pictures are kept."""

    async def put(self, data: bytes, mime: str) -> Blob: ...
    async def read(self, blob: Blob) -> bytes: ...


class FetchedPicture(Protocol):
    """The picture at an address."""

    @property
    def data(self) -> bytes: ...


class PublicWeb(Protocol):
    """The guarded way to the public internet. Raises `Blocked`, `MediaError` above the cap, `FetchFailed`."""

    async def fetch(self, url: str, *, cap_bytes: int, timeout_seconds: float) -> FetchedPicture: ...


def named(
    fields: Mapping[str, object], context: ToolContext, *, flag: str, most_shown: int | None = None, at_most: int
) -> tuple[str, ...]:
    """The pictures of a call, each once: with `flag` the person's by number, then `image`, then `images`.

    A leading @ means nothing. Raises `ToolFailed` for what is no text, for a flag without pictures, for more than
    `at_most`, and for an address that the person did not write."""
    shown = [str(number) for number in range(1, len(context.pictures) + 1)][:most_shown]
    own = shown if arguments.flag(fields, flag) else []
    listed = fields.get("images")
    if listed is not None and not isinstance(listed, list):
        raise ToolFailed(f"'images' must be a list of strings, not {listed!r:.80}.")
    names: dict[str, None] = dict.fromkeys(own)
    for value in (fields.get("image"), *(listed or ())):
        if value is not None and not isinstance(value, str):
            raise ToolFailed(f"A picture must be named by a string, not {value!r:.80}.")
        if text := (value or "").strip().removeprefix("@").strip():
            names[text] = None
    if arguments.flag(fields, flag) and not names:
        raise ToolFailed("There is no picture: the person sent none and replied to none. Ask for it.")
    if len(names) > at_most:
        raise ToolFailed(f"{len(names)} pictures are named; {at_most} are the most that can be.")
    for name in filter(is_link, names):
        require_own_words(name, context)
    return tuple(names)


def require_own_words(address: str, context: ToolContext) -> None:
    """Raises `ToolFailed` unless the person wrote this address: one that a stranger's text put into the model's mouth
    could carry what was said here to whom it leads."""
    if address not in context.own_words:
        raise ToolFailed(NOT_WRITTEN.format(address=_short(address)))


@dataclass(frozen=True, slots=True)
class ImageSources:
    """Where named pictures come from. `web` None opens no address; `folders` are those that the owner opened."""

    shelf: Shelf
    web: PublicWeb | None = None
    folders: tuple[Path, ...] = ()

    async def load(self, name: str, shown: Sequence[Blob]) -> Blob:
        """The picture, fit for drawing. `shown` are the person's. Raises `ToolFailed` with what the model may know."""
        own = _of_the_person(name, shown) if name.isdecimal() else None
        try:
            data = await self.shelf.read(own) if own else await self._bytes(name)
            fit, mime = await for_drawing(data)
        except (MediaError, Blocked, FetchFailed, ValueError) as error:
            raise ToolFailed(f"The picture {_short(name)} cannot be used: {error}.") from error
        return own if own and fit is data and own.mime == mime else await self.shelf.put(fit, mime)

    async def _bytes(self, name: str) -> bytes:
        scheme = _scheme(name)
        if scheme == "data":
            return (await asyncio.to_thread(image_of_data_url, name))[0]
        if scheme in ("http", "https"):
            if self.web is None:
                raise Blocked("addresses are not opened here")
            return (await self.web.fetch(name, cap_bytes=PICTURE_BYTES, timeout_seconds=FETCH_SECONDS)).data
        if scheme not in ("", "file"):
            raise Blocked(f"{scheme}: is no kind of address that is opened; data:, http: and https: are")
        if not self.folders:
            raise Blocked(CLOSED)
        return await asyncio.to_thread(read_below, self.folders, _path(name) if scheme else name)


def is_link(name: str) -> bool:
    """Whether it is an address that a model's provider can open by itself."""
    return _LINK.match(name) is not None


def read_below(folders: Sequence[Path], path: str, *, cap_bytes: int = PICTURE_BYTES) -> bytes:
    """The file at `path`, in the first of these folders that has it. Neither .. nor a symbolic link leads out of one.

    Raises `MediaError`, in the same words for what is not there and for what is not open."""
    for folder in folders:
        try:
            root = folder.resolve()
            file = (root / path).resolve(strict=True)
            if file.is_relative_to(root):
                return _read(file, cap_bytes)
        except (OSError, ValueError, RuntimeError):  # not there, a name with NUL in it, links in a circle
            continue
    raise MediaError(NOT_THERE)


def _read(file: Path, cap_bytes: int) -> bytes:
    """A regular file. Opened first and looked at then; a pipe does not hold anybody up."""
    opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(opened, "rb") as stream:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            raise OSError("not a regular file")
        if about.st_size > cap_bytes:
            raise MediaError(f"the file is larger than {cap_bytes} bytes")
        return stream.read(cap_bytes)


def _of_the_person(number: str, shown: Sequence[Blob]) -> Blob:
    place = int(number) if len(number) < 4 else 0
    if not 1 <= place <= len(shown):
        raise ToolFailed(f"There is no picture {number:.20}: the person showed {len(shown)}.")
    return shown[place - 1]


def _scheme(name: str) -> str:
    scheme = _SCHEME.match(name)
    return scheme[1].lower() if scheme else ""


def _path(address: str) -> str:
    """The path in a file: address. Raises `ValueError` for one on another machine."""
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost"):
        raise ValueError("it lies on another machine")
    return unquote(parts.path)


def _short(name: str) -> str:
    """A picture's name as it may be repeated: without a payload."""
    return repr(name if len(name) <= 80 and _scheme(name) != "data" else f"{name[:30]}…")
