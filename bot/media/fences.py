"""Markdown code fences: the one scanner of fenced code blocks for splitting, speech, Telegram and Discord.

The rules are CommonMark's: ``` and ~~~, a longer fence around a shorter one, no backtick behind an opening ```
(that is inline code), and a closing line that is indented at most three columns more than the opening one. They
are wider in two places, because models write so: a fence may be indented as deeply as a list demands, and code
below a list item need not be indented like the item. A block that was never closed ends with its quote or the text.
Source: CommonMark 0.31, fenced code blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

# Quote marks and list marks with the white space around them. No two runs stand side by side: linear.
_LEAD = re.compile(r"[^\S\n]*(?:(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s))[^\S\n]*)*")
_LIST_MARK = re.compile(r"[^>\s]")
_EDGE = re.compile(r"(?P<marker>`{3,}|~{3,})(?P<info>[^\n]*)")
_QUOTE_MARK = re.compile(r"[ \t]*>[ \t]?")
_DEEPER_AT_MOST = 3
_TAB = 4


@dataclass(frozen=True, slots=True)
class Fence:
    """What opened a block: the number of its line, the marks before it (`- `, `> `, indentation), its run of ticks
    or tildes, its info words."""

    line: int
    lead: str
    marker: str
    info: str

    @property
    def language(self) -> str:
        """The first info word, "" for none."""
        return self.info.split()[0] if self.info else ""

    @property
    def margin(self) -> str:
        """What stands before its other lines: the quote marks, and white space instead of list marks."""
        return _LIST_MARK.sub(" ", self.lead)

    @property
    def quotes(self) -> int:
        """How many quote marks stand before it."""
        return self.lead.count(">")

    @property
    def column(self) -> int:
        """Where its marker stands within the quotes."""
        return len(self.lead.rpartition(">")[2].removeprefix(" " if self.quotes else "").expandtabs(_TAB))


@dataclass(frozen=True, slots=True)
class Line:
    """What a line is: prose (`fence` None), code, or the line that opens or closes a block."""

    fence: Fence | None
    edge: Literal["", "opens", "closes"] = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: the number of the line after it, and its code without quote marks and without the indentation
    that its opening line has too."""

    fence: Fence
    after: int
    code: tuple[str, ...]


def scan(lines: Sequence[str], longest_edge: int | None = None) -> Iterator[Line]:
    """Every line with its block. A line of more than `longest_edge` characters opens and closes nothing."""
    fence: Fence | None = None
    for number, line in enumerate(lines):
        if fence is not None and fence.quotes and _unquoted(line, fence.quotes) is None:
            fence = None
        may_be_edge = longest_edge is None or len(line) <= longest_edge
        if fence is None:
            fence = _opened(number, line) if may_be_edge else None
            yield Line(fence, "opens" if fence else "")
        elif may_be_edge and _closes(line, fence):
            yield Line(fence, "closes")
            fence = None
        else:
            yield Line(fence)


def blocks(lines: Sequence[str]) -> dict[int, Block]:
    """The code blocks by the number of their opening line."""
    by_line: dict[int, Block] = {}
    for fence, numbered in groupby(enumerate(scan(lines)), key=lambda pair: pair[1].fence):
        if fence is not None:
            block = list(numbered)
            code = tuple(_code(lines[number], fence) for number, line in block if not line.edge)
            by_line[fence.line] = Block(fence, fence.line + len(block), code)
    return by_line


def looks_like_edge(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]`, as a line of its own, might open or close a block."""
    lead = _LEAD.match(text, start, end)
    return lead is not None and _EDGE.match(text, lead.end(), end) is not None


def _opened(number: int, line: str) -> Fence | None:
    if "```" not in line and "~~~" not in line:
        return None
    lead = _LEAD.match(line)
    edge = _EDGE.match(line, lead.end()) if lead else None
    if lead is None or edge is None or (edge["marker"][0] == "`" and "`" in edge["info"]):
        return None
    return Fence(number, lead[0], edge["marker"], edge["info"].strip())


def _closes(line: str, fence: Fence) -> bool:
    bare = _unquoted(line, fence.quotes)
    if bare is None:
        return False
    mark = bare.strip()
    if not mark.startswith(fence.marker) or mark.strip(mark[0]):
        return False
    indent = bare[: bare.index(mark)].expandtabs(_TAB)
    return len(indent) <= fence.column + _DEEPER_AT_MOST


def _unquoted(line: str, quotes: int) -> str | None:
    """The line without that many quote marks; None when it has fewer."""
    at = 0
    for _ in range(quotes):
        mark = _QUOTE_MARK.match(line, at)
        if mark is None:
            return None
        at = mark.end()
    return line[at:]


def _code(line: str, fence: Fence) -> str:
    """A line of code as it was meant: as much indentation goes as its opening line has."""
    bare = _unquoted(line, fence.quotes) or ""
    at, column = 0, 0
    while column < fence.column and at < len(bare) and bare[at] in " \t":
        column += _TAB - column % _TAB if bare[at] == "\t" else 1
        at += 1
    return bare[at:]
