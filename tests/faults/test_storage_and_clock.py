"""A disk that is full, for real: the database may not grow, or no file may; and a clock that is set."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.core.chat import Picture
from bot.core.errors import StoreUnavailable
from bot.core.media import Drawn, ImageRequest
from bot.core.messages import Media
from bot.store.database import Database
from tests.bot.agent.background.test_reminders import WallClock
from tests.fakes.model import Calls, Says
from tests.talk import Talk, open_talk

LONG = ("word" * 25 + " ") * 1_000
LARGEST_FILE = 2 * 1024 * 1024


def limit_pages(database: Database, pages: int | None) -> None:
    """The database may have so many pages, None for as many as it has."""
    (now,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {now if pages is None else pages}").fetchone()


def only_read(database: Database, only: bool) -> None:
    """Every write is refused, as on a file system that became read-only."""
    database.connection.execute(f"PRAGMA query_only = {only:d}")


async def fill_disk(talk: Talk) -> None:
    await talk.store._writer.read(limit_pages, None)


async def make_room(talk: Talk) -> None:
    await talk.store._writer.read(limit_pages, 1_000_000)


async def goes_on(talk: Talk) -> None:
    """Time passes until nothing is being worked on."""
    for _ in range(300):
        if not talk.agent.engine.running:
            return
        await asyncio.sleep(0.01)
        await talk.clock.advance(1)
    raise AssertionError("it never settled")


async def over_a_full_disk(talk: Talk, hold: asyncio.Event, folder: Path) -> tuple[int, int]:
    """Lets the model answer while the disk is full, and makes room in the end. How many conversations waited for
    room, with how many finished steps."""
    await talk.channel.until(lambda: bool(talk.channel.shown))
    await fill_disk(talk)
    hold.set()
    for _ in range(50):
        await asyncio.sleep(0.01)
        await talk.clock.advance(5)
    waited = (talk.agent.engine.running, steps_kept(folder))
    await make_room(talk)
    await goes_on(talk)
    return waited


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process may grow beyond LARGEST_FILE bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_what_comes_while_the_disk_is_full_is_answered_once_when_there_is_room(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Here I am"), messages_per_minute=5) as talk:
        await fill_disk(talk)
        for _ in range(30):  # the platform offers it again and again
            with pytest.raises(StoreUnavailable):
                await talk.says(LONG, id="late")
        refused = ((await talk.store.backlog()).messages, talk.channel.texts("1"), talk.model.requests[:])
        await make_room(talk)
        await talk.says(LONG, id="late")
        await goes_on(talk)

        assert refused == (0, [], [])
        assert talk.channel.texts("1") == ["Here I am"]


async def test_a_turn_that_ends_while_the_disk_is_full_is_answered_once_and_paid_once(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says("Just this", hold)) as talk:
        await talk.says(LONG)  # the end of the turn keeps it, and is what does not fit
        waits = await over_a_full_disk(talk, hold, tmp_path)

        assert waits == (1, 1)
        assert talk.channel.texts("1") == ["Just this"]
        assert len(talk.model.requests) == 1


async def test_an_answer_that_cannot_be_kept_waits_in_memory_and_is_not_asked_for_again(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says(LONG, hold)) as talk:
        await talk.says("tell me everything")
        waits = await over_a_full_disk(talk, hold, tmp_path)

        assert waits == (1, 0)
        assert "".join(talk.channel.texts("1")).replace(" ", "") == LONG.replace(" ", "")
        assert len(talk.model.requests) == 1


async def test_while_the_file_system_is_read_only_nothing_is_taken_and_a_turn_waits_with_its_answer(
    tmp_path: Path,
) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says("One", hold), Says("Two")) as talk:
        await talk.says("first")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await talk.store._writer.read(only_read, True)
        with pytest.raises(StoreUnavailable, match="readonly"):
            await talk.says("second", id="second")
        hold.set()
        for _ in range(50):
            await asyncio.sleep(0.01)
            await talk.clock.advance(5)
        health, waits = await talk.store.ping(), talk.agent.engine.running
        await talk.store._writer.read(only_read, False)
        await talk.says("second", id="second")  # the platform offers it again
        await goes_on(talk)

        assert (health.ok, "readonly" in health.detail, waits) == (False, True, 1)
        assert talk.channel.texts("1") == ["One", "Two"]
        assert len(talk.model.requests) == 2
        assert (await talk.store.ping()).ok


async def test_a_picture_that_cannot_be_kept_is_sent_when_there_is_room_and_paid_once(tmp_path: Path) -> None:
    paint = Calls((("image_generate", {"prompt": "a fox"}),))
    large = Picture(b"x" * (LARGEST_FILE + 1), "image/png")
    async with open_talk(tmp_path, paint, Says("A fox")) as talk:
        drawn: list[ImageRequest] = []

        async def draw(request: ImageRequest) -> Drawn:
            drawn.append(request)
            return Drawn((large,), "fake/painter", 40_000)

        talk.painter.draw = draw  # type: ignore[method-assign]
        with small_files():
            await talk.says("paint a fox")
            for _ in range(50):
                await asyncio.sleep(0.01)
                await talk.clock.advance(5)
            waits = (talk.agent.engine.running, len(drawn))
        await goes_on(talk)

        assert waits == (1, 1)
        pictures = [part for part in talk.channel.parts("1") if isinstance(part, Media)]
        assert [picture.blob.size for picture in pictures] == [LARGEST_FILE + 1]
        assert len(drawn) == 1


@pytest.mark.parametrize("jump", [3600, -3600])
async def test_a_clock_that_is_set_while_a_turn_runs_ends_and_repeats_nothing(tmp_path: Path, jump: float) -> None:
    hold, clock = asyncio.Event(), WallClock()
    async with open_talk(tmp_path, Says("One", hold), Says("Two"), clock=clock) as talk:
        await talk.says("first", id="first")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await talk.says("second")
        clock.set_by(jump)
        hold.set()
        await goes_on(talk)
        await talk.says("first", id="first")  # offered again after the jump
        await goes_on(talk)

        assert talk.channel.texts("1") == ["One", "Two"]
        assert (await talk.store.backlog()).messages == 0
        assert (await talk.store.backlog()).oldest_seconds == 0


def steps_kept(folder: Path) -> int:
    """How many finished steps are on the disk."""
    reader = sqlite3.connect(folder / "state" / "voxline.db")
    try:
        (count,) = reader.execute("SELECT count(*) FROM step WHERE body IS NOT NULL").fetchone()
    finally:
        reader.close()
    return int(count)
