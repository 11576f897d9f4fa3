"""JSON5 editor: changes one value of the configuration text; comments, order and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from bot.config import json5
from bot.config.files import locked, write_private
from bot.config.json5 import Member, Node
from bot.config.load import parse, read
from bot.config.model import Config

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?://[^\n\r\u2028\u2029]*|(?:/\*[^\n\r]*?\*/[ \t]*)+(?=\r?\n))")
_STEP = "  "


def change(file: Path, changes: Mapping[tuple[str, ...], JsonValue]) -> Config:
    """Sets the values in the file, which is made when it does not exist, and returns what it now says.

    Nothing is written unless the result is a valid configuration. Raises `ConfigError`.
    """
    with locked(file):
        text = read(file) or ""
        parse(text, str(file))
        for path, value in changes.items():
            text = set_value(text, path, value)
        config = parse(text, str(file))
        write_private(file, text)
    return config


def set_value(text: str, path: tuple[str, ...], value: JsonValue) -> str:
    """The text with `value` at the key path. Objects on the way are made; a scalar or list in the
    way is replaced by one. The text is one that `json5.parse` accepts, holding an object."""
    if json5.is_blank(text):
        head = text if not text or text.endswith("\n") else text + "\n"
        return f"{head}{_written(_nested(path, value), '')}\n"
    node = json5.scan(text)
    for depth, key in enumerate(path):
        if node.kind != "object":
            return _replaced(text, node, _nested(path[depth:], value))
        match node.child(key):
            case Member(value=inner):
                node = inner
            case _:
                return _added(text, node, key, _nested(path[depth + 1 :], value))
    return _replaced(text, node, value)


def as_text(value: JsonValue) -> str:
    """The value as JSON5 of our own layout: bare keys, two spaces, a comma after every member."""
    return _written(value, "")


def _nested(path: tuple[str, ...], value: JsonValue) -> JsonValue:
    for key in reversed(path):
        value = {key: value}
    return value


def _replaced(text: str, node: Node, value: JsonValue) -> str:
    return text[: node.start] + _written(value, _indent_at(text, node.start)) + text[node.end :]


def _added(text: str, node: Node, key: str, value: JsonValue) -> str:
    """The object with one more member at its end, laid out like its other members."""
    inside = text[node.start : node.end]
    if not node.members:
        return _first_added(text, node, key, value)
    last = node.members[-1]
    if "\n" not in inside:
        member = f", {_key(key)}: {_written(value, '', inline=True)}"
        return text[: last.value.end] + member + text[last.value.end :]
    indent = _indent_at(text, last.start)
    member = f"\n{indent}{_key(key)}: {_written(value, indent)}"
    comma = json5.after_blank(text, last.value.end)
    if text[comma] == ",":
        at = _line_rest(text, comma + 1)
        return text[:at] + member + "," + text[at:]
    at = _line_rest(text, last.value.end)
    return text[: last.value.end] + "," + text[last.value.end : at] + member + text[at:]


def _first_added(text: str, node: Node, key: str, value: JsonValue) -> str:
    """The empty object with its first member; comments inside it stay above the member."""
    outer = _indent_at(text, node.start)
    indent = outer + _STEP
    kept = text[node.start + 1 : node.end - 1].rstrip()
    member = f"\n{indent}{_key(key)}: {_written(value, indent)},\n{outer}"
    return text[: node.start + 1] + kept + member + text[node.end - 1 :]


def _line_rest(text: str, at: int) -> int:
    """After the comment that ends this line, which belongs to the member before it."""
    comment = _REST_OF_LINE.match(text, at)
    return comment.end() if comment else at


def _indent_at(text: str, at: int) -> str:
    """The white space that the line of this place begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _written(value: JsonValue, indent: str, *, inline: bool = False) -> str:
    """The value as JSON5, its inner lines indented to fit where it goes."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    if inline:
        members = (f"{_key(key)}: {_written(inner, '', inline=True)}" for key, inner in value.items())
        return f"{{ {', '.join(members)} }}"
    deeper = indent + _STEP
    lines = (f"{deeper}{_key(key)}: {_written(inner, deeper)},\n" for key, inner in value.items())
    return "{\n" + "".join(lines) + indent + "}"


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else json.dumps(key, ensure_ascii=False)
