"""Private files: atomic replacement under a lock, mode 0600."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import ConfigError


def write_private(file: Path, text: str) -> None:
    """Replaces the file in one step, mode 0600, in a folder of mode 0700 when it has to be made.

    A symbolic link is followed, so that the link stays. Raises `ConfigError`.
    """
    place = file.resolve()
    try:
        make_private_folder(place.parent)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            os.replace(temporary, place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(place.parent)
    except OSError as error:
        raise ConfigError(
            f"the file cannot be written ({error.strerror})",
            file=str(file),
            fix="Check the folder and its permissions.",
        ) from None


def make_private_folder(folder: Path) -> None:
    """Makes the folder, and those above it, for the owner only. One that exists stays as it is."""
    if not folder.is_dir():
        make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Holds the lock beside `file`, so that two processes do not change it at once."""
    try:
        make_private_folder(file.parent)
        handle = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the file cannot be locked ({error.strerror})", file=str(file), fix="Check the folder and its permissions."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
