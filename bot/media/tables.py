"""Markdown tables as aligned columns of plain text, for platforms that show no tables.

Source: GitHub Flavored Markdown, Tables: a pipe that belongs to a cell has a backslash before it, in code too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_PIPE = re.compile(r"(?<!\\)\|")
_GAP = "  "


def cells(row: str) -> list[str]:
    """The cells of a row. The pipes at its ends are optional."""
    bare = row.strip().removeprefix("|")
    *complete, last = _PIPE.split(bare)
    parts = [*complete, last] if last.strip() or not complete else complete
    return [part.strip().replace(r"\|", "|") for part in parts]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with straight columns, the first one underlined as the head."""
    columns = max(len(row) for row in rows)
    full = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(width(row[column]) for row in full) for column in range(columns)]
    lines = [_GAP.join(_padded(cell, room) for cell, room in zip(row, widths, strict=True)).rstrip() for row in full]
    return [lines[0], _GAP.join("-" * room for room in widths), *lines[1:]]


def width(text: str) -> int:
    """How many columns the text takes in a font of one width: two for wide characters, none for accents."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _padded(text: str, room: int) -> str:
    return text + " " * (room - width(text))
