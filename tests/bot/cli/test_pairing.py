"""voxline pairing and backup: on a store that nobody holds, and by a running daemon."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta
from pathlib import Path

from bot.agent.accept import hash_code
from bot.app_pairing import pairing_answers
from bot.core.clock import SystemClock
from bot.core.messages import Conversation
from bot.core.people import PairingRequest
from bot.ops.control import control
from bot.store import open_store
from tests.bot.cli.conftest import Voxline

CLOCK = SystemClock()


async def ask_in(state: Path) -> None:
    async with open_store(state, CLOCK) as store:
        expires = CLOCK.now() + timedelta(hours=1)
        request = PairingRequest(hash_code("ABCD2345"), "telegram", "42", "Bo", "42", expires)
        assert await store.ask_in(request, now=CLOCK.now(), cap=3)


async def welcomes(state: Path) -> int:
    async with open_store(state, CLOCK) as store:
        return (await store.backlog()).parts


def test_somebody_is_let_in_and_put_out_while_no_daemon_runs(voxline: Voxline, home: Path) -> None:
    state = home / "state"
    asyncio.run(ask_in(state))
    assert voxline("pairing", "list")[1] == "asks  telegram:42 Bo\n"
    assert voxline("pairing", "approve", "abcd 2345")[:2] == (0, "telegram:42 Bo may talk to the bot now.\n")
    assert asyncio.run(welcomes(state)) == 1
    assert json.loads(voxline("pairing", "list", "--json")[1])["guests"][0]["id"] == "42"
    assert voxline("pairing", "remove", "telegram:42")[0] == 0
    assert voxline("pairing", "list")[1] == "Nobody asks, and nobody is in.\n"


def test_a_code_that_nobody_was_given_lets_nobody_in(voxline: Voxline, home: Path) -> None:
    asyncio.run(ask_in(home / "state"))
    for who in ("XXXX9999", "telegram:43", "", ":", "telegram:"):
        status, _, err = voxline("pairing", "approve", who)
        assert (status, "no open request" in err) == (1, True)


def test_a_running_daemon_does_it_itself_and_sends_the_welcome(voxline: Voxline, home: Path) -> None:
    state = home / "state"
    asyncio.run(ask_in(state))
    woken: list[Conversation] = []
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_store(state, CLOCK) as store, control(state, pairing_answers(store, CLOCK, woken.append)):
            ready.set()
            await asyncio.to_thread(over.wait, 20)

    daemon = threading.Thread(target=lambda: asyncio.run(serve()))
    daemon.start()
    try:
        assert ready.wait(10)
        assert voxline("pairing", "approve", "telegram:42")[0] == 0
        assert woken == [Conversation("telegram", "42")]
    finally:
        over.set()
        daemon.join(10)


def test_a_backup_is_made_while_no_daemon_runs(voxline: Voxline, home: Path) -> None:
    status, out, _ = voxline("backup", str(home / "copy.db"))
    assert (status, (home / "copy.db").exists(), "media" in out) == (0, True, True)
    assert voxline("backup", str(home / "copy.db"))[0] == 78
