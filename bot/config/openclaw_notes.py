"""Notes of an OpenClaw import: what became of each key, and how a place in a file is named."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from bot.config.validation_errors import dotted

Object = dict[str, JsonValue]
Keys = tuple[str | int, ...]


class Fate(StrEnum):
    TAKEN = "taken"
    RENAMED = "renamed"
    DROPPED = "does not apply"


@dataclass(frozen=True, slots=True)
class KeyNote:
    """What became of one key of the OpenClaw file, and of all that stands in it. Secrets are never repeated."""

    keys: Keys
    fate: Fate
    detail: str = ""

    @property
    def path(self) -> str:
        return dotted(self.keys)


def at(config: Object, *path: str) -> Object | None:
    """The object at a key path, None where there is none."""
    inner: JsonValue = config
    for key in path:
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None
