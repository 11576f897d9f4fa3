"""Environment variables from every source: the process, `.env` files, the configuration, the login shell.

In order: the process's own environment; a `.env` file in the working directory, for what the channels ask for and
never for keys of the provider; a `.env` file beside the configuration; the file's `env`; the login shell, where
`env.shellEnv` asks for it. Source: OpenClaw documentation, environment variables.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel

from bot.config.keys import ENV_LIST, ENV_NAME
from bot.config.login_shell import NoAnswer, login_shell
from bot.config.model import Config
from bot.config.secret import Secret

FILE_NAME = ".env"
LARGEST_BYTES = 64 * 1024
TOKENS = {"telegram": "TELEGRAM_BOT_TOKEN", "discord": "DISCORD_BOT_TOKEN"}


@dataclass(frozen=True, slots=True)
class Environment:
    """`environ` is every variable. `exported` are those that are set for this process too: not those of the working
    directory, which a stranger may have written. `notes` are for the operator."""

    environ: dict[str, str] = field(repr=False)
    exported: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


def surroundings(config: Config, environ: Mapping[str, str], *, beside: Path, working: Path) -> Environment:
    """Every variable that is set for us. `beside` is the folder of the configuration, `working` the current one.

    Blocks: reads files and may run the login shell once."""
    notes: list[str] = []
    beside_config = _read(beside / FILE_NAME, notes)
    in_working_folder = {} if working.resolve() == beside.resolve() else _read(working / FILE_NAME, notes)
    harmless = {name: value for name, value in in_working_folder.items() if name in _of_channels(config)}
    configured = {**config.env.all, **beside_config}
    variables = {**configured, **harmless, **environ}
    from_shell: dict[str, str] = {}
    if config.env.shell_env.enabled and not _needed(config) <= variables.keys():
        try:
            exported = login_shell(environ, timeout_seconds=config.env.shell_env.timeout_ms / 1000)
            from_shell = {name: value for name, value in exported.items() if _expected(config, name)}
        except NoAnswer as error:
            notes.append(f"env.shellEnv: {error}")
    return Environment({**from_shell, **variables}, {**from_shell, **configured}, tuple(notes))


def _read(file: Path, notes: list[str]) -> dict[str, str]:
    """The variables of a `.env` file, as written: nothing in it is expanded. One that cannot be read is left out."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_BYTES + 1)
        text = data.decode("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        notes.append(f"{file} is left out: it cannot be read ({type(error).__name__}).")
        return {}
    if len(data) > LARGEST_BYTES:
        notes.append(f"{file} is left out: it is larger than {LARGEST_BYTES // 1024} KiB.")
        return {}
    parsed = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in parsed.items() if value is not None}


def _of_channels(config: Config) -> set[str]:
    """The names that channels ask for and the provider does not."""
    names = {*TOKENS.values(), *_references(config.channels)}
    return {name for name in names if not _of_provider(config, name)}


def _of_provider(config: Config, name: str) -> bool:
    referred = {*_references(config.models), *_references(config.speech)}
    return name in (ENV_NAME, ENV_LIST) or name.startswith(f"{ENV_NAME}_") or name in referred


def _expected(config: Config, name: str) -> bool:
    """Whether a setting of ours reads this variable."""
    return name in _of_channels(config) or _of_provider(config, name)


def _needed(config: Config) -> set[str]:
    """The variables without which something that is configured does not work."""
    channels = {"telegram": config.channels.telegram, "discord": config.channels.discord}
    tokens = {TOKENS[name] for name, channel in channels.items() if channel is not None and channel.enabled}
    return {ENV_NAME, *tokens, *_references(config)}


def _references(value: object) -> Iterator[str]:
    """The names of variables that secrets in this part of the configuration point at."""
    match value:
        case Secret(env=name):
            yield from (name,) if name else ()
        case BaseModel():
            for inner in type(value).model_fields:
                yield from _references(getattr(value, inner))
        case Mapping():
            for inner in value.values():
                yield from _references(inner)
        case tuple():
            for inner in value:
                yield from _references(inner)
