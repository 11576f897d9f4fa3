"""Set-up of a command: the configuration, the state directory and the environment it starts from."""

from __future__ import annotations

import argparse
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.config import paths
from bot.config.environment import Environment, surroundings
from bot.config.keys import FoundKey, in_order, model_key, speech_key
from bot.config.known_secrets import known_secrets
from bot.config.load import load
from bot.config.model import Config
from bot.config.profiles import FILE_NAME, Profiles, StoredKey, read_profiles
from bot.core.errors import ConfigError, StateError
from bot.net.redact import Redactor, hide_in_crashes


@dataclass(frozen=True, slots=True)
class Setup:
    """`around` is what is set around the program: the process's environment and whatever adds to it."""

    file: Path
    state: Path
    config: Config
    around: Environment

    @property
    def environ(self) -> dict[str, str]:
        """Every variable."""
        return self.around.environ

    @property
    def profiles_file(self) -> Path:
        return self.state / FILE_NAME

    def profiles(self) -> Profiles:
        return read_profiles(self.profiles_file)

    def key(self, profile: str = "") -> FoundKey | None:
        """The key for models, or None when there is none. Raises `ConfigError`, `StateError`."""
        return model_key(self.config, self.profiles(), self.environ, profile=profile, now_ms=now_ms())

    def speech_key(self) -> FoundKey | None:
        """The key for speech. Raises as `key`."""
        return speech_key(self.config, self.profiles(), self.environ, now_ms=now_ms())

    def stored_keys(self) -> tuple[StoredKey, ...]:
        """The stored keys as they are tried now. Raises `StateError`."""
        return in_order(self.config.auth, self.profiles(), now_ms=now_ms())


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def add_places(parser: argparse.ArgumentParser) -> None:
    """The options that say where configuration and state lie."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the configuration file (default: see `voxline config path`)"
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="where the bot keeps what it must remember (default: there too)"
    )
    parser.add_argument(
        "--service", action="store_true", help="the places of the systemd service: /etc/voxline and /var/lib/voxline"
    )


SERVICE_CONFIG, SERVICE_STATE = Path("/etc/voxline/voxline.json5"), Path("/var/lib/voxline")


def open_setup(args: argparse.Namespace) -> Setup:
    """Reads the configuration that the arguments name; from now on no crash shows what it holds. Raises
    `ConfigError`."""
    file, state = places(args)
    config = load(file)
    setup = Setup(file, state, config, surroundings(config, os.environ, beside=file.parent, working=Path.cwd()))
    with suppress(StateError):  # a command that needs the stored keys raises it again
        hide_in_crashes(Redactor(known_secrets(config, setup.environ, setup.profiles().stored)))
    return setup


def refuse_missing(args: argparse.Namespace, setup: Setup) -> None:
    """Raises `ConfigError` for a configuration that was named and is not there."""
    named = args.config or os.environ.get("VOXLINE_CONFIG", "").strip()
    if named and not setup.file.exists():
        raise ConfigError("there is no such file", file=str(setup.file), fix="`voxline onboard` writes one.")


def places(args: argparse.Namespace) -> tuple[Path, Path]:
    """The configuration file and the state directory, whether they exist or not."""
    config, state = args.config, args.state_dir
    if args.service:
        config, state = config or SERVICE_CONFIG, state or SERVICE_STATE
    return paths.config_file(os.environ, config), paths.state_dir(os.environ, state)
