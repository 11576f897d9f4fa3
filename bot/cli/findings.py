"""One line of `voxline doctor`: what was looked at, how it is, and what to do."""

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
    told: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<5} {self.about:<14} {self.told}"
        return f"{line}\n{'':<21}→ {self.fix}" if self.fix else line


def ok(about: str, told: str) -> Finding:
    return Finding(Level.OK, about, told)


def warn(about: str, told: str, fix: str) -> Finding:
    return Finding(Level.WARN, about, told, fix)


def fail(about: str, told: str, fix: str) -> Finding:
    return Finding(Level.FAIL, about, told, fix)
