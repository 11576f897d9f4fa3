"""JSON5 text: its value, and where in the text each value stands.

pyjson5 decides what the text means. The scanner beside it only finds places: it relies on the
text having been accepted by pyjson5 and so needs no grammar errors of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyjson5
from pydantic import JsonValue

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:\s|\ufeff|//[^\n\r\u2028\u2029]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_WORD = re.compile(r"[^\s\ufeff,:\[\]{}/\"']+")
_NEAR = re.compile(r"(?:starting )?near (\d+)")


class Json5Error(ValueError):
    """The text is not JSON5. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Member:
    """A key of an object: `start` is where the key begins."""

    key: str
    start: int
    value: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A value at text[start:end]. `items` holds the members of an object or the values of a list."""

    start: int
    end: int
    kind: str  # "object", "list" or "scalar"
    items: tuple[Member | Node, ...] = ()

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(item for item in self.items if isinstance(item, Member))

    def child(self, key: str | int) -> Member | Node | None:
        """The part with this key or place. Of repeated keys the last one counts."""
        if isinstance(key, str):
            return next((member for member in reversed(self.members) if member.key == key), None)
        nodes = [item for item in self.items if isinstance(item, Node)]
        return nodes[key] if 0 <= key < len(nodes) else None


def parse(text: str) -> JsonValue:
    """The value. Text that holds nothing but comments is an empty object. Raises `Json5Error`."""
    if is_blank(text):
        return {}
    try:
        value: JsonValue = pyjson5.decode(text)
    except pyjson5.Json5DecoderException as error:
        place = _NEAR.search(str(error))
        offset = min(int(place[1]) - 1, len(text)) if place else 0
        raise Json5Error(_in_words(error) + _hint(text, offset), line_at(text, _last_solid(text, offset))) from None
    return value


def is_blank(text: str) -> bool:
    return after_blank(text, 0) == len(text)


def scan(text: str) -> Node:
    """The places in a text that `parse` accepts and that is not blank."""
    return _value(text, after_blank(text, 0))


def after_blank(text: str, at: int) -> int:
    """The first place from `at` on that is neither white space nor a comment."""
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, max(offset, 0)) + 1


def line_of(text: str, path: Path) -> int | None:
    """The line of the value at `path`, or of the nearest part around it that is in the text."""
    if is_blank(text):
        return None
    node, line = scan(text), None
    for key in path:
        match node.child(key):
            case None:
                break
            case Member(start=start, value=value):
                node, line = value, line_at(text, start)
            case Node(start=start) as item:
                node, line = item, line_at(text, start)
    return line


def repeated(text: str) -> tuple[tuple[Path, int], ...]:
    """Keys that stand twice in one object, each with the line of the later one."""
    return () if is_blank(text) else tuple(_repeated(text, scan(text), ()))


def _repeated(text: str, node: Node, path: Path) -> list[tuple[Path, int]]:
    twice: list[tuple[Path, int]] = []
    seen: set[str] = set()
    for place, item in enumerate(node.items):
        match item:
            case Member(key=key, start=start, value=value):
                if key in seen:
                    twice.append(((*path, key), line_at(text, start)))
                seen.add(key)
                twice += _repeated(text, value, (*path, key))
            case Node():
                twice += _repeated(text, item, (*path, place))
    return twice


def _value(text: str, at: int) -> Node:
    match text[at]:
        case "{":
            return _object(text, at)
        case "[":
            return _list(text, at)
        case _:
            return Node(at, _token_end(text, at), "scalar")


def _object(text: str, start: int) -> Node:
    members: list[Member | Node] = []
    at = after_blank(text, start + 1)
    while text[at] != "}":
        key_end = _token_end(text, at)
        colon = after_blank(text, key_end)
        value = _value(text, after_blank(text, colon + 1))
        members.append(Member(_key(text[at:key_end]), at, value))
        at = _next_item(text, value.end)
    return Node(start, at + 1, "object", tuple(members))


def _list(text: str, start: int) -> Node:
    values: list[Member | Node] = []
    at = after_blank(text, start + 1)
    while text[at] != "]":
        values.append(_value(text, at))
        at = _next_item(text, values[-1].end if isinstance(values[-1], Node) else at)
    return Node(start, at + 1, "list", tuple(values))


def _next_item(text: str, at: int) -> int:
    at = after_blank(text, at)
    return after_blank(text, at + 1) if text[at] == "," else at


def _token_end(text: str, at: int) -> int:
    token = (_STRING if text[at] in "\"'" else _WORD).match(text, at)
    return token.end() if token else at + 1


def _key(written: str) -> str:
    """The key behind quotes and escapes, as pyjson5 reads it."""
    (key,) = pyjson5.decode(f"{{{written}:0}}")
    return str(key)


def _last_solid(text: str, offset: int) -> int:
    """The last place before `offset` that is not white space: there the mistake was made."""
    return len(text[: offset + 1].rstrip()) - 1


_CODE_POINT = re.compile(r"U\+([0-9a-fA-F]{4,6})")
_NAMED = re.compile(r"b'(\w+)'")
_PLAIN = {"comma": "a comma", "colon": "a colon", "IdentifierStart": "a key"}


_HINTS = (
    (re.compile(r"[“”„‟‘’‚«»]"), "a curly quote: use a straight one"),
    (re.compile(r"\b(?:True|False)\b"), "write true or false in lower case"),
    (re.compile(r"\bNone\b"), "write null, not None"),
    (re.compile(r"^\s*[A-Za-z_]\w*:(?:\s|$)(?!.*[{\[,])"), "this looks like YAML: write { … } and commas"),
    (re.compile(r":\s*[A-Za-z][\w/.-]*\s*[,}]?\s*$"), "put the text in quotes"),
)


def _hint(text: str, offset: int) -> str:
    """The usual cause of a mistake at this place, "" for none that is known."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start : (text + "\n").index("\n", offset)]
    first = text.lstrip()[:1]
    for pattern, hint in _HINTS:
        if pattern.search(line) and not ("YAML" in hint and first in "{["):
            return f" ({hint})"
    return ""


def _in_words(error: Exception) -> str:
    """The library's message without its positions, which count characters and not lines."""
    words = str(error.args[0]) if error.args else "it cannot be read"
    words = _CODE_POINT.sub(lambda code: repr(chr(int(code[1], 16))), words)
    words = _NAMED.sub(lambda name: _PLAIN.get(name[1], name[1]), words)
    return re.sub(r"\s*(?:starting )?near \d+", "", words)
