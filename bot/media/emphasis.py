"""Emphasis marks of Markdown in one line (bold, italics, strikethrough, spoiler): which pair up, and which are signs.

A mark between two words or figures is a sign, not emphasis: 2*3*4, a**2 + b**2, A||B and f(*args, **kwargs) stay as
they are. One pass with a stack, so the work grows with the line.
Source: CommonMark 0.31, emphasis, made stricter for marks that touch letters and digits.
"""

from __future__ import annotations

import re
from collections import Counter

_SPOT = re.compile(r"\\[!-/:-@\[-`{-~]|\*+|_+|~~+|\|\|+")
_PAIRS = frozenset(("*", "**", "***", "_", "__", "___", "~~", "||"))


def without_emphasis(line: str) -> str:
    """The line without the marks that pair up, and without the backslash before an escaped character."""
    pieces: list[str] = []
    opened: list[tuple[str, int]] = []  # a mark that may still be closed, and its place in `pieces`
    waiting: Counter[str] = Counter()
    at = 0
    for spot in _SPOT.finditer(line):
        mark = spot.group()
        pieces.append(line[at : spot.start()])
        at = spot.end()
        if mark[0] == "\\":
            pieces.append(mark[1])
            continue
        before, after = line[spot.start() - 1 : spot.start()] or " ", line[at : at + 1] or " "
        if waiting[mark] and _closes(mark, before, after):
            pieces[_partner(mark, opened, waiting)] = ""
            pieces.append("")
            continue
        if mark in _PAIRS and _opens(mark, before, after):
            opened.append((mark, len(pieces)))
            waiting[mark] += 1
        pieces.append(mark)
    return "".join((*pieces, line[at:]))


def _partner(mark: str, opened: list[tuple[str, int]], waiting: Counter[str]) -> int:
    """Where the newest open mark of this kind stands; what was opened after it stays a sign."""
    while True:
        other, place = opened.pop()
        waiting[other] -= 1
        if other == mark:
            return place


def _opens(mark: str, before: str, after: str) -> bool:
    return not after.isspace() and not _is_sign(mark, before)


def _closes(mark: str, before: str, after: str) -> bool:
    return not before.isspace() and not _is_sign(mark, after)


def _is_sign(mark: str, neighbour: str) -> bool:
    """Whether a mark that touches this character on its outer side is no emphasis. Scripts without spaces between words
    write ** and ~~ right beside a letter."""
    beside_word = neighbour.isalnum() or neighbour == "_"
    return beside_word and (neighbour.isascii() or mark in ("*", "_", "__", "___"))
