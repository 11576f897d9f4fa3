"""What is noted for the operator may hold others' words, and never a secret."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.core.jobs import JobState
from bot.core.messages import Target, Text
from bot.store import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, arrivals, inbound, job, outcome

SAID = "the server said: winterpalace"


def clean(text: str) -> str:
    return text.replace("winterpalace", "[redacted]")


def everything(folder: Path) -> bytes:
    """What lies on the disk, the write-ahead log too."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_no_note_holds_a_secret(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock, clean=clean) as store:
        await store.accept(arrivals("1"))
        turn = await store.claim(HERE)
        assert turn is not None
        await store.finish(turn, replace(outcome("answer"), dead=True, note=SAID))
        await store.post("notice", Target(HERE), (Text("hello"),))
        await store.bury("notice:0", SAID)
        for number in "ab":
            await store.add_job(job(number, number))
            await store.save_job(replace(job(number, number), state=JobState.FAILED, note=SAID))
        await store.add_job(job("c"))
        await store.end_job(replace(job("c"), state=JobState.FAILED, note=SAID), inbound("end"))
        written = everything(tmp_path)

    with closing(sqlite3.connect(tmp_path / "voxline.db")) as database:
        notes = [note for table in ("inbox", "outbox") for (note,) in database.execute(f"SELECT note FROM {table}")]
        bodies = [body for (body,) in database.execute("SELECT body FROM job")]
    assert b"winterpalace" not in written
    assert notes.count("the server said: [redacted]") == 2
    assert sum("[redacted]" in body for body in bodies) == 3
