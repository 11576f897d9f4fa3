"""Filter for leaked thinking and tool markup: what of a model's text is not for people is taken out as it streams."""

from __future__ import annotations

import re
from enum import Enum

_NAMES = ("think", "thinking", "thought", "tool_call", "tool_calls", "function_calls")
_TOKEN = re.compile(rf"<(/?)({'|'.join(_NAMES)})(?:[ \t][^<>\n]{{0,64}})?>|`+|~~~+|\n", re.IGNORECASE)
_UNDECIDED = re.compile(r"(?:</?[a-z_]{0,14}(?:[ \t][^<>\n]{0,64})?|`+|~+)\Z", re.IGNORECASE)
_TAIL_CHARACTERS = 4096
_QUIET = re.compile(r"[^<`~\n]*\Z")


class PieceKind(Enum):
    """VISIBLE text, HIDDEN text, or VOID: all visible text so far was thinking without an opening mark."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    VOID = "void"


Pieces = list[tuple[PieceKind, str]]


class VisibleText:
    """Sorts text into what is shown and what is not. However the text is cut, the pieces join to the same.

    A tag that is never closed hides the rest. Tags inside code, inline or fenced, are text like any other.
    """

    def __init__(self) -> None:
        self._open = ""  # the tag we are inside of
        self._code = ""  # the run of backticks or tildes we are inside of
        self._fenced = False
        self._line_is_blank = True
        self._held = ""

    def feed(self, text: str) -> Pieces:
        """What these characters decide. Up to a tag's length is held back."""
        if not (self._open or self._held) and _QUIET.match(text):
            self._line_is_blank = self._line_is_blank and not text.strip()
            return [(PieceKind.VISIBLE, text)] if text else []
        text, self._held = self._held + text, ""
        pieces: Pieces = []
        at = 0
        while at < len(text):
            at = self._hidden(text, at, pieces) if self._open else self._shown(text, at, pieces)
        return pieces

    def finish(self) -> Pieces:
        """What was held back and turned out to be no tag."""
        held, self._held = self._held, ""
        return [(PieceKind.HIDDEN if self._open else PieceKind.VISIBLE, held)] if held else []

    def _hidden(self, text: str, at: int, pieces: Pieces) -> int:
        close = re.compile(rf"</{self._open}\s{{0,8}}>", re.IGNORECASE).search(text, at)
        if close:
            pieces.append((PieceKind.HIDDEN, text[at : close.start()]))
            self._open = ""
            return close.end()
        edge = text.rfind("<", at)
        cut = edge if edge >= 0 and len(text) - edge < len(self._open) + 11 else len(text)
        pieces.append((PieceKind.HIDDEN, text[at:cut]))
        self._held = text[cut:]
        return len(text)

    def _shown(self, text: str, at: int, pieces: Pieces) -> int:
        token = _TOKEN.search(text, at)
        edge = token.start() if token else len(text)
        undecided = _UNDECIDED.search(text, max(at, len(text) - _TAIL_CHARACTERS))
        if undecided and undecided.start() <= edge:
            edge, token = undecided.start(), None
            self._held = text[edge:]
        if edge > at:
            pieces.append((PieceKind.VISIBLE, text[at:edge]))
            self._line_is_blank = self._line_is_blank and not text[at:edge].strip()
        if token is None:
            return len(text)
        if token[2] and not self._code:
            self._tag(token, pieces)
        else:
            pieces.append((PieceKind.VISIBLE, token[0]))
            self._mark(token[0])
        return token.end()

    def _tag(self, token: re.Match[str], pieces: Pieces) -> None:
        if token[1]:
            pieces.append((PieceKind.VOID, ""))
        else:
            self._open = token[2].lower()

    def _mark(self, mark: str) -> None:
        """Follows line ends and runs of backticks in and out of code."""
        if mark == "\n":
            self._line_is_blank = True
            if not self._fenced:
                self._code = ""
            return
        fence = len(mark) >= 3 and mark[0] in "`~" and self._line_is_blank
        if not self._code and (fence or mark[0] == "`"):
            self._code, self._fenced = mark, fence
        elif self._fenced and fence and mark.startswith(self._code):
            self._code, self._fenced = "", False
        elif not self._fenced and mark == self._code:
            self._code = ""
        self._line_is_blank = False
