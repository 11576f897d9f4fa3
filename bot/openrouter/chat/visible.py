"""Filter for leaked thinking and tool markup: what of a model's text is not for people is taken out as it streams."""

from __future__ import annotations

import re
from enum import Enum

_THINKING = ("think", "thinking", "thought", "reasoning")
_CALLING = ("tool_call", "tool_calls", "function_calls", "invoke")
_TOKEN = re.compile(
    rf"<(?P<close>/?)(?P<tag>(?:[a-z]{{1,8}}:)?(?:{'|'.join((*_THINKING, *_CALLING))}))(?:[ \t][^<>\n]{{0,64}})?>"
    r"|<(?P<function>function)=[^<>\n]{1,64}>"
    r"|<[|｜](?P<control>[a-z_▁]{2,40})[|｜]>"
    r"|(?P<bracket>\[/?(?:THINK|TOOL_CALLS)\])"
    r"|`+|~~~+|\n",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"(?:</?[a-z_]{0,8}:?[a-z_]{0,14}(?:[ \t][^<>\n]{0,64})?|<function=[^<>\n]{0,64}|<[|｜][a-z_▁]{0,40}[|｜]?"
    r"|\[/?[A-Z_]{0,10}|`+|~+)\Z",
    re.IGNORECASE,
)
_TAIL_CHARACTERS = 4096
_QUIET = re.compile(r"[^<`~\n\[]*\Z")
_MARK_CHARACTERS = 48  # the longest mark that ends something hidden

_NEVER = re.compile(r"(?!)")
# The control marks of model families, what each opens, and where that ends. Harmony (gpt-oss) heads every message
# with its channel, of which only "final" is for people.
_SECTIONS = {
    "tool_calls_section_begin": "tool_calls_section_end",
    "tool_call_begin": "tool_call_end",
    "tool▁calls▁begin": "tool▁calls▁end",
    "tool▁call▁begin": "tool▁call▁end",
}
_HEADS = ("start", "channel")
_SILENT = frozenset(
    (
        "message",
        "end",
        "return",
        "call",
        "constrain",
        "im_start",
        "im_end",
        "eot_id",
        "eom_id",
        "endoftext",
        "end_of_text",
        "begin_of_text",
        "python_tag",
        "tool_calls_section_end",
        "tool_call_end",
        "tool▁calls▁end",
        "tool▁call▁end",
        "end▁of▁sentence",
        "begin▁of▁sentence",
    )
)
_HEAD_ENDS = re.compile(r"<\|message\|>")
_BODY_ENDS = re.compile(r"<\|(?:end|return|call|start|channel)\|>")


class PieceKind(Enum):
    """VISIBLE text, HIDDEN text, or VOID: all visible text so far was thinking without an opening mark."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    VOID = "void"


Pieces = list[tuple[PieceKind, str]]


class VisibleText:
    """Sorts text into what is shown and what is not. However the text is cut, the pieces join to the same.

    A mark that is never closed hides the rest. Marks inside code, inline or fenced, are text like any other.
    """

    def __init__(self) -> None:
        self._ends: re.Pattern[str] | None = None  # what ends the hidden part we are inside of
        self._head = ""  # of a harmony message, as far as it was read
        self._code = ""  # the run of backticks or tildes we are inside of
        self._fenced = False
        self._line_is_blank = True
        self._held = ""

    def feed(self, text: str) -> Pieces:
        """What these characters decide. Up to a mark's length is held back."""
        if not (self._ends or self._held) and _QUIET.match(text):
            self._line_is_blank = self._line_is_blank and not text.strip()
            return [(PieceKind.VISIBLE, text)] if text else []
        text, self._held = self._held + text, ""
        pieces: Pieces = []
        at = 0
        while at < len(text):
            at = self._hidden(text, at, self._ends, pieces) if self._ends else self._shown(text, at, pieces)
        return pieces

    def finish(self) -> Pieces:
        """What was held back and turned out to be no mark."""
        held, self._held = self._held, ""
        return [(PieceKind.HIDDEN if self._ends else PieceKind.VISIBLE, held)] if held else []

    def _hidden(self, text: str, at: int, ends: re.Pattern[str], pieces: Pieces) -> int:
        close = ends.search(text, at)
        if close:
            self._hide(text[at : close.start()], pieces)
            return self._ended(close)
        edge = max(text.rfind("<", at), text.rfind("[", at))
        cut = edge if edge >= 0 and len(text) - edge < _MARK_CHARACTERS else len(text)
        self._hide(text[at:cut], pieces)
        self._held = text[cut:]
        return len(text)

    def _hide(self, text: str, pieces: Pieces) -> None:
        pieces.append((PieceKind.HIDDEN, text))
        if self._ends is _HEAD_ENDS:
            self._head = (self._head + text)[:_MARK_CHARACTERS]

    def _ended(self, close: re.Match[str]) -> int:
        """Where reading goes on after a hidden part. The body of a harmony message ends where the next mark begins."""
        if self._ends is _HEAD_ENDS:
            is_shown = "final" in self._head or not self._head.strip().removeprefix("assistant")
            self._ends, self._head = None if is_shown else _BODY_ENDS, ""
            return close.end()
        body, self._ends = self._ends is _BODY_ENDS, None
        return close.start() if body else close.end()

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
        if self._code or not self._opens(token, pieces):
            pieces.append((PieceKind.VISIBLE, token[0]))
            self._mark(token[0])
        return token.end()

    def _opens(self, token: re.Match[str], pieces: Pieces) -> bool:
        """Whether a mark is none for people: it begins a hidden part, ends one, or is dropped."""
        tag, bracket, control = token["tag"], token["bracket"], token["control"]
        if tag and token["close"]:
            if tag.lower().rpartition(":")[2] in _THINKING:
                pieces.append((PieceKind.VOID, ""))
        elif tag or token["function"]:
            self._ends = re.compile(rf"</{re.escape(tag or 'function')}\s{{0,8}}>", re.IGNORECASE)
        elif bracket == "[/THINK]":
            pieces.append((PieceKind.VOID, ""))
        elif bracket in ("[THINK]", "[TOOL_CALLS]") and self._line_is_blank:
            self._ends = re.compile(r"\[/THINK\]") if bracket == "[THINK]" else _NEVER
        elif control and control.lower() in _SECTIONS:
            self._ends = re.compile(rf"<[|｜]{_SECTIONS[control.lower()]}[|｜]>", re.IGNORECASE)
        elif control and control.lower() in _HEADS:
            self._ends = _HEAD_ENDS
        else:
            return bool(control) and control.lower() in _SILENT
        return True

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
