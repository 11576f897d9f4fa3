"""Long text in messages: nothing is lost, everything fits, every code block is closed in its own message."""

from __future__ import annotations

import re

from bot.media.split import length, pieces
from fuzz.choices import Choices, readable

FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*(.*)")
ROOM_FOR_FENCES = 160  # below it, a limit may be too small for the marks of a block


def check(data: bytes) -> None:
    choices = Choices(data)
    utf16 = bool(choices.number(2))
    limit = 2 + choices.number(600)
    text = readable(choices.rest())
    found = pieces(text, limit, utf16=utf16)

    joined = "".join(piece.body + piece.gap for piece in found)
    head = text[: len(text) - len(joined)]
    assert head + joined == text
    assert not head.strip()
    assert all(not piece.gap.strip() for piece in found)
    assert all(piece.gap in ("", "\n") for piece in found if piece.closer)
    assert all(length(piece.text, utf16) <= limit for piece in found)
    assert all(piece.text.strip() for piece in found)
    assert bool(found) == bool(text.strip())
    if limit >= ROOM_FOR_FENCES and not _has_absurd_fence(text, limit):
        assert not any(has_open_block(piece.text) for piece in found)


def _has_absurd_fence(text: str, limit: int) -> bool:
    """A fence line longer than a quarter of the limit counts as plain text for the splitter, and not for a reader."""
    return any(FENCE.match(line) and len(line) > limit // 4 for line in text.split("\n"))


def has_open_block(text: str) -> bool:
    """An independent reading of the fence rules."""
    marker = ""
    for line in text.split("\n"):
        found = FENCE.fullmatch(line)
        if found and not marker and not (found[1][0] == "`" and "`" in found[2]):
            marker = found[1]
        elif found and marker and found[1].startswith(marker) and not found[2].strip():
            marker = ""
    return bool(marker)
