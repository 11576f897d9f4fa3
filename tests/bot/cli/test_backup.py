"""voxline backup and restore: one archive there, everything back, also elsewhere, and never half."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import tarfile
from pathlib import Path

import pytest

from bot.core.clock import SystemClock
from bot.store import open_store
from tests.bot.cli.conftest import Voxline

SECRET = "123456789:AAH-a-secret-token-of-thirty-five-letters"


def fill(state: Path, letter: bytes) -> str:
    """A database with a cursor, and a file of media; returns the hash."""

    async def work() -> str:
        from bot.core.arrivals import Cursor

        async with open_store(state, SystemClock()) as store:
            await store.save_cursor(Cursor("letter", letter.decode()))
            return (await store.put(letter * 1000, "image/png")).sha256

    return asyncio.run(work())


def letter_in(state: Path) -> str:
    async def work() -> str:
        async with open_store(state, SystemClock()) as store:
            return await store.cursor("letter")

    return asyncio.run(work())


@pytest.fixture
def archive(voxline: Voxline, home: Path, config: Path) -> Path:
    config.write_text(f"""{{
      // the old token was {SECRET}x
      channels: {{ telegram: {{ enabled: false, botToken: "{SECRET}" }} }},
      env: {{ OPENROUTER_API_KEY: "sk-or-v1-secret" }}, network: {{ proxy: "http://anna:winter@p:1" }},
    }}""")
    fill(home / "state", b"a")
    assert voxline("backup", str(home / "copy.tar"))[0] == 0
    return home / "copy.tar"


def test_an_archive_holds_everything_but_secrets_and_is_private(archive: Path, home: Path) -> None:
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        assert names[:2] == ["voxline.db", "voxline.json5"] and names[2].startswith("media/")
    assert archive.stat().st_mode & 0o777 == 0o600
    data = archive.read_bytes()
    assert not [word for word in (SECRET, "sk-or-v1-secret", "winter") if word.encode() in data]
    assert [path.name for path in (home / "state").glob("backup*")] == []


def test_it_comes_back_on_another_machine(
    voxline: Voxline, archive: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = home / "elsewhere"
    monkeypatch.setenv("VOXLINE_CONFIG", str(there / "voxline.json5"))
    monkeypatch.setenv("VOXLINE_STATE_DIR", str(there / "state"))

    status, out, _ = voxline("restore", str(archive))

    assert (status, letter_in(there / "state")) == (0, "a")
    assert [path.read_bytes() for path in (there / "state" / "media").glob("??/*") if path.is_file()] == [b"a" * 1000]
    assert "${PUT_THE_SECRET_HERE}" in (there / "voxline.json5").read_text() and "put them in" in out


def test_what_is_there_is_replaced_only_when_that_was_said_and_is_kept(
    voxline: Voxline, archive: Path, home: Path
) -> None:
    fill(home / "state", b"b")
    assert voxline("restore", str(archive))[0] == 78
    assert letter_in(home / "state") == "b"

    assert voxline("restore", "--force", str(archive))[0] == 0

    assert letter_in(home / "state") == "a"
    with sqlite3.connect(home / "state" / "voxline.db.before-restore") as kept:
        assert kept.execute("SELECT value FROM cursor WHERE name = 'letter'").fetchone() == ("b",)
    kept.close()


def test_a_damaged_database_is_replaced_and_its_files_are_kept(voxline: Voxline, archive: Path, home: Path) -> None:
    (home / "state" / "voxline.db").write_text("this is no database" * 100)
    assert voxline("restore", "--force", str(archive))[0] == 0
    assert letter_in(home / "state") == "a"
    assert (home / "state" / "voxline.db.before-restore").read_text().startswith("this is no")


def _tar(*members: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no tar at all",
        _tar(),
        _tar(("../../outside", b"x")),
        _tar(("/etc/passwd", b"x")),
        _tar(("media/aa/" + "a" * 64, b"not this hash")),
        _tar(("voxline.db", b"no database" * 100)),
    ],
)
def test_what_is_no_backup_changes_nothing(voxline: Voxline, home: Path, data: bytes) -> None:
    fill(home / "state", b"b")
    (home / "bad.tar").write_bytes(data)

    assert voxline("restore", "--force", str(home / "bad.tar"))[0] == 78

    assert letter_in(home / "state") == "b"
    assert not (home / "outside").exists() and not (home / "state" / "restore.draft").exists()
