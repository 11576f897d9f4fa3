"""The laws of media and of forgetting."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.chat import User
from bot.core.errors import MediaError, StoreUnavailable
from bot.core.messages import Blob, Target, Text
from bot.core.steps import Outcome
from bot.store import SqliteStore, open_store
from bot.store.blobs import _forget, _remove_file
from bot.store.database import milliseconds
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, arrivals, outcome

DAYS = 30
LONG = timedelta(days=DAYS + 1)


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files_in(store: SqliteStore, blob: Blob) -> list[Path]:
    media = store.path(blob).parent.parent
    return [path for path in media.rglob("*") if path.is_file()]


async def test_media_is_kept_by_its_content_once(store: SqliteStore) -> None:
    whole = await store.put(b"a picture", "image/png")
    again = await store.put_stream(pieces(b"a ", b"", b"picture"), "image/png", cap=9)

    assert whole == again == Blob(hashlib.sha256(b"a picture").hexdigest(), "image/png", 9)
    assert await store.read(whole) == b"a picture"
    assert files_in(store, whole) == [store.path(whole)]


async def test_a_large_stream_arrives_whole(store: SqliteStore) -> None:
    chunk = bytes(range(256)) * 700

    blob = await store.put_stream(pieces(*[chunk] * 5), "video/mp4", cap=len(chunk) * 5)

    assert await store.read(blob) == chunk * 5


async def test_media_is_for_nobody_else_to_read(store: SqliteStore) -> None:
    path = store.path(await store.put(b"private", "image/png"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, *path.parents[1:3])} == {0o700}


async def test_a_stream_over_its_cap_is_cut_off_and_leaves_nothing(store: SqliteStore) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    with pytest.raises(MediaError, match="larger than the 2500 bytes") as caught:
        await store.put_stream(endless(), "video/mp4", cap=2500)

    assert read == 3
    assert "too large" in caught.value.tell
    assert files_in(store, await store.put(b"probe", "text/plain")) == [store.path(await store.put(b"probe", ""))]


async def test_a_cancelled_stream_leaves_nothing(store: SqliteStore) -> None:
    started = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * 1_000_000
        started.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(store.put_stream(stuck(), "video/mp4", cap=2_000_000))
    await started.wait()
    putting.cancel()
    await asyncio.gather(putting, return_exceptions=True)

    assert len(files_in(store, await store.put(b"probe", "text/plain"))) == 1


async def test_media_that_is_gone_or_never_was_is_a_media_error(store: SqliteStore) -> None:
    blob = await store.put(b"short life", "image/png")
    store.path(blob).unlink()

    with pytest.raises(MediaError, match="cannot be read"):
        await store.read(blob)
    with pytest.raises(MediaError, match="is not the SHA-256"):
        store.path(Blob("../../etc/passwd", "text/plain", 1))


async def test_media_that_is_a_link_is_not_followed(store: SqliteStore, tmp_path: Path) -> None:
    blob = await store.put(b"bytes", "image/png")
    secret = tmp_path / "secret"
    secret.write_bytes(b"of others")
    store.path(blob).unlink()
    store.path(blob).symlink_to(secret)

    with pytest.raises(MediaError):
        await store.read(blob)


async def test_what_a_dead_process_left_half_written_is_removed(tmp_path: Path, clock: FakeClock) -> None:
    incoming = tmp_path / "media" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "half").write_bytes(b"half")

    async with open_store(tmp_path, clock):
        assert list(incoming.iterdir()) == []


# --- forgetting --------------------------------------------------------------------------------


async def test_a_sweep_takes_what_ended_long_ago_and_nothing_else(store: SqliteStore, clock: FakeClock) -> None:
    await store.accept(arrivals("old", "waiting"))
    turn = await store.claim(HERE)
    assert turn is not None
    await store.begin_step(turn, "model:0")
    await store.finish(turn, outcome("said", "unsaid"))
    await store.mark_sent(f"{turn.id}:0", "m1")
    await store.hold_place("gone:0", Target(HERE), "m2")
    await store.show(HERE, "a", "bot", Text("said"))
    await clock.advance(LONG.total_seconds())

    await store.sweep(clock.now(), DAYS)

    assert await store.steps(turn) == ()
    assert await store.entries("home") == ()
    assert not await store.was_mine(HERE, "m1")
    assert not await store.was_mine(HERE, "m2")
    due = await store.next_due(HERE)
    assert due is not None and due.part == Text("unsaid")
    assert len(await store.history(HERE, since=0, limit=9)) == 3
    waiting = await store.claim(HERE)
    assert waiting is not None and waiting.inbounds[0].id == "waiting"
    assert waiting.id != turn.id
    assert len(await store.accept(arrivals("old"))) == 1


async def test_the_name_of_a_swept_turn_is_never_given_again(store: SqliteStore, clock: FakeClock) -> None:
    await store.accept(arrivals("old"))
    old = await store.claim(HERE)
    assert old is not None
    await store.finish(old, Outcome((), ()))
    await clock.advance(LONG.total_seconds())
    await store.sweep(clock.now(), DAYS)

    await store.accept(arrivals("new"))
    new = await store.claim(HERE)

    assert new is not None and new.id != old.id


async def test_a_sweep_keeps_what_ended_lately(store: SqliteStore, clock: FakeClock) -> None:
    await store.post("notice", Target(HERE), (Text("hello"),))
    await store.mark_sent("notice:0", "m1")

    assert await store.sweep(clock.now(), DAYS) == 0
    assert await store.was_mine(HERE, "m1")


async def test_what_was_given_up_and_what_nobody_began_are_forgotten_too(store: SqliteStore, clock: FakeClock) -> None:
    await store.accept(arrivals("1", "2"))
    assert await store.discard_waiting(HERE) == 2
    await store.post("notice", Target(HERE), (Text("hello"),))
    await store.bury("notice:0", "forbidden")
    assert await store.sweep(clock.now(), DAYS) == 0
    await clock.advance(LONG.total_seconds())

    assert await store.sweep(clock.now(), DAYS) == 3
    assert len(await store.accept(arrivals("1"))) == 1


async def test_a_sweep_counts_media_that_somebody_else_removed(store: SqliteStore, clock: FakeClock) -> None:
    gone, _ = await store.put(b"gone", "image/png"), await store.put(b"there", "image/png")
    store.path(gone).unlink()
    await clock.advance(LONG.total_seconds())

    assert await store.sweep(clock.now(), DAYS) == 2
    assert await store.sweep(clock.now(), DAYS) == 0


async def test_media_that_is_put_again_while_it_is_swept_stays(store: SqliteStore, clock: FakeClock) -> None:
    await store.put(b"again", "image/png")
    await clock.advance(LONG.total_seconds())
    blob = await store.put(b"again", "image/png")
    long_ago = milliseconds(clock.now() - timedelta(days=DAYS))

    await store._writer.read(_remove_file, store._shelf._folder, blob.sha256, long_ago)
    assert await store._writer.write("", _forget, blob.sha256, long_ago) == 0
    assert await store.read(blob) == b"again"


async def test_a_sweep_whose_write_is_refused_leaves_a_row_for_the_next_one(
    store: SqliteStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await store.put(b"old", "image/png")
    await clock.advance(LONG.total_seconds())
    with monkeypatch.context() as full:
        full.setattr("bot.store.blobs._forget", refused)
        with pytest.raises(StoreUnavailable):
            await store.sweep(clock.now(), DAYS)

    assert await store.put(b"old", "image/png") == blob  # it is needed again before the next sweep
    assert await store.read(blob) == b"old"
    assert await store.sweep(clock.now(), DAYS) == 0


def refused(*_: object) -> int:
    raise StoreUnavailable("the disk is full")


@pytest.mark.parametrize(("cap", "told"), [(1, 1), (1_999_999, 1), (2_000_000, 2)])
async def test_a_person_is_told_the_cap_in_whole_megabytes(store: SqliteStore, cap: int, told: int) -> None:
    with pytest.raises(MediaError) as refused:
        await store.put_stream(pieces(bytes(cap + 1)), "image/png", cap=cap)

    assert refused.value.tell == f"That file is too large for me. I can take up to {told} MB."


async def test_a_sweep_removes_media_that_no_row_names(store: SqliteStore, clock: FakeClock) -> None:
    named, unnamed, fresh = [await store.put(data, "image/png") for data in (b"named", b"unnamed", b"fresh")]
    await store.accept(arrivals("1"))
    turn = await store.claim(HERE)
    assert turn is not None
    await store.finish(turn, Outcome((User("look", (named,)),), ()))
    await clock.advance(LONG.total_seconds())
    await store.put(b"fresh", "image/png")

    await store.sweep(clock.now(), DAYS)

    assert await store.read(named) == b"named"
    assert await store.read(fresh) == b"fresh"
    with pytest.raises(MediaError):
        await store.read(unnamed)


async def test_a_sweep_that_may_not_open_the_database_is_put_off(
    tmp_path: Path, store: SqliteStore, clock: FakeClock
) -> None:
    database = tmp_path / "state" / "voxline.db"
    aside = database.rename(database.with_name("aside"))

    with pytest.raises(StoreUnavailable, match="unable to open"):
        await store.sweep(clock.now(), DAYS)

    aside.rename(database)
    assert await store.sweep(clock.now(), DAYS) == 0
