"""Backup archive and restore: the database, the media and the configuration in one tar file.

A restore that is killed leaves the old state or the new one: media lie under their hashes and come first, the database
takes its place in one step.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.core.errors import StateError
from bot.store.backup import back_up
from bot.store.lock import hold
from bot.store.migrations import DATABASE, refuse_unusable

CONFIG = "voxline.json5"
KEPT = f"{DATABASE}.before-restore"
_MEDIA = re.compile(r"media/([0-9a-f]{2})/(\1[0-9a-f]{62})")


def write_archive(file: Path, database: Path, media: Path, config: str) -> int:
    """Puts a copied database, the media and a configuration's text into a new file of mode 0600; returns its size in
    bytes. Raises `StateError`."""
    draft = file.with_name(f"{file.name}.draft")
    if file.exists():
        raise StateError(f"{file} is there already; choose another name for the backup")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as opened:
            with tarfile.open(fileobj=opened, mode="w") as archive:
                archive.add(database, DATABASE, recursive=False)
                _add_text(archive, CONFIG, config)
                for path in _media_files(media):
                    _add_media(archive, path, media)
            opened.flush()
            os.fsync(opened.fileno())
        draft.rename(file)
        return file.stat().st_size
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StateError(f"cannot write the backup {file}: {error.strerror}; choose a folder with more room") from error


def restore_archive(file: Path, state: Path, *, replacing: bool) -> str:
    """Brings back what the archive holds, into a state directory that no daemon holds; returns the text of its
    configuration. Raises `StateError`; `replacing` takes the place of a database that is there, which is kept as
    voxline.db.before-restore."""
    with hold(state):
        if (state / DATABASE).exists() and not replacing:
            raise StateError(f"{state / DATABASE} is there already; --force replaces it and keeps it as {KEPT}")
        with _draft(state / "restore.draft") as draft:
            config = _unpacked(file, draft)
            refuse_unusable(draft / DATABASE)
            for path in _media_files(draft / "media"):
                place = state / path.relative_to(draft)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.replace(path, place)
            _put_aside(state)
            os.replace(draft / DATABASE, state / DATABASE)
            return config


def _unpacked(file: Path, draft: Path) -> str:
    """Writes database and media below `draft`: only names that a backup has, media only with the right hash."""
    config = ""
    try:
        with tarfile.open(file, mode="r:") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.isfile() else None
                media = _MEDIA.fullmatch(member.name)
                if source is None or not (media or member.name in (DATABASE, CONFIG)):
                    raise StateError(f"{file} is no backup of Voxline: {member.name!r} stands in it")
                if member.name == CONFIG:
                    config = source.read().decode("utf-8", "replace")
                    continue
                _write(draft / member.name, source.read(), media[2] if media else "")
    except (tarfile.TarError, OSError) as error:
        raise StateError(f"the backup {file} cannot be read: {error}") from error
    if not (draft / DATABASE).exists():
        raise StateError(f"{file} is no backup of Voxline: there is no database in it")
    return config


def _write(path: Path, data: bytes, sha256: str) -> None:
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise StateError(f"the backup is damaged: {path.name} does not have its own hash")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _put_aside(state: Path) -> None:
    """Keeps a copy of the database that is there, and ends its log: a log that stayed would be replayed onto the new
    database."""
    database = state / DATABASE
    if not database.exists():
        return
    (state / KEPT).unlink(missing_ok=True)
    try:
        back_up(database, state / KEPT)
        with closing(sqlite3.connect(database, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode = DELETE").fetchall()
    except (StateError, sqlite3.Error):  # a damaged one is what is being replaced: its files are kept as they are
        for suffix in ("", "-wal", "-shm"):
            damaged = state / f"{DATABASE}{suffix}"
            if damaged.exists():
                os.replace(damaged, state / f"{KEPT}{suffix}")


def _media_files(media: Path) -> Iterator[Path]:
    for path in sorted(media.glob("??/*")):
        if _MEDIA.fullmatch(f"media/{path.parent.name}/{path.name}") and path.is_file():
            yield path


def _add_media(archive: tarfile.TarFile, path: Path, media: Path) -> None:
    try:
        archive.add(path, f"media/{path.relative_to(media)}", recursive=False)
    except FileNotFoundError:  # it was swept meanwhile: nothing in the database names it
        return


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
