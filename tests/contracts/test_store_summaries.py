"""The laws of summaries: they stand beside the history and never in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.history import Summary
from bot.core.messages import Conversation
from bot.store import SqliteStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, THERE, arrivals, outcome, spend

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def rows_of(store: SqliteStore, conversation: Conversation = HERE, *, turns: int = 3) -> list[int]:
    """The ids of the history rows after so many turns, two for each."""
    for number in range(turns):
        await store.accept(arrivals(f"{conversation} {number}", conversation=conversation))
        turn = await store.claim(conversation)
        assert turn is not None
        assert await store.finish(turn, outcome(f"answer {number}"))
    return [row.id for row in await store.history(conversation, since=0, limit=99)]


async def newest(store: SqliteStore, conversation: Conversation, *, since: int) -> Summary | None:
    return (await store.past(conversation, since=since, limit=0))[0]


async def begins(store: SqliteStore, upto: int, *, conversation: Conversation = HERE, after: int = 0) -> bool:
    """Whether an attempt may begin, with a minute between two."""
    return await store.begin_summary(conversation, after=after, upto=upto, seconds_of_rest=60)


async def test_the_newest_summary_survives_a_restart_and_costs_its_money_once(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        rows = await rows_of(store)
        assert await store.keep_summary(HERE, Summary("older", rows[1]), (spend(5),))
        assert await store.keep_summary(HERE, Summary("newer", rows[3]), (spend(7),))
        assert await newest(store, THERE, since=0) is None

    async with open_store(tmp_path, clock) as store:
        assert await newest(store, HERE, since=0) == Summary("newer", rows[3])
        assert await store.spent(LONG_AGO) == 12
        assert [row.id for row in await store.history(HERE, since=0, limit=99)] == rows


async def test_a_fresh_start_hides_the_summary_of_what_came_before(store: SqliteStore) -> None:
    rows = await rows_of(store)
    await store.keep_summary(HERE, Summary("all of it", rows[-1]))

    assert await newest(store, HERE, since=rows[-1]) is None
    assert await newest(store, HERE, since=rows[-1] - 1) is not None


async def test_taking_back_a_turn_takes_back_the_summary_that_tells_of_it(store: SqliteStore) -> None:
    rows = await rows_of(store)
    await store.keep_summary(HERE, Summary("two turns", rows[3]))
    await store.keep_summary(HERE, Summary("three turns", rows[5]))

    await store.forget_turns(HERE, turns=1)

    assert await newest(store, HERE, since=0) == Summary("two turns", rows[3])


async def test_a_summary_of_what_was_taken_back_meanwhile_is_not_kept(store: SqliteStore) -> None:
    rows = await rows_of(store)
    await store.forget_turns(HERE, turns=1)

    assert not await store.keep_summary(HERE, Summary("three turns", rows[5]), (spend(5),))
    assert await newest(store, HERE, since=0) is None
    assert await store.spent(LONG_AGO) == 5


async def test_a_summary_follows_its_chat_to_a_new_id(store: SqliteStore) -> None:
    rows = await rows_of(store)
    await store.keep_summary(HERE, Summary("what was said", rows[3]))
    new = replace(HERE, chat="moved")

    await store.move_conversation(HERE, new)

    assert await newest(store, new, since=0) == Summary("what was said", rows[3])
    assert await newest(store, HERE, since=0) is None


async def test_the_past_is_the_newest_summary_and_what_was_said_after_it(store: SqliteStore) -> None:
    rows = await rows_of(store)
    whole = await store.history(HERE, since=0, limit=99)
    assert await store.past(HERE, since=0, limit=99) == (None, whole)

    await store.keep_summary(HERE, Summary("one turn", rows[1]))
    await store.keep_summary(HERE, Summary("two turns", rows[3]))

    assert await store.past(HERE, since=0, limit=99) == (Summary("two turns", rows[3]), whole[4:])
    assert await store.past(HERE, since=0, limit=1) == (Summary("two turns", rows[3]), whole[5:])
    assert await store.past(HERE, since=rows[3], limit=99) == (None, whole[4:])


async def test_an_attempt_that_did_not_end_rests_also_across_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        rows = await rows_of(store)
        assert await begins(store, rows[1])
        assert not await begins(store, rows[3])
        assert await begins(store, rows[1], conversation=THERE)

    await clock.advance(59)
    async with open_store(tmp_path, clock) as store:
        assert not await begins(store, rows[3])
        await clock.advance(1)
        assert await begins(store, rows[3])
        assert not await begins(store, rows[5])


async def test_a_clock_that_was_set_back_does_not_make_an_attempt_rest_for_ever(tmp_path: Path) -> None:
    async with open_store(tmp_path, FakeClock(datetime(2040, 1, 1, tzinfo=UTC))) as store:
        rows = await rows_of(store)
        assert await begins(store, rows[1])

    async with open_store(tmp_path, FakeClock()) as store:
        assert await begins(store, rows[1])
        assert not await begins(store, rows[1])


async def test_a_summary_that_is_kept_ends_its_attempt(store: SqliteStore) -> None:
    rows = await rows_of(store)
    assert await begins(store, rows[3])

    await store.keep_summary(HERE, Summary("one turn", rows[1]))
    assert not await begins(store, rows[5], after=rows[3])
    await store.keep_summary(HERE, Summary("two turns", rows[3]))

    assert await begins(store, rows[5], after=rows[3])


async def test_nobody_begins_who_does_not_know_the_newest_summary(store: SqliteStore) -> None:
    rows = await rows_of(store)
    await store.keep_summary(HERE, Summary("one turn", rows[1]))

    assert not await begins(store, rows[3], after=0)
    assert await begins(store, rows[3], after=rows[1])


async def test_an_attempt_follows_its_chat_to_a_new_id(store: SqliteStore) -> None:
    rows, new = await rows_of(store), replace(HERE, chat="moved")
    assert await begins(store, rows[1])
    assert await begins(store, rows[1], conversation=new)

    for _ in range(2):
        await store.move_conversation(HERE, new)

    assert not await begins(store, rows[1], conversation=new)
    assert await begins(store, rows[1])
