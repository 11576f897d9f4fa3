"""Import of an OpenClaw configuration: the same settings as a file of ours, with a note for each key.

First old and new names are settled on values, one small rule each; then whatever our own model of
the file does not accept is taken out again, so that the result is valid by construction.
Source: OpenClaw documentation, configuration reference, 2026.6 and 2026.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from pydantic import JsonValue, ValidationError

from bot.config import json5
from bot.config.edit import as_text
from bot.config.load import parse
from bot.config.model import Config
from bot.config.openclaw_notes import Fate, KeyNote, Keys, Object
from bot.config.openclaw_reasons import reason
from bot.config.openclaw_rules import RULES
from bot.config.validation_errors import config_error
from bot.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Imported:
    """Our file's text, and the notes in the order of the keys."""

    text: str
    notes: tuple[KeyNote, ...]


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
    for note in _taken_out(config):
        notes.append(replace(note, keys=_as_written(note.keys, notes)))
    _without_empty(config)
    gone = {note.keys for note in notes}
    notes += [KeyNote(keys, Fate.TAKEN) for keys in _leaves(config, value) if keys not in gone]
    result = f"// Brought over from {file or 'OpenClaw'} by `voxline config import`.\n{as_text(config)}\n"
    parse(result)
    return Imported(result, tuple(sorted(_one_line_each(value, _by_key(notes)), key=lambda note: note.path)))


def _by_key(notes: Iterable[KeyNote]) -> dict[Keys, KeyNote]:
    """One note for each key; the detail of a later note follows that of the first."""
    by_key: dict[Keys, KeyNote] = {}
    for note in notes:
        first = by_key.get(note.keys)
        by_key[note.keys] = replace(first, detail=f"{first.detail}; {note.detail}") if first else note
    return by_key


def _taken_out(config: Object) -> Iterator[KeyNote]:
    """Removes what our model of the file refuses, until it refuses nothing. Entries of lists move up."""
    while True:
        try:
            Config.model_validate(config, by_alias=True, by_name=False)
            return
        except ValidationError as error:
            details = error.errors(include_url=False)[0]
        path = _written_part(config, tuple(part for part in details["loc"] if part != "[key]"))
        why = reason(path) if details["type"] == "extra_forbidden" else config_error(details, Config).message
        _remove(config, path)
        yield KeyNote(path, Fate.DROPPED, why)


def _as_written(keys: Keys, notes: Iterable[KeyNote]) -> Keys:
    """The place in their file of what stands here now: entries that were left out before it count again."""
    written: Keys = ()
    for key in keys:
        if isinstance(key, int):
            left_out = (note.keys[-1] for note in notes if note.fate is Fate.DROPPED and note.keys[:-1] == written)
            for gone in sorted(place for place in left_out if isinstance(place, int)):
                key += gone <= key
        written = (*written, key)
    return written


def _written_part(config: Object, path: Keys) -> Keys:
    """As much of a place as stands in the file: `model: ""` is refused at `model.primary`, which
    the file does not hold."""
    holder: JsonValue = config
    for depth, key in enumerate(path):
        if not _holds(holder, key):
            return path[:depth]
        holder = _inside(holder, key)
    return path


def _holds(holder: JsonValue, key: str | int) -> bool:
    match holder, key:
        case dict(), str():
            return key in holder
        case list(), int():
            return key < len(holder)
    return False


def _remove(config: Object, path: Keys) -> None:
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


def _leaves(config: JsonValue, theirs: JsonValue, keys: Keys = ()) -> Iterator[Keys]:
    """The places in the result that hold what was written at the same place."""
    if isinstance(config, dict) and config:
        for key, value in config.items():
            if isinstance(theirs, dict) and key in theirs:
                yield from _leaves(value, theirs[key], (*keys, key))
    elif keys:
        yield keys


def _one_line_each(
    theirs: JsonValue, notes: Mapping[Keys, KeyNote], keys: Keys = (), above: KeyNote | None = None
) -> Iterator[KeyNote]:
    """A note for every key of theirs, and none for a key that stands in another note's: where a part has a note of
    its own, each further part has one like the whole. A key without any note gets the note that it does not apply,
    so that none goes unreported."""
    note = notes.get(keys) or (replace(above, keys=keys) if above else None)
    if keys and not any(len(noted) > len(keys) and noted[: len(keys)] == keys for noted in notes):
        yield note or KeyNote(keys, Fate.DROPPED, reason(keys) if theirs != {} else "nothing is set there")
        return
    for key, inner in _parts(theirs):
        yield from _one_line_each(inner, notes, (*keys, key), note)


def _parts(value: JsonValue) -> Iterator[tuple[str | int, JsonValue]]:
    match value:
        case dict():
            yield from value.items()
        case list():
            yield from enumerate(value)
