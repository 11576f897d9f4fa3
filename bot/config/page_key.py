"""The local page's key: kept in the state directory with mode 0600, so that its address survives restarts."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from bot.config.files import write_private

FILE_NAME = "page-key"
_KEY = re.compile(r"[A-Za-z0-9_-]{32,128}")


def page_key(state: Path) -> str:
    """The key that is kept, made where there is none. Raises `ConfigError` when it cannot be written.

    A file that others may read, or that holds something else, counts as none: its key may be known."""
    file = state / FILE_NAME
    try:
        text = file.read_text(encoding="utf-8").strip()
        private = not file.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError):
        return new_page_key(state)
    return text if private and _KEY.fullmatch(text) else new_page_key(state)


def new_page_key(state: Path) -> str:
    """A new key, which replaces the one that is kept. Raises `ConfigError` when it cannot be written."""
    key = secrets.token_urlsafe(32)
    write_private(state / FILE_NAME, f"{key}\n")
    return key
