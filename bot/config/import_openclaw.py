"""A configuration made for OpenClaw as one of ours, and key by key what became of it.

First old and new names are settled on values, one small rule each; then whatever our own model of
the file does not accept is taken out again, so that the result is valid by construction.
Source: OpenClaw documentation, configuration reference, 2026.6 and 2026.9.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from bot.config import json5
from bot.config.complaints import complaints, dotted
from bot.config.edit import as_text
from bot.config.load import parse
from bot.config.model import Config
from bot.config.openclaw_reasons import reason
from bot.config.openclaw_rules import RULES, Fate, Note, Object
from bot.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Imported:
    """Our file's text, and the notes in the order of the keys."""

    text: str
    notes: tuple[Note, ...]


def bring_over(text: str, file: str = "") -> Imported:
    """Our configuration with everything of theirs that means something here. Raises `ConfigError`."""
    try:
        value = json5.parse(text)
    except json5.Json5Error as error:
        raise ConfigError(f"not JSON5: {error}", file=file, line=error.line, fix="Mend the file first.") from None
    if not isinstance(value, dict):
        raise ConfigError("the file is not an object", file=file, line=1, fix="Name an OpenClaw configuration.")
    config = deepcopy(value)
    notes = [note for rule in RULES for note in rule(config)]
    notes += _taken_out(config)
    _without_empty(config)
    gone = {note.path for note in notes}
    notes += [Note(path, Fate.TAKEN) for path in _leaves(config, value) if path not in gone]
    notes += _left_over(value, notes)
    result = f"// Brought over from {file or 'OpenClaw'} by `voxline config import`.\n{as_text(config)}\n"
    parse(result)
    return Imported(result, tuple(sorted(notes, key=lambda note: note.path)))


def _taken_out(config: Object) -> Iterator[Note]:
    """Removes what our model of the file refuses, until it refuses nothing."""
    while True:
        try:
            Config.model_validate(config, by_alias=True, by_name=False)
            return
        except ValidationError as error:
            details, complaint = error.errors(include_url=False)[0], complaints(error, Config)[0]
        path = tuple(part for part in details["loc"] if part != "[key]")
        unknown = details["type"] == "extra_forbidden"
        _remove(config, path)
        yield Note(dotted(path), Fate.DROPPED, reason(path) if unknown else complaint.message)


def _remove(config: Object, path: tuple[str | int, ...]) -> None:
    holder: JsonValue = config
    for key in path[:-1]:
        holder = _inside(holder, key)
    match holder, path[-1]:
        case dict(), str(key):
            del holder[key]
        case list(), int(place):
            del holder[place]


def _inside(holder: JsonValue, key: str | int) -> JsonValue:
    match holder, key:
        case dict(), str():
            return holder.get(key)
        case list(), int():
            return holder[key]
    return None


def _without_empty(config: Object) -> None:
    """Sections that have lost all their keys go too. Entries people named (models, groups) stay."""
    for key, value in list(config.items()):
        if isinstance(value, dict) and key not in _NAMED:
            _without_empty(value)
            if not value and key not in ("telegram", "discord"):
                del config[key]


_NAMED = frozenset({"groups", "guilds", "params"})


def _leaves(config: JsonValue, theirs: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """The key paths of the result that hold what was written at the same place."""
    if isinstance(config, dict) and config:
        for key, value in config.items():
            if isinstance(theirs, dict) and key in theirs:
                yield from _leaves(value, theirs[key], (*path, key))
    elif path:
        yield dotted(path)


def _left_over(theirs: Object, notes: list[Note]) -> Iterator[Note]:
    """A note for every key of theirs that no other note covers, so that nothing goes without a word."""
    told = {note.path for note in notes}
    covered = told | {path[:cut] for path in told for cut, sign in enumerate(path) if sign in ".["}
    for keys in _deepest(theirs):
        above = {dotted(keys[: depth + 1]) for depth in range(len(keys))}
        if not above & told and dotted(keys) not in covered:
            yield Note(dotted(keys), Fate.DROPPED, reason(keys))


def _deepest(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _deepest(inner, (*path, key))
    elif path:
        yield path
