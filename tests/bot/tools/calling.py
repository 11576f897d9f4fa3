"""A turn for a tool to be called in, and pictures for it to find."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from bot.core.messages import Blob, Inbound, Person, Session, Turn
from bot.media.dataurl import data_url
from bot.tools.pictures import Gallery, Web
from bot.tools.tool import ToolContext
from tests.fakes.channel import conversation


def context(*pictures: Blob, key: str = "turn-1:call-1") -> ToolContext:
    """What a call gets whose person showed these pictures."""
    inbound = Inbound(
        id="event-1",
        conversation=conversation("1"),
        sender=Person("7", "Ann"),
        sent_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        text="please",
    )
    turn = Turn("turn-1", conversation("1"), (inbound,), Session(), 1, 1)
    return ToolContext(turn, turn.person, key, pictures)


def picture(number: int = 0) -> Blob:
    return Blob(f"{number:064x}", "image/png", 10)


def drawn(colour: str = "red") -> bytes:
    """A real picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


PNG_URL = data_url(drawn(), "image/png")


class Shelf:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, data: bytes, mime: str) -> Blob:
        blob = Blob(hashlib.sha256(data).hexdigest(), mime, len(data))
        self.kept[blob.sha256] = data
        return blob


def gallery(*folders: Path, web: Web | None = None) -> Gallery:
    return Gallery(Shelf(), web, folders)
