"""Paths of the configuration file and the state directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs

CONFIG_NAME = "voxline.json5"


def config_file(environ: Mapping[str, str], chosen: Path | None = None) -> Path:
    """The configuration file: `chosen`, else VOXLINE_CONFIG, else systemd's CONFIGURATION_DIRECTORY,
    else the user's own configuration folder. It need not exist."""
    if chosen is not None:
        return chosen.expanduser()
    if named := environ.get("VOXLINE_CONFIG", "").strip():
        return Path(named).expanduser()
    if folder := _first(environ.get("CONFIGURATION_DIRECTORY", "")):
        return Path(folder) / CONFIG_NAME
    return platformdirs.user_config_path("voxline", appauthor=False) / CONFIG_NAME


def state_dir(environ: Mapping[str, str], chosen: Path | None = None) -> Path:
    """The state directory: `chosen`, else VOXLINE_STATE_DIR, else systemd's STATE_DIRECTORY,
    else the user's own state folder. It need not exist."""
    if chosen is not None:
        return chosen.expanduser()
    if named := environ.get("VOXLINE_STATE_DIR", "").strip():
        return Path(named).expanduser()
    if folder := _first(environ.get("STATE_DIRECTORY", "")):
        return Path(folder)
    return platformdirs.user_state_path("voxline", appauthor=False)


def _first(folders: str) -> str:
    """systemd separates several folders by colons."""
    return folders.split(":")[0].strip()
