"""Owners: where they are reached, and how often they are told."""

from __future__ import annotations

import asyncio

import pytest

from bot.agent.owners import SILENCE, Owners
from bot.agent.policy.access import AccessRules
from bot.core.arrivals import Cursor
from bot.core.errors import StoreUnavailable
from bot.core.messages import Conversation, Inbound, Person, Text
from bot.store import SqliteStore
from tests.fakes.clock import FakeClock
from tests.fakes.rows import NOON

DOORS = {
    "discord": AccessRules(owners=frozenset({"2", "1"})),
    "telegram": AccessRules(owners=frozenset({"3"})),
    "web": AccessRules(),
}
TWO, ONE, THREE = Conversation("discord", "2"), Conversation("discord", "1"), Conversation("telegram", "3")


class Desk:
    """Owners over a real store, and who was woken."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.woken: list[Conversation] = []
        self.owners = self.start()

    def start(self, cursors: SqliteStore | None = None) -> Owners:
        """As a process that has just begun."""
        return Owners(
            doors=DOORS,
            cursors=cursors or self.store,
            outbox=self.store,
            clock=self.clock,
            wake=self.woken.append,
        )

    async def told(self, where: Conversation) -> list[str]:
        """What was posted there and not read before."""
        found = []
        while (due := await self.store.next_due(where)) is not None:
            await self.store.mark_sent(due.key, "m")
            found += [due.part.text] if isinstance(due.part, Text) else []
        return found


@pytest.fixture
def desk(store: SqliteStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


def said(person: str, chat: str, *, private: bool = True) -> Inbound:
    return Inbound("e", Conversation("discord", chat), Person(person), NOON, "hello", private=private)


async def test_every_owner_of_every_channel_is_told_and_woken(desk: Desk) -> None:
    await desk.owners.alert("key", "The key is refused.")

    assert desk.woken == [ONE, TWO, THREE]
    assert [await desk.told(where) for where in desk.woken] == [["The key is refused."]] * 3


async def test_the_same_trouble_is_told_once_in_six_hours_also_across_a_restart(desk: Desk) -> None:
    await desk.owners.alert("key", "first")
    await desk.clock.advance(SILENCE.total_seconds() - 1)
    await desk.start().alert("key", "too soon")
    await desk.clock.advance(1)
    await desk.start().alert("key", "again")

    assert await desk.told(ONE) == ["first", "again"]


async def test_another_trouble_is_not_held_back(desk: Desk) -> None:
    await desk.owners.alert("key", "the key")
    await desk.owners.alert("credit", "the credit")

    assert await desk.told(THREE) == ["the key", "the credit"]


async def test_a_clock_that_was_set_back_silences_nobody_for_ever(desk: Desk, store: SqliteStore) -> None:
    await desk.clock.advance(10 * SILENCE.total_seconds())
    await desk.owners.alert("key", "first")
    early = Desk(store, FakeClock())
    await early.owners.alert("key", "again")

    assert await desk.told(ONE) == ["first", "again"]


async def test_an_owner_is_reached_where_they_last_wrote_in_private(desk: Desk) -> None:
    before = await desk.owners.chat("discord", "1")
    await desk.owners.remember(said("1", "dm-1"))
    await desk.owners.remember(said("1", "dm-2"))
    await desk.owners.remember(said("1", "room", private=False))

    assert before == ONE
    assert await desk.start().chat("discord", "1") == Conversation("discord", "dm-2")
    assert await desk.owners.chat("telegram", "1") == Conversation("telegram", "1")


async def test_nobody_else_is_remembered(desk: Desk) -> None:
    await desk.owners.remember(said("3", "dm-3"))

    assert await desk.owners.chat("discord", "3") == Conversation("discord", "3")


class Full(SqliteStore):
    """A store that takes no cursor."""

    def __init__(self) -> None:
        self.tries = 0

    async def cursor(self, name: str) -> str:
        return ""

    async def save_cursor(self, cursor: Cursor) -> None:
        self.tries += 1
        raise StoreUnavailable("full")


async def test_an_alert_is_not_worth_a_failure(desk: Desk) -> None:
    await desk.start(Full()).alert("key", "first")

    assert await desk.told(ONE) == ["first"]


async def test_a_chat_that_could_not_be_written_down_is_written_down_later(desk: Desk) -> None:
    full = Full()
    owners = desk.start(full)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await owners.remember(said("1", "dm-1"))

    assert full.tries == 2


async def test_what_is_known_is_not_written_down_again(desk: Desk) -> None:
    class Counting(Full):
        async def save_cursor(self, cursor: Cursor) -> None:
            self.tries += 1

    counting = Counting()
    owners = desk.start(counting)
    for _ in range(3):
        await owners.remember(said("1", "dm-1"))

    assert counting.tries == 1


async def test_ten_troubles_at_once_are_one_alert_and_the_next_one_counts_them(desk: Desk) -> None:
    await asyncio.gather(*(desk.owners.alert("credit", "No credit.") for _ in range(10)))
    at_once = await desk.told(THREE)
    await desk.clock.advance(SILENCE.total_seconds())
    await desk.owners.alert("credit", "No credit.")
    await desk.clock.advance(SILENCE.total_seconds())
    later = await desk.told(THREE)
    await desk.owners.alert("credit", "No credit.")

    assert at_once == ["No credit."]
    assert later == ["No credit. (This happened 9 more times since I last wrote about it.)"]
    assert await desk.told(THREE) == ["No credit."]
