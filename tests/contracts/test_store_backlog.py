"""The laws of what waited long: answered together, and always with the same messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.arrivals import Arrivals
from bot.core.messages import STALE_AFTER, Attachment, Inbound, Kind, Origin, Person
from bot.store import SqliteStore, open_store
from bot.store.inbox import FILES_AT_MOST, TOGETHER_AT_MOST
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, NOON, inbound, outcome

LONG_AGO = NOON - STALE_AFTER - timedelta(seconds=1)


def old(event: str, **changes: object) -> Inbound:
    return replace(inbound(event), sent_at=LONG_AGO, **changes)  # type: ignore[arg-type]


async def turns_of(store: SqliteStore, *inbounds: Inbound) -> list[list[str]]:
    """The events of each turn, claimed and finished one after the other."""
    await store.accept(Arrivals("test", inbounds))
    turns = []
    while (turn := await store.claim(HERE)) is not None:
        turns.append([one.id for one in turn.inbounds])
        assert await store.finish(turn, outcome("answered"))
    return turns


async def test_what_one_person_said_long_ago_in_a_row_is_one_turn(store: SqliteStore) -> None:
    assert await turns_of(store, old("1"), old("2"), old("3")) == [["1", "2", "3"]]


async def test_what_was_said_lately_is_a_turn_each(store: SqliteStore) -> None:
    just_now = replace(inbound("2"), sent_at=NOON - STALE_AFTER)

    assert await turns_of(store, inbound("1"), just_now) == [["1"], ["2"]]


@pytest.mark.parametrize(
    "other",
    [
        old("2", sender=Person("8", "Bob")),
        old("2", text=" /new"),
        old("2", group="album"),
        old("2", origin=Origin.REMINDER),
        old("2", to_me=False),
        old("2", room="another"),
        replace(old("2"), sent_at=NOON),
    ],
    ids=["another person", "a command", "an album", "a reminder", "not to me", "another room", "said lately"],
)
async def test_what_stands_in_between_parts_them_and_keeps_its_place(store: SqliteStore, other: Inbound) -> None:
    assert await turns_of(store, old("1"), other, old("3"), old("4")) == [["1"], ["2"], ["3", "4"]]


async def test_a_turn_that_is_claimed_again_has_the_same_messages(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        await store.accept(Arrivals("test", (old("1"), old("2"))))
        released = await store.claim(HERE)
        assert released is not None
        await store.release(released)
        await store.accept(Arrivals("test", (old("3"),)))
        again = await store.claim(HERE)

    async with open_store(tmp_path, clock) as store:  # the process died with the turn
        await store.unfinished()
        after_death = await store.claim(HERE)
        assert again is not None
        assert after_death is not None
        for turn in (released, again, after_death):
            assert (turn.id, [one.id for one in turn.inbounds]) == (released.id, ["1", "2"])
        assert (released.attempt, again.attempt, after_death.attempt) == (1, 1, 2)
        assert not await store.finish(again, outcome("a zombie"))
        assert await store.finish(after_death, outcome("answered"))
        assert await turns_of(store) == [["3"]]


async def test_one_turn_is_bounded_in_messages_and_in_files(store: SqliteStore) -> None:
    notes = [old(str(number)) for number in range(TOGETHER_AT_MOST + 5)]
    assert list(map(len, await turns_of(store, *notes))) == [TOGETHER_AT_MOST, 5]

    pictures = [old(f"p{number}", attachments=files(number, 4)) for number in range(5)]
    assert list(map(len, await turns_of(store, *pictures))) == [FILES_AT_MOST // 4, FILES_AT_MOST // 4, 1]


def files(of: int, count: int) -> Sequence[Attachment]:
    return tuple(Attachment(Kind.PICTURE, remote=f"{of}-{number}") for number in range(count))
