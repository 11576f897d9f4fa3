"""What a turn costs in the store: python -m benchmarks.store [folder]

One cycle is one turn of 1.5 kB messages: accept, claim, finish, begin_sending, mark_sent (five commits),
and the read that finds the part to deliver. Other programs on the machine move the absolute figures, so
each run also measures one commit per call, and prints the ratio.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bot.core.arrivals import Arrivals, Cursor
from bot.core.chat import Assistant, User
from bot.core.clock import SystemClock
from bot.core.messages import Conversation, Inbound, Person, Text
from bot.core.steps import Outcome
from bot.store.blob_files import BlobFiles
from bot.store.blobs import BlobShelf
from bot.store.migrations import open_database
from bot.store.sqlite import SqliteStore
from bot.store.writer import Writer

WORDS = "fifteen letters" * 100
ANSWER = Outcome((User(WORDS), Assistant(WORDS)), (Text(WORDS),))


@asynccontextmanager
async def opened(folder: Path, largest_group: int) -> AsyncIterator[SqliteStore]:
    clock = SystemClock()
    writer = Writer(partial(open_database, folder / "voxline.db"), largest_group=largest_group)
    shelf = BlobShelf(BlobFiles(folder / "media"), writer, clock)
    await writer.open()
    try:
        yield SqliteStore(folder / "voxline.db", writer, shelf, clock, clean=str)
    finally:
        shelf.close()
        await writer.close()


async def cycle(store: SqliteStore, conversation: Conversation, number: int) -> None:
    event = Inbound(f"{conversation.chat}:{number}", conversation, Person("7", "Ann"), SystemClock().now(), WORDS)
    await store.accept(Arrivals("benchmark", (event,), Cursor("benchmark", event.id)))
    turn = await store.claim(conversation)
    assert turn is not None
    await store.finish(turn, ANSWER)
    due = await store.next_due(conversation)
    assert due is not None
    await store.begin_sending(due.key)
    await store.mark_sent(due.key, event.id)


async def measure(folder: Path, *, at_once: int, cycles: int, largest_group: int) -> tuple[float, float]:
    """Cycles a second, and the worst time the event loop was kept busy, in milliseconds."""
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - asked - 0.001)

    async def lane(store: SqliteStore, number: int) -> None:
        for turn in range(cycles // at_once):
            await cycle(store, Conversation("web", f"{at_once}-{number}"), turn)

    with tempfile.TemporaryDirectory(dir=folder) as place:
        async with opened(Path(place), largest_group) as store:
            for warm in range(20):
                await cycle(store, Conversation("web", "warm"), warm)
            watching = asyncio.create_task(watch()) if at_once > 1 else None
            began = time.perf_counter()
            await asyncio.gather(*(lane(store, number) for number in range(at_once)))
            seconds = time.perf_counter() - began
            if watching is not None:
                watching.cancel()
    return cycles / seconds, worst * 1000


async def main(folder: Path) -> None:
    print(f"{'':34}{'cycles/s':>10}{'ms a cycle':>12}{'loop stall ms':>15}")
    found = {}
    for at_once, cycles in ((1, 400), (32, 3200)):
        for name, largest_group in (("group commit", 256), ("one commit per call", 1)):
            best = max(
                [await measure(folder, at_once=at_once, cycles=cycles, largest_group=largest_group) for _ in "123"]
            )
            found[at_once, largest_group] = best[0]
            print(f"{name + ', ' + str(at_once) + ' at once':34}{best[0]:10.0f}{1000 / best[0]:12.2f}{best[1]:15.1f}")
    for at_once in (1, 32):
        print(f"group commit is {found[at_once, 256] / found[at_once, 1]:.1f} times as fast, {at_once} at once")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir())))
