"""Serialization: frozen values as JSON text and back.

Every object names its type in "$"; the outermost one carries "v", the version of the form. Reading is
lenient so that a later program reads older rows: unknown fields are ignored, missing ones take their
default. Only the dataclasses of `bot.core` exist here, so a row can never make anything else.
"""

from __future__ import annotations

import base64
import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.core import arrivals, chat, history, jobs, media, messages, page_entries, people, spending, steps
from bot.core.chat import Assistant, ChatMessage, System, ToolResult, User
from bot.core.messages import Media, Part, Text, Voice
from bot.core.steps import Answered, Heard, Spoken, StepResult, ToolOutcome

VERSION = 1

T = TypeVar("T")

Convert = Callable[[Any], Any]

TYPES: dict[str, type] = {
    name: value
    for module in (messages, chat, steps, spending, media, jobs, history, people, arrivals, page_entries)
    for name, value in vars(module).items()
    if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
}

_dump = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode  # ASCII: lone surrogates survive


def encode(value: object) -> str:
    """`value` as JSON text. Raises `TypeError` when it is not a value of `bot.core`."""
    return _dump({"v": VERSION, **_write_object(value)})


def decode(text: str, expected: type[T]) -> T:
    """The value in `text`. Raises `ValueError` when it is not an `expected`, or was written by a later program."""
    value = _read(text)
    if not isinstance(value, expected):
        raise ValueError(f"the stored row holds a {type(value).__name__}, not a {expected.__name__}")
    return value


def decode_part(text: str) -> Part:
    """The part in `text`. Raises as `decode`."""
    value = _read(text)
    if not isinstance(value, Text | Voice | Media):
        raise ValueError(f"the stored row holds a {type(value).__name__}, not a part of a reply")
    return value


def decode_message(text: str) -> ChatMessage:
    """The chat message in `text`. Raises as `decode`."""
    value = _read(text)
    if not isinstance(value, System | User | Assistant | ToolResult):
        raise ValueError(f"the stored row holds a {type(value).__name__}, not a chat message")
    return value


def decode_result(text: str) -> StepResult:
    """The result of a step in `text`. Raises as `decode`."""
    value = _read(text)
    if not isinstance(value, Heard | Answered | ToolOutcome | Spoken):
        raise ValueError(f"the stored row holds a {type(value).__name__}, not the result of a step")
    return value


def _read(text: str) -> object:
    body = json.loads(text)
    if not isinstance(body, dict) or body.get("v") not in range(1, VERSION + 1):
        raise ValueError(f"the stored row has a form that this program (version {VERSION}) does not know")
    return _read_object(body)


def _write_object(value: object) -> dict[str, Any]:
    kind: type = type(value)
    body: dict[str, Any] = {"$": kind.__name__}
    for name, write in _writers(kind):
        content = getattr(value, name)
        body[name] = content if write is None or content is None else write(content)
    return body


def _read_object(body: dict[str, Any]) -> object:
    kind = TYPES.get(body["$"])
    if kind is None:
        raise ValueError(f"the stored row holds a {body['$']!r}, which this program does not know")
    values = {}
    for name, read in _readers(kind):
        if name in body:
            value = body[name]
            values[name] = value if read is None or value is None else read(value)
    return kind(**values)


@cache
def _writers(kind: type) -> tuple[tuple[str, Convert | None], ...]:
    if TYPES.get(kind.__name__) is not kind:
        raise TypeError(f"a {kind.__qualname__} cannot be stored: only the values of bot.core can")
    hints = get_type_hints(kind)
    return tuple((field.name, _converter(hints[field.name], write=True)) for field in fields(kind))


@cache
def _readers(kind: type) -> tuple[tuple[str, Convert | None], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _converter(hints[field.name], write=False)) for field in fields(kind))


def _converter(hint: Any, *, write: bool) -> Convert | None:
    """How a field of this type becomes JSON, or comes back from it; None when JSON holds it as it is."""
    origin = get_origin(hint)
    if origin is tuple:
        item, rest = get_args(hint)
        if rest is not Ellipsis:
            raise TypeError(f"{hint} cannot be stored: only tuples of one type and any length can")
        return _sequence(_converter(item, write=write), write=write)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if len(options) == 1:
            return _converter(options[0], write=write)
        if all(is_dataclass(option) for option in options):
            return _write_object if write else _read_object
    elif isinstance(hint, type):
        return _leaf(hint, write=write)
    raise TypeError(f"{hint} cannot be stored")


def _sequence(item: Convert | None, *, write: bool) -> Convert:
    build = list if write else tuple
    if item is None:
        return build
    return lambda value: build(map(item, value))


def _leaf(kind: type, *, write: bool) -> Convert | None:
    if kind in (str, int, float, bool):
        return None
    if is_dataclass(kind):
        return _write_object if write else _read_object
    if issubclass(kind, Enum):
        return _enum_value if write else kind
    if kind is datetime:
        return datetime.isoformat if write else datetime.fromisoformat
    if kind is bytes:
        return _write_bytes if write else base64.b64decode
    raise TypeError(f"{kind.__qualname__} cannot be stored")


def _enum_value(member: Enum) -> Any:
    return member.value


def _write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
