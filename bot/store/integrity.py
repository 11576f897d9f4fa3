"""Integrity check of the database: SQLite's quick_check, beside the running daemon, or before a risky step.

It reads every page, so its time grows with the file (0.9 s for each GB in the page cache). At start it runs only before
a migration, and over a small file whose last check did not end well: as after a restored backup, or when the daemon was
never up long enough to end one. A kill or a power cut alone is what the write-ahead log recovers from.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from bot.core.errors import StateError
from bot.store.database import explain

CHECKED_AT_START_BELOW = 200_000_000  # bytes: a quarter of a second


def must_check_at_start(path: Path) -> bool:
    """Whether the last check of this file never ended well, and another one takes little time."""
    return path.stat().st_size < CHECKED_AT_START_BELOW and not _is_marked(path)


async def check(path: Path) -> None:
    """Checks the database on a read-only connection of its own; commits go on meanwhile. Cancelling ends the
    check at once. Raises `StateError` for a damaged one, `StoreUnavailable` when it cannot be read now."""
    connection = await asyncio.to_thread(_read_only, path)
    checking = asyncio.get_running_loop().run_in_executor(None, refuse_damage, connection, path)
    try:
        await asyncio.shield(checking)
    except asyncio.CancelledError:
        connection.interrupt()
        raise
    except sqlite3.Error as error:
        raise explain(error) from error
    finally:
        await asyncio.gather(checking, return_exceptions=True)  # the thread must have left the connection
        connection.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def refuse_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `StateError` unless every page is sound; marks the file as checked or as damaged."""
    try:
        complaint = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        complaint = str(error)
    if complaint != "ok":
        _mark(path).unlink(missing_ok=True)
        raise damaged(path, complaint.splitlines()[-1])
    _mark(path).write_text(_identity(path), encoding="ascii")


def damaged(path: Path, why: str) -> StateError:
    """The error that names the newest backup and the command that restores it."""
    backups = sorted(path.parent.glob(f"{path.name}.schema*.backup"), key=_schema_of)
    restore = f"restore it: cp {backups[-1]} {path}" if backups else "restore it from your own backup"
    return StateError(
        f"{path} is damaged ({why}); nothing was changed; move {path.name}, {path.name}-wal and {path.name}-shm away "
        f"together and keep them, then {restore}"
    )


def _schema_of(backup: Path) -> int:
    """The schema number in the name of a backup; as text, 10 would come before 9."""
    number = backup.name.removesuffix(".backup").rpartition(".schema")[2]
    return int(number) if number.isdecimal() else -1


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _is_marked(path: Path) -> bool:
    try:
        return _mark(path).read_text(encoding="ascii") == _identity(path)
    except (OSError, ValueError):
        return False


def _identity(path: Path) -> str:
    """The file, and no other one that is put in its place."""
    status = path.stat()
    return f"{status.st_dev}:{status.st_ino}\n"
