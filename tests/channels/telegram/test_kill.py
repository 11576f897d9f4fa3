"""A receiving process that is killed again and again loses nothing and stores nothing twice."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.telegram_api import TelegramApi

KILLS = 12
BURST = 25


@asynccontextmanager
async def receiver(api: TelegramApi, state_dir: Path) -> AsyncIterator[None]:
    """A receiving process while the block runs; then it is killed without a warning."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.channels.telegram.receiver", api.root, api.token, str(state_dir)),
        cwd=Path(__file__).parents[3],
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@pytest.mark.chaos
async def test_kills_lose_no_message_and_double_none(api: TelegramApi, tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir(mode=0o700)
    written: list[str] = []
    for kill in range(KILLS):
        written += [str(api.say(1 + number % 5, f"{kill}/{number}")["update_id"]) for number in range(BURST)]
        # One call in: handed over, perhaps not yet stored. Two calls in: stored, and more has just come.
        calls = api.count("getUpdates") + 1 + kill % 2
        async with receiver(api, state_dir):
            await api.wait_for(lambda: api.count("getUpdates") >= calls, 30)
            written.append(str(api.say(9, "at the last moment")["update_id"]))
    async with receiver(api, state_dir):
        await api.wait_for(lambda: api.polling and not api.pending, 30)

    with sqlite3.connect(state_dir / "voxline.db") as database:
        stored = [row[0] for row in database.execute("SELECT event_id FROM inbox ORDER BY id")]
    database.close()
    assert stored == written
