"""Long text in pieces that fit a message, cut where it hurts least.

A piece is cut, in this order, after a paragraph or a code block, at a line end, after a sentence, at a
space, or anywhere. A code block that is cut is closed in one piece and opened again, with its language,
in the next. Sources of the limits: Telegram Bot API, sendMessage (UTF-16 units); Discord, Create Message.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from bot.media import fences

_PARAGRAPH = re.compile(r"\n(?=[^\S\n]*\n)")
_LINE_END = re.compile(r"\n")
_SENTENCE_END = re.compile(r"""(?<=[.!?…])["'”’)\]*_]{0,3}(?=\s)|(?<=[。！？])(?=\S)""")
_SPACE = re.compile(r"\s")
_VISIBLE = re.compile(r"\S")
_LONGEST_GRAPHEME = 64
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Piece:
    """One message. `opener` and `closer` were added, `gap` is white space that was left out after `body`.

    The law of splitting: the bodies and gaps of all pieces, joined, are the text without its leading
    blank lines; inside a code block a gap is at most the one line end where it was cut.
    """

    body: str
    gap: str = ""
    opener: str = ""
    closer: str = ""

    @property
    def text(self) -> str:
        return f"{self.opener}{self.body}{self.closer}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with the code block it lies in. `edge` is true for the opening and the closing line itself;
    `outer_end` is the end of such a line that lies outside of the block."""

    start: int
    end: int
    fence: fences.Fence | None
    edge: bool = False
    outer_end: int = -1


def length(text: str, utf16: bool) -> int:
    """How long a platform thinks the text is: in UTF-16 units, or in code points."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(text)


def split(text: str, limit: int, *, utf16: bool) -> tuple[str, ...]:
    """The text as messages of at most `limit` units each, none of them blank; () for blank text.

    Raises ValueError for a limit below 2, where a single character may not fit."""
    return tuple(piece.text for piece in pieces(text, limit, utf16=utf16))


def pieces(text: str, limit: int, *, utf16: bool) -> tuple[Piece, ...]:
    """As `split`, with what was added and left out told apart."""
    if limit < 2:
        raise ValueError(f"a limit of {limit} is too small to split text: use at least 2")
    return tuple(_Splitter(text[_next_start(text, 0, limit) :], limit, utf16).pieces())


def _next_start(text: str, at: int, limit: int) -> int:
    """Where the next piece begins when one ends at `at`: indentation is kept unless it is absurd."""
    white_end = _first_visible(text, at)
    line_start = text.rfind("\n", at, white_end) + 1
    keep_from = line_start if line_start > at or at == 0 else white_end
    absurd = white_end - keep_from > limit // 4 or white_end == len(text)
    return white_end if absurd else keep_from


def _first_visible(text: str, at: int) -> int:
    """Where the white space that begins at `at` ends."""
    match = _VISIBLE.search(text, at)
    return match.start() if match else len(text)


