"""The laws of work: from the inbox through a turn to the outbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.core.arrivals import Arrivals, Cursor, Poison
from bot.core.chat import Assistant, User
from bot.core.messages import Conversation, Origin, Session, Target, Text, Turn
from bot.core.steps import Outcome, Step
from bot.store import SqliteStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, THERE, answered, arrivals, inbound, outcome, spend


async def claimed(store: SqliteStore, conversation: Conversation = HERE) -> Turn:
    turn = await store.claim(conversation)
    assert turn is not None
    return turn


async def finished(store: SqliteStore, *said: str) -> Turn:
    turn = await claimed(store)
    assert await store.finish(turn, outcome(*said))
    return turn


async def due_text(store: SqliteStore, conversation: Conversation = HERE) -> str:
    due = await store.next_due(conversation)
    return due.part.text if due is not None and isinstance(due.part, Text) else ""


# --- inbox -------------------------------------------------------------------------------------


async def test_a_redelivered_event_changes_nothing(store: SqliteStore) -> None:
    first = await store.accept(arrivals("1", "2"))
    again = await store.accept(arrivals("2", "3", "3"))

    assert [new.id for new in first] == ["1", "2"]
    assert [new.id for new in again] == ["3"]


async def test_the_same_event_id_of_two_sources_is_two_events(store: SqliteStore) -> None:
    await store.accept(Arrivals("telegram", (inbound("1"),)))
    assert len(await store.accept(Arrivals("discord", (inbound("1"),)))) == 1


async def test_what_a_stop_ended_is_known_and_waits_for_nobody(store: SqliteStore) -> None:
    read = Arrivals("test", (inbound("3"),), stopped=(inbound("1"), inbound("2")))

    fresh = [new.id for new in await store.accept(read)]

    assert (fresh, await store.waiting(HERE)) == (["3"], 1)
    assert [await store.knows("test", event) for event in "1234"] == [True, True, True, False]
    assert not await store.knows("another", "1")
    assert await store.accept(arrivals("1", "2")) == ()
    assert [one.id for one in await store.recent(HERE, limit=9)] == ["2", "1"]


async def test_what_already_waits_is_not_ended_by_coming_again_with_a_stop(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    await store.accept(Arrivals("test", stopped=(inbound("1"),)))

    assert (await claimed(store)).inbounds[0].id == "1"


async def test_the_cursor_and_the_poison_are_kept_with_the_events(store: SqliteStore) -> None:
    poison = Poison("9", '{"odd": "\\ud800"}', "no chat")

    await store.accept(Arrivals("test", (inbound("1"),), Cursor("offset", "10"), (poison, poison)))

    assert await store.cursor("offset") == "10"
    assert await store.cursor("another") == ""


async def test_messages_are_worked_on_in_the_order_they_came(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", "3"))

    order = [(await finished(store, "ok")).inbounds[0].id for _ in range(3)]

    assert order == ["1", "2", "3"]
    assert await store.claim(HERE) is None


async def test_a_second_message_waits_for_the_first(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2"))
    await store.accept(arrivals("3", conversation=THERE))

    turn = await claimed(store)

    assert await store.claim(HERE) is None
    assert await store.claim(THERE) is not None
    assert await store.finish(turn, outcome("ok"))
    assert (await claimed(store)).inbounds[0].id == "2"


async def test_many_claims_at_once_give_one_turn(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", "3"))

    turns = await asyncio.gather(*(store.claim(HERE) for _ in range(20)))

    assert sum(turn is not None for turn in turns) == 1


async def test_an_album_is_claimed_whole(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", group="album"))
    await store.accept(arrivals("3"))
    await store.accept(arrivals("4", group="album"))
    await store.accept(arrivals("5", conversation=THERE, group="album"))

    album = await claimed(store)
    await store.finish(album, outcome("nice"))
    after = await claimed(store)

    assert [one.id for one in album.inbounds] == ["1", "2", "4"]
    assert [one.id for one in after.inbounds] == ["3"]


async def test_a_turn_keeps_its_name_and_counts_its_attempts(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", group="album"))

    first = await claimed(store)
    await store.unfinished()
    second = await claimed(store)

    assert (first.id, first.attempt) == (second.id, 1)
    assert second.attempt == 2
    assert second.fence > first.fence
    assert second.inbounds == first.inbounds


async def test_a_released_turn_counts_no_attempt(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))

    await store.release(await claimed(store))

    assert (await claimed(store)).attempt == 1


async def test_a_turn_is_fresh_until_it_was_claimed(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2"))
    first = await claimed(store)
    await store.release(first)
    released = await claimed(store)
    await store.unfinished()
    died = await claimed(store)
    await store.finish(died, outcome("done"))

    assert [turn.fresh for turn in (first, released, died, await claimed(store))] == [True, False, False, True]


async def test_a_zombie_can_neither_finish_nor_release(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    zombie = await claimed(store)
    await store.unfinished()
    turn = await claimed(store)

    await store.release(zombie)

    assert not await store.finish(zombie, outcome("from the grave"))
    assert await store.next_due(HERE) is None
    assert await store.finish(turn, outcome("alive"))
    assert not await store.finish(turn, outcome("twice"))
    assert await due_text(store) == "alive"


async def test_a_turn_whose_rows_wait_again_cannot_finish(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    zombie = await claimed(store)

    await store.unfinished()

    assert not await store.finish(zombie, outcome("late"))


async def test_a_claim_that_nobody_waits_for_is_given_back(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))

    claiming = asyncio.create_task(store.claim(HERE))
    await asyncio.sleep(0)
    claiming.cancel()
    await asyncio.gather(claiming, return_exceptions=True)
    await store.ping()
    await store.ping()

    assert (await claimed(store)).attempt == 1


async def test_stop_discards_what_people_wrote_and_nothing_else(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", "3"))
    await store.accept(Arrivals("job", (inbound("clip", origin=Origin.JOB),)))
    running = await claimed(store)

    assert await store.discard_waiting(HERE) == 2
    assert await store.finish(running, outcome("ok"))
    assert (await claimed(store)).inbounds[0].id == "clip"


async def test_a_start_finds_what_waits_what_ran_and_what_is_not_delivered(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    await finished(store, "to deliver")
    await store.accept(arrivals("2", conversation=THERE))
    await claimed(store, THERE)
    quiet = Conversation("web", "quiet")
    await store.accept(arrivals("3", conversation=quiet))
    await store.finish(await claimed(store, quiet), Outcome((), ()))

    assert set(await store.unfinished()) == {HERE, THERE}
    assert await store.claim(THERE) is not None


# --- steps and history -------------------------------------------------------------------------


async def test_a_finished_step_is_never_changed_and_never_paid_twice(store: SqliteStore, clock: FakeClock) -> None:
    await store.accept(arrivals("1"))
    turn = await claimed(store)

    await store.begin_step(turn, "model:0")
    await store.begin_step(turn, "model:0")
    await store.finish_step(turn, Step("model:0", answered("first")), (spend(100), spend(7)))
    await store.finish_step(turn, Step("model:0", answered("second")), (spend(100),))
    await store.begin_step(turn, "model:0")

    assert await store.steps(turn) == (Step("model:0", answered("first")),)
    assert await store.spent(clock.now()) == 107


async def test_steps_come_back_in_the_order_they_began(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    turn = await claimed(store)

    await store.begin_step(turn, "b")
    await store.finish_step(turn, Step("a", answered("a")))
    await store.finish_step(turn, Step("b", answered("b")))
    await store.begin_step(turn, "unknown")

    assert [(step.name, step.result is None) for step in await store.steps(turn)] == [
        ("b", False),
        ("a", False),
        ("unknown", True),
    ]


async def test_history_is_the_newest_messages_after_a_row_oldest_first(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", "3"))
    for answer in ("one", "two", "three"):
        await finished(store, answer)

    rows = await store.history(HERE, since=0, limit=3)
    later = await store.history(HERE, since=rows[0].id, limit=10)

    assert [row.message for row in rows] == [Assistant("two"), User("question"), Assistant("three")]
    assert later == rows[1:]
    assert await store.newest_row(HERE) == rows[-1].id
    assert await store.newest_row(THERE) == 0


async def test_undo_removes_whole_turns_and_their_rows_are_not_used_again(store: SqliteStore) -> None:
    await store.accept(arrivals("1", "2", "3"))
    await finished(store, "one")
    await finished(store, "two", "more")
    hidden = await store.newest_row(HERE)

    removed = await store.forget_turns(HERE, turns=1)
    await finished(store, "three")

    assert removed == 3
    assert [row.message for row in await store.history(HERE, since=0, limit=9)][1:] == [
        Assistant("one"),
        User("question"),
        Assistant("three"),
    ]
    assert len(await store.history(HERE, since=hidden, limit=9)) == 2


async def test_a_session_is_part_of_the_next_turn(store: SqliteStore) -> None:
    assert await store.session(HERE) == Session()

    await store.save_session(HERE, Session(model="openrouter/auto", since=4))
    await store.accept(arrivals("1"))

    assert (await claimed(store)).session == Session(model="openrouter/auto", since=4)
    assert await store.session(HERE) == Session(model="openrouter/auto", since=4)


# --- outbox ------------------------------------------------------------------------------------


async def test_parts_are_delivered_in_order_and_once(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    turn = await finished(store, "one", "two")
    await store.post("notice", Target(HERE), (Text("three"),))
    await store.post("notice", Target(HERE), (Text("again"),))

    said = []
    while (due := await store.next_due(HERE)) is not None:
        await store.begin_sending(due.key)
        await store.mark_sent(due.key, f"id {due.key}")
        said.append((due.key, due.part))

    assert said == [(f"{turn.id}:0", Text("one")), (f"{turn.id}:1", Text("two")), ("notice:0", Text("three"))]
    assert await store.was_mine(HERE, "id notice:0")
    assert not await store.was_mine(THERE, "id notice:0")


async def test_a_draft_waits_for_its_text_and_takes_its_place_when_the_turn_ends(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    turn = await claimed(store)
    await store.hold_place(f"{turn.id}:0", turn.target, "m5")
    await store.post("notice", Target(HERE), (Text("meanwhile"),))

    before = await due_text(store)
    await store.finish(turn, outcome("the answer"))
    first = await due_text(store)
    await store.mark_sent("notice:0", "m6")
    after = await store.next_due(HERE)

    assert (before, first) == ("meanwhile", "meanwhile")
    assert after is not None and (after.key, after.message_id) == (f"{turn.id}:0", "m5")
    assert await store.placeholder(after.key) == "m5"
    assert await store.placeholder("unknown:0") == ""
    assert await store.was_mine(HERE, "m5")


async def test_a_draft_without_a_part_is_dead_after_the_turn(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    turn = await claimed(store)
    for seq in range(2):
        await store.hold_place(f"{turn.id}:{seq}", turn.target, f"m{seq}")

    await store.finish(turn, outcome("only one"))
    await store.mark_sent(f"{turn.id}:0", "m0")

    assert await store.next_due(HERE) is None
    assert await store.unfinished() == ()


async def test_a_placeholder_can_be_held_for_a_part_that_is_being_sent(store: SqliteStore) -> None:
    await store.post("notice", Target(HERE, "m1"), (Text("hello"),))
    await store.begin_sending("notice:0")

    await store.hold_place("notice:0", Target(HERE, "m1"), "m2")
    await store.put_back("notice:0", maybe_sent=False)
    due = await store.next_due(HERE)

    assert due is not None
    assert (due.target, due.part, due.message_id, due.attempts) == (Target(HERE, "m1"), Text("hello"), "m2", 1)
    assert not due.maybe_sent


async def test_once_a_part_may_have_arrived_that_stays_true(store: SqliteStore) -> None:
    await store.post("notice", Target(HERE), (Text("hello"),))

    for maybe_sent in (True, False):
        await store.begin_sending("notice:0")
        await store.put_back("notice:0", maybe_sent=maybe_sent)
    due = await store.next_due(HERE)

    assert due is not None and due.maybe_sent and due.attempts == 2


async def test_a_buried_part_makes_room_for_the_next(store: SqliteStore) -> None:
    await store.post("notice", Target(HERE), (Text("one"), Text("two")))

    await store.bury("notice:0", "forbidden")

    assert await due_text(store) == "two"


async def test_after_a_crash_a_part_that_was_being_sent_may_have_arrived(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock) as store:
        await store.post("notice", Target(HERE), (Text("hello"),))
        await store.begin_sending("notice:0")

    async with open_store(tmp_path, clock) as store:
        assert await store.unfinished() == (HERE,)
        due = await store.next_due(HERE)

    assert due is not None and due.maybe_sent and due.attempts == 1
