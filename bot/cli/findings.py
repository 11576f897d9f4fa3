"""A diagnosis of `voxline doctor`: what was checked, its level, and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`fail` means that the bot, or one of its channels, cannot work like this."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is one sentence, "" where nothing has to be done. Nothing in it is secret."""

    level: Level
    about: str
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<5} {self.about:<14} {self.detail}"
        return f"{line}\n{'':<21}→ {self.fix}" if self.fix else line


def ok(about: str, detail: str) -> Finding:
    return Finding(Level.OK, about, detail)


def warn(about: str, detail: str, fix: str) -> Finding:
    return Finding(Level.WARN, about, detail, fix)


def fail(about: str, detail: str, fix: str) -> Finding:
    return Finding(Level.FAIL, about, detail, fix)
