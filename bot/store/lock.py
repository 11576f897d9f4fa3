"""The file lock: one daemon for each state directory."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import StateError


@contextmanager
def hold(state_dir: Path) -> Iterator[None]:
    """The state directory belongs to this process until the block ends, or the process does.

    Makes the directory if needed, and closes it to other users. Raises `StateError`."""
    prepare(state_dir)
    path = state_dir / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(f"cannot open {path}: {error.strerror}; remove it if it is not a plain file") from error
    try:
        _lock(handle, state_dir)
        yield
    finally:
        os.close(handle)


def prepare(state_dir: Path) -> None:
    """A directory of ours that no other user can read. Raises `StateError`."""
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = state_dir.stat()
        if status.st_uid != os.geteuid():
            raise StateError(
                f"the state directory {state_dir} belongs to user {status.st_uid}, the daemon runs as {os.geteuid()}; "
                "run it as the owner or choose another directory"
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            state_dir.chmod(0o700)
    except OSError as error:
        raise StateError(
            f"cannot use the state directory {state_dir}: {error.strerror}; make it writable or choose another"
        ) from error


def _lock(handle: int, state_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise StateError(
            f"already running (pid {holder}) on {state_dir}; stop that one first or choose another state directory"
        ) from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
