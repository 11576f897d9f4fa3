"""Configuration loading and validation: the file as a `Config`, or a `ConfigError` with file, line, key and fix."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

from pydantic import ValidationError

from bot.config import json5
from bot.config.model import Config
from bot.config.validation_errors import config_errors, dotted
from bot.core.errors import ConfigError


def load(file: Path) -> Config:
    """The configuration; a file that does not exist means the defaults.

    Raises the first `ConfigError` by line; further mistakes are added to it as notes.
    """
    text = read(file)
    return Config() if text is None else parse(text, str(file))


def read(file: Path) -> str | None:
    """The file's text, or None when there is no such file. Raises `ConfigError`."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8 text", file=str(file), fix="Save it as UTF-8.") from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigError(
            f"the file cannot be read ({reason})", file=str(file), fix="Check its path and permissions."
        ) from None


def parse(text: str, file: str = "") -> Config:
    """The configuration in a text. `file` is its name for errors. Raises `ConfigError` as `load`."""
    mistakes, config = check(text, file)
    if config is not None:
        return config
    first, *later = sorted(mistakes, key=lambda mistake: mistake.line or 0)
    for other in later:
        first.add_note(str(other))
    raise first


def check(text: str, file: str = "") -> tuple[tuple[ConfigError, ...], Config | None]:
    """Every mistake in the text, or none and the configuration."""
    try:
        value = json5.parse(text)
    except json5.Json5Error as error:
        return (ConfigError(f"not JSON5: {error}", file=file, line=error.line, fix=_SYNTAX),), None
    if not isinstance(value, dict):
        return (ConfigError("the file is not an object", file=file, line=1, fix="Write { … } around it."),), None
    twice = tuple(
        ConfigError("is set twice", path=dotted(path), file=file, line=line, fix="Keep one of them.")
        for path, line in json5.repeated(text)
    )
    if twice:
        return twice, None
    try:
        return (), Config.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        places = [tuple(details["loc"]) for details in error.errors(include_url=False, include_input=False)]
        return tuple(
            ConfigError(
                mistake.message, path=mistake.path, file=file, line=json5.line_of(text, place) or None, fix=mistake.fix
            )
            for mistake, place in zip(config_errors(error, Config), places, strict=True)
        ), None


def located(error: ConfigError, file: Path) -> ConfigError:
    """The same mistake with file and line, where it names a key and was found after the file had been read."""
    keys = tuple(takewhile(str.isidentifier, error.path.split(".")))
    if error.file or not keys or keys[0] not in {field.alias or name for name, field in Config.model_fields.items()}:
        return error
    line = json5.line_of(read(file) or "", keys)
    if line is None:
        return error
    return ConfigError(error.message, path=error.path, file=str(file), line=line, fix=error.fix)


def environment(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """The process's variables, and those of the file that are not already set."""
    return {**config.env.all, **environ}


_SYNTAX = "Look at this line and the one before it for a missing comma, quote or bracket."