def _read_lines(text: str, limit: int) -> list[_Line]:
    """Every line with its code block. A fence line longer than a quarter of the limit counts as plain text,
    so that what is added to a piece always leaves room for the piece."""
    lines: list[_Line] = []
    written = text.split("\n")
    start = 0
    for line, scanned in zip(written, fences.scan(written, limit // 4), strict=True):
        end = start + len(line)
        outer_end = {"opens": start, "closes": end, "": -1}[scanned.edge]
        lines.append(_Line(start, end, scanned.fence, bool(scanned.edge), outer_end))
        start = end + 1
    return lines


def _reopened(fence: fences.Fence, *, at_line_start: bool) -> str:
    """What stands before code whose block was closed in the piece before."""
    return f"{fence.margin}{fence.marker}{fence.language}\n{'' if at_line_start else '> ' * fence.quotes}"


def _closed(fence: fences.Fence | None) -> str:
    """What stands behind code whose block goes on in the next piece."""
    return f"\n{fence.margin}{fence.marker}" if fence else ""


class _Splitter:
    def __init__(self, text: str, limit: int, utf16: bool) -> None:
        self._text, self._limit, self._utf16 = text, limit, utf16
        self._lines = _read_lines(text, limit)
        self._starts = [line.start for line in self._lines]

    def pieces(self) -> Iterator[Piece]:
        at, text = 0, self._text
        while at < len(text):
            before = self._fence_at(at)
            opener = _reopened(before, at_line_start=at == self._line_at(at).start) if before else ""
            end = self._cut(at, self._limit - length(opener, self._utf16))
            inside = self._fence_at(end)
            if inside is None:
                body = text[at:end].rstrip()
                following = _next_start(text, at + len(body), self._limit)
                yield Piece(body, text[at + len(body) : following], opener)
            else:
                if end == len(text) and text[end - 1] == "\n" and end - 1 > at:
                    end -= 1  # the closer brings its own line end
                following = end + 1 if text.startswith("\n", end) else end
                yield Piece(text[at:end], text[end:following], opener, _closed(inside))
            at = following

    def _line_at(self, at: int) -> _Line:
        return self._lines[bisect_right(self._starts, at) - 1]

    def _fence_at(self, at: int) -> fences.Fence | None:
        """The block that is open at this place."""
        line = self._line_at(at)
        return None if line.edge and at == line.outer_end else line.fence

    def _allowed(self, at: int) -> bool:
        """False inside the lines that open and close a block."""
        line = self._line_at(at)
        return not line.edge or at == line.outer_end

    def _makes_no_fence(self, at: int) -> bool:
        """False where a cut through a line would make one of its parts look like the edge of a block."""
        line = self._line_at(at)
        if self._fence_at(at) is None:
            following = _next_start(self._text, at, self._limit)
            after = self._line_at(following)
            if following != after.start and fences.looks_like_edge(self._text, following, after.end):
                return False  # the white space that kept a marker from the beginning of a line is left out
        if line.edge or at in (line.start, line.end):
            return True
        return not any(fences.looks_like_edge(self._text, start, line.end) for start in (line.start, at))

    def _fits(self, at: int, end: int, room: int) -> bool:
        return length(self._text[at:end] + _closed(self._fence_at(end)), self._utf16) <= room

    def _reach(self, at: int, room: int) -> int:
        """The furthest place that `room` units from `at` can hold."""
        window = self._text[at : at + room]
        if not self._utf16 or not window or max(window) <= "\uffff":
            return at + len(window)
        widths = accumulate(2 if character > "\uffff" else 1 for character in window)
        return at + bisect_right(list(widths), room)

    def _cut(self, at: int, room: int) -> int:
        """Where the piece that begins at `at` ends: always after `at`."""
        furthest = self._reach(at, room)
        if furthest == len(self._text) and self._fits(at, furthest, room):
            return furthest
        first_word = _first_visible(self._text, at)
        for places, least in self._places(at, furthest, room):
            for place in sorted(places, reverse=True):
                if place < at + least or place <= first_word:
                    break
                if self._allowed(place) and self._makes_no_fence(place) and self._fits(at, place, room):
                    return place
        return self._hard_cut(at, furthest, room, first_word)

    def _places(self, at: int, furthest: int, room: int) -> Iterator[tuple[list[int], int]]:
        """Places to cut, the kindest sort first, each with the least a piece should hold for it."""
        text, end = self._text, min(furthest + 2, len(self._text))
        window = self._lines[bisect_right(self._starts, at) - 1 : bisect_right(self._starts, furthest)]
        blocks = [line.outer_end for line in window if line.edge and at < line.outer_end <= furthest]
        paragraphs = [match.start() for match in _PARAGRAPH.finditer(text, at, end)]
        yield blocks + [place for place in paragraphs if self._fence_at(place) is None], room // 3
        yield [match.start() for match in _LINE_END.finditer(text, at, end)], room // 3
        yield [match.end() for match in _SENTENCE_END.finditer(text, at, end)], room // 3
        yield [match.start() for match in _SPACE.finditer(text, at, end)], 1

    def _hard_cut(self, at: int, furthest: int, room: int, first_word: int) -> int:
        """The furthest place that fits, before a character that people see as one rather than inside it."""
        least = at if self._fence_at(at) else first_word
        places = [p for p in range(furthest, least, -1) if self._allowed(p) and self._fits(at, p, room)]
        whole = [place for place in places[:_LONGEST_GRAPHEME] if not _inside_character(self._text, place)]
        return next((place for place in whole if self._makes_no_fence(place)), (whole or places)[0])


def _inside_character(text: str, at: int) -> bool:
    """Whether a cut here, between two characters, would part an accent, a joined emoji, a flag or a surrogate pair
    from its beginning."""
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or before + after == "\r\n":
        return True
    if unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f" or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"):
        return True
    return _is_flag_half(after) and _flag_halves_before(text, at) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag_half(text[at - 1 - count]):
        count += 1
    return count
