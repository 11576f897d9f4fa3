"""Long text in messages: nothing is lost, everything fits, every code block is closed in its own message."""

from __future__ import annotations

import re

from bot.media.split import length, pieces
from fuzz.choices import Choices, readable

FENCE = re.compile(r"((?:[-*+>]|\d+[.)]|[ \t])*)(`{3,}|~{3,})[ \t]*(.*)")
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
    """A fence line longer than a quarter of the limit counts as plain text for the splitter, and not for a reader;
    a quote ends its blocks, which this reader does not know."""
    return ">" in text or any(FENCE.match(line) and len(line) > limit // 4 for line in text.split("\n"))


def has_open_block(text: str) -> bool:
    """An independent reading of the fence rules. A text with quote marks is left to the tests."""
    marker, deepest = "", 0
    for line in text.split("\n"):
        found = FENCE.fullmatch(line)
        if found and not marker and not (found[2][0] == "`" and "`" in found[3]):
            marker, deepest = found[2], len(found[1].expandtabs(4)) + 3
        elif found and marker and found[2].startswith(marker) and not found[3].strip() and not found[1].strip():
            marker = marker if len(found[1].expandtabs(4)) > deepest else ""
    return bool(marker)
