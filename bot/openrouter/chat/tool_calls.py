"""Tool calls assembled from their streamed pieces, however a provider numbers them, and repaired for replay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.core.chat import Call
from bot.core.errors import BadAnswer

ARGUMENT_CAP_BYTES = 256_000
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FENCE = re.compile(r"```[a-zA-Z]*\s*(.*?)\s*```", re.DOTALL)
_AROUND = re.compile(r"\A(?:functions?|tools?)[.:]|:\d{1,3}\Z")


@dataclass(slots=True)
class _Pieces:
    """One call under way."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.arguments).strip()

    @property
    def whole(self) -> bool:
        """Whether nothing can follow: the arguments are a JSON object."""
        return bool(self.arguments) and self.arguments[-1].rstrip().endswith("}") and is_object(self.text)


@dataclass(frozen=True, slots=True)
class _Delta:
    """One piece as it came, with what it leaves out as empty."""

    index: int | None
    id: str
    name: str
    arguments: str


class CallBuffer:
    """Collects the pieces of an answer's calls. True once a call has begun.

    Providers number the pieces in many ways: by index, by id, by both, by neither, with one index for all calls, with
    a new id in each piece. So: an id that is open means its call; a head (a piece with a name) that comes when its
    call is whole, or under another id, begins a new one; a piece without any mark belongs to the call that is still
    open. Source: OpenRouter docs, tool calling.
    """

    def __init__(self) -> None:
        self._open: list[_Pieces] = []
        self._size = 0

    def __bool__(self) -> bool:
        return any(pieces.name for pieces in self._open)

    def take(self, deltas: object) -> None:
        """Adds what one chunk brought. Raises `BadAnswer` when the arguments of all calls pass 256,000 bytes."""
        entries = deltas if isinstance(deltas, list) else ()
        for place, entry in enumerate(entries):
            if isinstance(entry, dict):
                self._take(_read(entry, place if len(entries) > 1 else None))

    def calls(self, answer_id: str) -> tuple[Call, ...]:
        """The calls in the order in which they began, each with an id of its own. No arguments are an empty object."""
        calls: dict[str, Call] = {}
        for number, pieces in enumerate(self._open):
            if not pieces.name:
                continue
            call_id = pieces.id or f"call_{answer_id or 'answer'}_{number}"
            if call_id in calls:
                call_id = f"{call_id}_{number}"
            calls[call_id] = Call(call_id, pieces.name, pieces.text or "{}")
        return tuple(calls.values())

    def whole(self) -> bool:
        """Whether a call has begun, and every one of them can be run."""
        return bool(self) and all(pieces.whole or not pieces.text for pieces in self._open if pieces.name)

    def _take(self, delta: _Delta) -> None:
        pieces = self._call_of(delta)
        if pieces is None:
            return
        pieces.id = pieces.id or delta.id
        pieces.name = pieces.name or delta.name
        if not delta.arguments:
            return
        self._size += len(delta.arguments.encode("utf-8", "replace"))
        if self._size > ARGUMENT_CAP_BYTES:
            raise BadAnswer(f"the arguments of the tool calls are larger than {ARGUMENT_CAP_BYTES} bytes")
        if pieces.arguments == ["{}"]:  # what some put where the arguments are still to come
            pieces.arguments.clear()
        pieces.arguments.append(delta.arguments)

    def _call_of(self, delta: _Delta) -> _Pieces | None:
        """The call that a piece belongs to, begun now if it is new; None for a whole call that came before."""
        pieces = self._same(delta)
        if pieces is None or self._begins(delta, pieces):
            if pieces is not None and _repeats(delta, pieces):
                return None
            pieces = _Pieces(delta.index)
            self._open.append(pieces)
        return pieces

    def _same(self, delta: _Delta) -> _Pieces | None:
        """The open call that the marks of a piece point at, the latest one first; None when they point at none."""
        if delta.id and (named := [pieces for pieces in reversed(self._open) if pieces.id == delta.id]):
            return next((pieces for pieces in named if pieces.index == delta.index), named[0])
        at_index = [pieces for pieces in reversed(self._open) if pieces.index == delta.index]
        if delta.index is not None and (delta.name or len(at_index) == 1):
            return at_index[0] if at_index else None
        if delta.index is not None and delta.id:
            return at_index[0] if at_index else None
        if delta.index is not None and delta.index < len(self._open) and not self._open[delta.index].whole:
            return self._open[delta.index]
        return next((pieces for pieces in reversed(self._open) if not pieces.whole), next(reversed(self._open), None))

    def _begins(self, delta: _Delta, pieces: _Pieces) -> bool:
        """Whether a piece begins a new call although its marks point at `pieces`."""
        new_id = bool(delta.id and pieces.id and delta.id != pieces.id)
        if not delta.name:
            return new_id and pieces.whole
        if not pieces.name or not new_id:
            whole_again = pieces.whole and (bool(delta.arguments) or delta.index != pieces.index)
            return bool(pieces.name) and (delta.name != pieces.name or whole_again)
        return delta.name != pieces.name or not _continues(delta, pieces)


def _continues(delta: _Delta, pieces: _Pieces) -> bool:
    """Whether the arguments go on where the call stands, although its name comes again, under another id."""
    return bool(pieces.text and delta.arguments) and not pieces.whole and not delta.arguments.lstrip().startswith("{")


def _repeats(delta: _Delta, pieces: _Pieces) -> bool:
    """Whether a piece is a whole call said once more: the same id, name and arguments."""
    return bool(delta.id) and (delta.id, delta.index, delta.name, delta.arguments.strip()) == (
        pieces.id,
        pieces.index,
        pieces.name,
        pieces.text,
    )


def _read(entry: dict[str, Any], place: int | None) -> _Delta:
    function = entry.get("function")
    function = function if isinstance(function, dict) else {}
    index, call_id, name = entry.get("index"), entry.get("id"), function.get("name")
    if isinstance(index, str) and index.isdecimal() and index.isascii() and len(index) < 6:
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool):
        index = None if call_id else place
    # Some providers send null in every piece but the first, some the whole object instead of its text.
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return _Delta(
        index,
        call_id if isinstance(call_id, str) else "",
        tool_name(name) if isinstance(name, str) else "",
        arguments if isinstance(arguments, str) else "",
    )


def tool_name(name: str) -> str:
    """The name of a tool without what model families put around it: a namespace before, a number or control marks
    after."""
    return _AROUND.sub("", name.partition("<|")[0].strip())


def is_object(text: str) -> bool:
    """Whether `text` is a JSON object that every reader takes: no NaN, no raw line breaks, nothing after it."""
    return isinstance(_parsed(text, strict=True), dict)


def object_text(arguments: str) -> str:
    """The arguments of a call as the text of a JSON object, for replay; any other text is wrapped in one.

    A provider refuses a whole conversation for one call whose arguments it cannot read."""
    if not arguments.strip():
        return "{}"
    if is_object(arguments):
        return arguments
    for text in _readings(arguments):
        value = _parsed(text, strict=False)
        if value is None and text.strip() == "null":
            return "{}"
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False)
    return json.dumps({"unreadable": arguments}, ensure_ascii=False)


def _readings(arguments: str) -> Iterator[str]:
    yield arguments
    if fenced := _FENCE.search(arguments):
        yield fenced[1]


def _parsed(text: str, *, strict: bool) -> object:
    """The JSON value, None when there is none. Not `strict`: raw line breaks in strings pass, and NaN becomes null."""
    try:
        return json.loads(text, strict=strict, parse_constant=_no_constant if strict else lambda _: None)
    except (ValueError, RecursionError):
        return None


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")
