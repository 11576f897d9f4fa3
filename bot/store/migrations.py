"""Migrations: the database file is checked, backed up, brought to this program's schema and opened.

`PRAGMA user_version` counts the migrations a file has had. A file that is damaged or newer than the
program is left exactly as it is.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.core.errors import StateError
from bot.core.failpoints import failpoint
from bot.store.database import SQL, explain
from bot.store.integrity import damaged, must_check_at_start, refuse_damage

DATABASE = "voxline.db"

# Applied in this order, each once; a released one never changes.
MIGRATION_FILES = ("schema.sql", "summaries.sql", "summary_begun.sql", "backlog_and_moves.sql")
MIGRATIONS: tuple[str, ...] = tuple(SQL.joinpath(name).read_text(encoding="utf-8") for name in MIGRATION_FILES)

_BUSY_SECONDS = 5.0
# Every commit is on the disk when it is acknowledged (FULL): a transport forgets what it delivered.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 67108864",
)


def open_database(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """The read-write connection to a database with this program's schema, made if there is none.

    Raises `StateError` for a damaged or newer file, `StoreUnavailable` when the disk is full or it is locked."""
    try:
        _refuse_orphaned_log(path)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StateError(f"cannot open {path}: {error.strerror}; make it writable for the daemon") from error
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS, cached_statements=256)
    try:
        _check(connection, path, len(migrations))
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
        _migrate(connection, path, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise explain(error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_unusable(path: Path) -> None:
    """Raises `StateError` for a database that `open_database` would refuse. Reads it and changes nothing."""
    _refuse_orphaned_log(path)
    if not path.exists():
        return
    if not os.access(path, os.R_OK | os.W_OK):
        raise StateError(f"cannot open {path}: it is not writable; make it writable for the daemon")
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as connection:
        try:
            _check(connection, path, len(MIGRATIONS))
        except sqlite3.OperationalError as error:
            raise StateError(f"cannot open {path}: {error}") from error


def _refuse_orphaned_log(path: Path) -> None:
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size and not (path.exists() and path.stat().st_size):
        raise StateError(
            f"{path} is gone but its log {wal.name} is still there; put the database file back, "
            "or move the log away to start with an empty one"
        )


def _check(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    """Refuses what this program cannot use. Raises `StateError`. Reads all pages only if `integrity` wants it."""
    try:
        version = _version(connection)
        tables = int(connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    if version > newest:
        raise StateError(
            f"{path} has schema {version}, this program knows {newest}: it was written by a newer version; "
            "install that version again, or restore a backup from before the upgrade"
        )
    if tables and (version < newest or must_check_at_start(path)):  # a new file has nothing to check
        refuse_damage(connection, path)
    if version == 0 and tables:
        raise StateError(f"{path} is a database of another program; move it away or choose another state directory")


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    version = _version(connection)
    for number in range(version + 1, len(migrations) + 1):
        if version:  # a new file has nothing to lose
            _back_up(connection, path, number - 1)
        connection.executescript(f"BEGIN IMMEDIATE;\n{migrations[number - 1]}\nPRAGMA user_version = {number};")
        failpoint("migrate.before")
        connection.execute("COMMIT")
        failpoint("migrate.after")


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """A whole copy beside the file, named by its schema. A half-written copy never has the final name."""
    final = path.with_name(f"{path.name}.schema{version}.backup")
    draft = final.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    copy = sqlite3.connect(draft)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    draft.replace(final)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
