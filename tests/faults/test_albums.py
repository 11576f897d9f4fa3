"""Albums that a platform hands out file by file, however slowly and whatever runs meanwhile: one turn each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.core.arrivals import Arrivals
from bot.core.messages import Attachment, Inbound, Kind, Person
from tests.fakes.channel import conversation
from tests.fakes.model import Says
from tests.talk import Talk, open_talk

SETTLES = 1.0


async def pushes(talk: Talk, number: int) -> None:
    """One file of the album, as a webhook brings it."""
    talk.channel.files[f"p{number}"] = f"picture {number}".encode()
    picture = Attachment(Kind.PICTURE, "image/png", f"p{number}")
    said = Inbound(f"push-{number}", conversation("1"), Person("7"), talk.clock.now(), f"number {number}")
    inbound = replace(said, attachments=(picture,), group="album")
    await talk.agent.acceptor.accept(Arrivals("fake", (inbound,), settle_seconds=SETTLES))


async def whoever_wants_begins(talk: Talk) -> None:
    for _ in range(50):
        await talk.store.session(conversation("1"))
        await asyncio.sleep(0)


async def test_an_album_that_comes_while_a_turn_runs_is_one_turn(tmp_path: Path) -> None:
    held = asyncio.Event()
    async with open_talk(tmp_path, Says("One", held), Says("Three pictures")) as talk:
        await talk.says("first")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await pushes(talk, 1)
        held.set()  # the turn ends while the rest of the album is on its way
        await whoever_wants_begins(talk)
        for number in (2, 3):
            await talk.clock.advance(SETTLES * 0.9)
            await pushes(talk, number)
            await whoever_wants_begins(talk)
        early = len(talk.model.requests)
        await talk.clock.advance(SETTLES)

        assert await talk.answer() == "Three pictures"
        assert (early, len(talk.model.requests)) == (1, 2)


async def test_an_album_whose_files_take_longer_together_than_one_may_is_one_turn(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Ten pictures")) as talk:
        for number in range(10):
            await pushes(talk, number)
            await whoever_wants_begins(talk)
            await talk.clock.advance(SETTLES * 0.9)
        early = len(talk.model.requests)
        await talk.clock.advance(SETTLES)

        assert await talk.answer() == "Ten pictures"
        assert (early, len(talk.model.requests)) == (0, 1)


async def test_a_stop_of_the_daemon_waits_for_no_album(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await pushes(talk, 1)
        await whoever_wants_begins(talk)

    async with open_talk(tmp_path, Says("Found it")) as talk:
        assert "Found it" in await talk.answer()
