"""A configuration file is used or refused by `ConfigError`; editing one keeps it readable."""

from __future__ import annotations

from bot.config import json5
from bot.config.load import parse
from bot.core.errors import ConfigError
from fuzz.choices import readable


def check(data: bytes) -> None:
    text = readable(data)
    try:
        parse(text, "voxline.json5")
    except ConfigError as error:
        assert str(error).startswith("voxline.json5"), str(error)
        assert error.line is None or 1 <= error.line <= text.count("\n") + 1, error.line
    try:
        json5.parse(text)
    except json5.Json5Error as error:
        assert 1 <= error.line <= text.count("\n") + 1, error.line
        return
    json5.repeated(text)
    json5.line_of(text, ("channels", "telegram", "botToken"))
