"""A turn for a tool to be called in, and pictures for it to find."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from bot.core.errors import MediaError
from bot.core.messages import Blob, Inbound, Person, Session, Turn
from bot.media.dataurl import data_url
from bot.tools.pictures import ImageSources, PublicWeb
from bot.tools.tool import ToolContext
from tests.fakes.channel import conversation


def context(*pictures: Blob, key: str = "turn-1:call-1", text: str = "please") -> ToolContext:
    """What a call gets whose person showed these pictures."""
    inbound = Inbound(
        id="event-1",
        conversation=conversation("1"),
        sender=Person("7", "Ann"),
        sent_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        text=text,
    )
    turn = Turn("turn-1", conversation("1"), (inbound,), Session(), 1, 1)
    return ToolContext(turn, turn.person, key, pictures)


def drawn(colour: str | tuple[int, int, int] = "red") -> bytes:
    """A real picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


PNG_URL = data_url(drawn(), "image/png")


def blob_of(data: bytes, mime: str = "image/png") -> Blob:
    return Blob(hashlib.sha256(data).hexdigest(), mime, len(data))


def picture(number: int = 0) -> Blob:
    """One of the ten pictures that are on every shelf."""
    return blob_of(drawn((number, 0, 0)))


class Shelf:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept = {picture(number).sha256: drawn((number, 0, 0)) for number in range(10)}

    async def put(self, data: bytes, mime: str) -> Blob:
        blob = blob_of(data, mime)
        self.kept[blob.sha256] = data
        return blob

    async def read(self, blob: Blob) -> bytes:
        if blob.sha256 not in self.kept:
            raise MediaError("the file is gone")
        return self.kept[blob.sha256]


def gallery(*folders: Path, web: PublicWeb | None = None) -> ImageSources:
    return ImageSources(Shelf(), web, folders)
