"""Content-addressed media: files named by the SHA-256 of their bytes, readable only by the daemon.

A file appears whole or not at all: it is written beside, flushed to the disk, then renamed. Names
never come from people or models. Everything here blocks; the store calls it in threads of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from io import FileIO
from pathlib import Path
from typing import Self

from bot.core.errors import MediaError, StateError, StoreUnavailable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_INCOMING = "incoming"


class BlobFiles:
    """The folder. Leftovers of a process that died while writing are removed when it is opened."""

    def __init__(self, root: Path) -> None:
        """Raises `StateError` when the folder cannot be used."""
        self.root = root
        self._incoming = root / _INCOMING
        try:
            root.mkdir(mode=0o700, exist_ok=True)
            self._incoming.mkdir(mode=0o700, exist_ok=True)
            for leftover in self._incoming.iterdir():
                leftover.unlink()
        except OSError as error:
            raise StateError(f"cannot use the media folder {root}: {error.strerror}; make it writable") from error

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash lie. Raises `MediaError` unless it is a SHA-256 in hex."""
        if not _SHA256.fullmatch(sha256):
            raise MediaError(f"{sha256!r} is not the SHA-256 of a stored file")
        return self.root / sha256[:2] / sha256

    def incoming(self) -> Incoming:
        """A new file whose name is not known yet. Raises `StoreUnavailable`."""
        return Incoming(self._incoming / secrets.token_hex(16))

    def keep(self, incoming: Incoming) -> None:
        """Gives the finished file its name. Raises `StoreUnavailable`."""
        final = self.path(incoming.sha256)
        try:
            if final.exists() and final.stat().st_size == incoming.size:
                incoming.discard()
                return
            final.parent.mkdir(mode=0o700, exist_ok=True)
            incoming.path.replace(final)
            _flush_directory(final.parent)
        except OSError as error:
            raise _no_room(error) from error

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises `MediaError` when the file is gone."""
        path = self.path(sha256)
        try:
            with open(os.open(path, _OLD), "rb") as file:
                return file.read()
        except OSError as error:
            raise MediaError(
                f"the stored file {path} cannot be read ({error.strerror}); it was swept or removed by hand",
                tell="That file is no longer here. Please send it again.",
            ) from error

    def remove(self, sha256: str) -> None:
        """Removes the file; a missing one is no error."""
        self.path(sha256).unlink(missing_ok=True)


class Incoming:
    """A file being written, hashed on the way. `seal` flushes it to the disk, `discard` removes it."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._hash = hashlib.sha256()
        try:
            self._file = FileIO(os.open(path, _NEW, 0o600), "wb")
        except OSError as error:
            raise _no_room(error) from error

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Adds bytes. Raises `StoreUnavailable`."""
        self._hash.update(data)
        self.size += len(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _no_room(error) from error

    def seal(self) -> Self:
        """Everything is on the disk. Raises `StoreUnavailable`."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _no_room(error) from error
        return self

    def discard(self) -> None:
        """The file is closed, and gone unless it was kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def _flush_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_room(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"cannot write media ({error.strerror}); nothing was kept; free disk space or make the folder writable",
        tell="There is no room for the file right now. Please try again later.",
    )
