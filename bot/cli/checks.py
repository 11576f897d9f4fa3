"""Health checks of `voxline doctor` on this machine: program, state directory, keys, access. They change nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.cli.findings import Finding, fail, ok, warn
from bot.cli.setup import Setup
from bot.cli.status import running_pid
from bot.config.channels import Discord, Telegram
from bot.config.exposure import exposed_files
from bot.config.keys import FoundKey
from bot.core.errors import ConfigError, MediaError, StateError
from bot.import_names import channels_folder, clash
from bot.media.ffmpeg import Ffmpeg
from bot.openrouter.configured import music_settings
from bot.store.network_share import share_under

_SQLITE_NEEDED = (3, 35, 0)  # RETURNING


def machine(setup: Setup) -> Iterator[Finding]:
    """Program, state directory, database and sound tools."""
    yield _python()
    yield _channels_package()
    yield _state_folder(setup.state, share_allowed=setup.config.store.allow_network_share)
    yield _daemon(setup.state)
    yield _sqlite()
    yield _ffmpeg(setup.config.media.ffmpeg_path)


def keys(setup: Setup) -> Iterator[Finding]:
    """Where the keys lie, masked, and whether other users may read them."""
    if files := exposed_files(setup.file, setup.config, setup.environ):
        shown = " ".join(map(str, files))
        yield warn("secrets", f"other users may read {shown}", f"Run: chmod 600 {shown}")
    models = _key("key", setup.key)
    if models is None:
        yield fail("key", "no key for OpenRouter", "Run `voxline onboard`, or set OPENROUTER_API_KEY.")
        return
    yield models
    speech = _key("key for speech", setup.speech_key)
    if speech is not None and speech.detail != models.detail:
        yield speech


def _key(about: str, find: Callable[[], FoundKey | None]) -> Finding | None:
    try:
        key = find()
    except (ConfigError, StateError) as error:
        return fail(about, str(error), "Mend this first: nothing is answered without a key.")
    return ok(about, str(key)) if key else None


def access(setup: Setup) -> Iterator[Finding]:
    """Who may talk, and whether an owner can let newcomers in."""
    configured = setup.config.channels
    for name, channel in (("telegram", configured.telegram), ("discord", configured.discord)):
        if channel is not None and channel.enabled:
            yield _who(name, channel, any(owner.startswith(f"{name}:") for owner in setup.config.owners))


def _who(name: str, channel: Telegram | Discord, has_owner: bool) -> Finding:
    path = f"channels.{name}"
    match channel.dm_policy:
        case "open":
            return warn("access", f"{name}: everybody may write in private, at your cost", f"Narrow {path}.dmPolicy.")
        case "allowlist" if not channel.allow_from:
            return warn("access", f"{name}: nobody may write in private", f"Add numeric ids to {path}.allowFrom.")
        case "pairing" if not (channel.allow_from or has_owner):
            return warn("access", f"{name}: nobody can let newcomers in", f'Add your id to owners, as "{name}:<id>".')
        case policy:
            return ok("access", f"{name}: {policy}, {len(channel.allow_from)} listed")


def making(setup: Setup) -> Iterator[Finding]:
    """Settings for pictures and songs that cannot be followed as they are written."""
    song = music_settings(setup.config)
    if song.patience_seconds > song.timeout_seconds:
        raised = f"{song.timeout_seconds:g} s are too short for any song: {song.patience_seconds:g} s are waited"
        yield warn("songs", raised, "Raise agents.defaults.musicGenerationModel.timeoutMs.")
    for folder in setup.config.agents.defaults.media_local_roots:
        if not Path(folder).is_dir():
            yield warn("pictures", f"{folder} is no folder", "Make it, or mend agents.defaults.mediaLocalRoots.")


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return ok("python", f"{version} at {sys.executable}")


def _channels_package() -> Finding:
    """Another library is imported under the same name; in one environment only one of them can work."""
    if sentence := clash():
        return fail("package", sentence, "Until then the bot does not start.")
    return ok("package", f"channels is ours ({channels_folder()})")


def _state_folder(state: Path, *, share_allowed: bool) -> Finding:
    if (share := share_under(state)) and not share_allowed:
        return fail(
            "state", f"{state} lies on a network share ({share})", "Choose a disk of this machine with --state-dir."
        )
    try:
        mode, owner = state.stat().st_mode, state.stat().st_uid
    except FileNotFoundError:
        return ok("state", f"{state} will be made at the first start")
    except OSError as error:
        return fail("state", f"{state} cannot be used ({error.strerror})", "Check the folders above it.")
    if not stat.S_ISDIR(mode) or owner != os.geteuid() or not os.access(state, os.W_OK):
        return fail(
            "state", f"{state} is not a folder of yours", "Run as its owner, or choose another with --state-dir."
        )
    if mode & 0o077:
        return warn("state", f"{state} is open to other users", f"Run: chmod 700 {state}")
    free = shutil.disk_usage(state).free // 2**20
    if free < 200:
        return warn("state", f"{state} has {free} MiB left", "Make room: the bot keeps sounds and pictures there.")
    return ok("state", f"{state}, {free} MiB free")


def _daemon(state: Path) -> Finding:
    pid = running_pid(state)
    return ok("daemon", f"running, pid {pid}" if pid is not None else "not running")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _SQLITE_NEEDED:
        return fail("sqlite", f"{version} is too old", "Use a Python with SQLite 3.35 or newer.")
    return ok("sqlite", f"{version}; only the running bot writes, because two writers can lose each other's pages")


def _ffmpeg(configured: str) -> Finding:
    try:
        return ok("ffmpeg", asyncio.run(Ffmpeg(configured).works()))
    except MediaError as error:
        return fail("ffmpeg", str(error), "Until then voice notes are neither understood nor sent.")
