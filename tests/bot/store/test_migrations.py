"""The database file: made, upgraded with a backup, or left exactly as it is."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import StateError
from bot.core.failpoints import ENVIRONMENT_VARIABLE
from bot.store import open_store
from bot.store.migrations import DATABASE, MIGRATIONS, open_database
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, arrivals

SECOND = "ALTER TABLE cursor ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;"
BROKEN = "ALTER TABLE cursor ADD COLUMN kept_at INTEGER; INSERT INTO nowhere VALUES (1);"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / DATABASE


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def with_a_row(path: Path) -> None:
    with closing(open_database(path)) as connection:
        connection.execute("INSERT INTO cursor VALUES ('kept', 'yes')")


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.backup"))


def test_a_new_database_is_private_and_needs_no_backup(path: Path) -> None:
    open_database(path).close()

    assert version(path) == len(MIGRATIONS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert backups(path) == []


def test_a_migration_runs_once_and_backs_up_first(path: Path) -> None:
    with_a_row(path)

    for _ in range(2):
        with closing(open_database(path, (*MIGRATIONS, SECOND))) as connection:
            assert connection.execute("SELECT * FROM cursor").fetchall() == [("kept", "yes", 0)]

    (backup,) = backups(path)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert version(backup) == len(MIGRATIONS)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT * FROM cursor").fetchall() == [("kept", "yes")]


def test_a_database_of_an_older_program_keeps_its_rows_and_learns_to_sum_up(path: Path) -> None:
    with closing(open_database(path, MIGRATIONS[:1])) as connection:
        connection.execute("INSERT INTO history (conversation, turn, at, body) VALUES ('here', 1, 0, '{}')")

    with closing(open_database(path)) as connection:
        assert connection.execute("SELECT body FROM history").fetchall() == [("{}",)]
        assert connection.execute("SELECT * FROM summary").fetchall() == []
        assert connection.execute("SELECT * FROM summary_begun").fetchall() == []
    assert [version(backup) for backup in backups(path)] == list(range(1, len(MIGRATIONS)))


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    with_a_row(path)

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        open_database(path, (*MIGRATIONS, BROKEN))

    assert version(path) == len(MIGRATIONS)
    with closing(open_database(path)) as connection:
        assert connection.execute("SELECT * FROM cursor").fetchall() == [("kept", "yes")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_during_a_migration_is_made_good_by_the_next_start(path: Path, moment: str) -> None:
    with_a_row(path)
    program = (
        "import sys; from pathlib import Path; from bot.core.failpoints import arm_from_environment; "
        "from bot.store.migrations import *; arm_from_environment(); "
        f"open_database(Path(sys.argv[1]), (*MIGRATIONS, {SECOND!r}))"
    )

    killed = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, ENVIRONMENT_VARIABLE: f"migrate.{moment}=kill9"},
        check=False,
    )

    assert killed.returncode == -9
    assert len(backups(path)) == 1
    with closing(open_database(path, (*MIGRATIONS, SECOND))) as connection:
        assert connection.execute("SELECT * FROM cursor").fetchall() == [("kept", "yes", 0)]


def test_a_newer_database_is_refused_and_untouched(path: Path) -> None:
    with_a_row(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = hashlib.sha256(path.read_bytes()).digest()

    with pytest.raises(
        StateError, match=rf"has schema 99, this program knows {len(MIGRATIONS)}: .* install that version"
    ):
        open_database(path)

    assert hashlib.sha256(path.read_bytes()).digest() == before


@pytest.mark.parametrize("where", [0, 4096])
def test_a_damaged_database_is_refused_and_never_replaced(path: Path, where: int) -> None:
    with_a_row(path)
    whole = bytearray(path.read_bytes())
    whole[where : where + 200] = b"\xa5" * 200
    path.write_bytes(whole)

    with pytest.raises(StateError, match=r"is damaged .* restore it"):
        open_database(path)

    assert path.read_bytes() == bytes(whole)


def test_a_damaged_database_with_a_backup_names_the_command(path: Path) -> None:
    with_a_row(path)
    open_database(path, (*MIGRATIONS, SECOND)).close()
    path.write_bytes(b"not a database at all" * 500)

    with pytest.raises(StateError, match=rf"cp {path}.schema{len(MIGRATIONS)}.backup {path}"):
        open_database(path)


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")

    with pytest.raises(StateError, match="another program"):
        open_database(path)


def test_a_log_without_its_database_is_refused(path: Path) -> None:
    path.with_name(f"{DATABASE}-wal").write_bytes(b"log")

    with pytest.raises(StateError, match="put the database file back"):
        open_database(path)

    assert not path.exists()


def test_a_database_that_is_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match="cannot open"):
        open_database(path)


async def test_what_was_accepted_is_there_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        await store.accept(arrivals("1"))

    async with open_store(tmp_path, clock) as store:
        assert await store.accept(arrivals("1")) == ()
        assert await store.unfinished() == (HERE,)
