"""The decoder process: its limits, and its end when the run is cancelled."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator

import pytest

from bot.core.errors import MediaError
from bot.media import images, leash
from bot.media.leash import Leash
from bot.media.picture_decoder import TOO_LARGE
from tests.bot.media import misbehaving
from tests.bot.media.test_images import picture

MISBEHAVING = misbehaving.__name__


@pytest.fixture
def kept() -> Iterator[Leash]:
    decoder = Leash(MISBEHAVING, seconds=3.0)
    yield decoder
    decoder.close()


async def test_a_decoder_works_in_its_own_process_and_is_kept(kept: Leash) -> None:
    first, second = await kept.run("pid", b""), await kept.run("pid", b"")

    assert first == second
    assert await kept.run("echo", b"data", 7) == ("7", b"data")


@pytest.mark.parametrize("task", ["memory", "open", "connect", "die", "spin"])
async def test_what_a_decoder_must_not_do_ends_as_a_media_error(kept: Leash, task: str) -> None:
    with pytest.raises(MediaError):
        await kept.run(task, b"", 7)


async def test_the_next_file_is_read_after_one_that_killed_the_decoder(kept: Leash) -> None:
    with pytest.raises(MediaError, match="too much"):
        await kept.run("die", b"")

    assert await kept.run("echo", b"x", 1) == ("1", b"x")


async def test_a_cancelled_run_waits_for_no_decoder_and_those_that_wait_are_served(kept: Leash) -> None:
    await kept.run("echo", b"")  # started
    spinning = asyncio.create_task(kept.run("spin", b""))
    waiting = asyncio.create_task(kept.run("echo", b"x", 1))
    await asyncio.sleep(0)
    started = time.monotonic()

    spinning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spinning

    assert await waiting == ("1", b"x")
    assert time.monotonic() - started < leash.CPU_SECONDS / 2


async def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded() -> None:
    whole = picture("JPEG", (800, 800), progressive=True)
    scan = whole.index(b"\xff\xda")
    hostile = whole[:-2] + whole[scan : scan + 58] * 5000 + b"\xff\xd9"
    started = time.monotonic()

    with pytest.raises(MediaError) as refused:
        await images.for_model(hostile)

    assert refused.value.tell == TOO_LARGE
    assert time.monotonic() - started < 1
    assert (await images.for_model(whole))[0] == whole


async def test_the_daemon_holds_no_picture_in_its_own_memory() -> None:
    """What is 155 kB as a file and 160 MB as a picture is decoded elsewhere."""
    packed = await asyncio.to_thread(picture, "PNG", (6000, 6000), "1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    await images.for_model(packed)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024
