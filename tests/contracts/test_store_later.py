"""The laws of what happens later, of money, of access and of the local page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.arrivals import Cursor
from bot.core.jobs import JobState
from bot.core.media import SongRequest
from bot.core.messages import Conversation, Origin, Target, Text
from bot.core.people import Guest
from bot.store import SqliteStore
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, NOON, THERE, asks, inbound, job, reminder, spend

SOON = NOON + timedelta(minutes=1)
TOMORROW = NOON + timedelta(days=1)


# --- jobs --------------------------------------------------------------------------------------


async def test_a_conversation_has_one_running_job_of_a_kind(store: SqliteStore) -> None:
    assert await store.add_job(job("a"))
    assert not await store.add_job(job("b"))
    assert not await store.add_job(job("c", "a blue kite"))
    assert not await store.add_job(replace(job("a"), request=SongRequest("another wish under a known id")))
    assert await store.add_job(replace(job("d"), request=SongRequest("a sea shanty")))
    assert await store.add_job(replace(job("e"), target=Target(THERE)))

    await store.save_job(replace(job("a"), state=JobState.CANCELLED))

    assert await store.add_job(job("f"))


async def test_jobs_are_listed_newest_first_and_active_ones_alone(store: SqliteStore) -> None:
    await store.add_job(job("a", "one"))
    await store.save_job(replace(job("a", "one"), state=JobState.FAILED))
    await store.add_job(job("b", "two"))
    running = replace(job("b", "two"), state=JobState.RUNNING, remote_id="r1", polling_url="https://example.org/r1")
    await store.save_job(running)

    assert await store.job("b") == running
    assert await store.job("nobody") is None
    assert [one.id for one in await store.jobs(HERE, active=False)] == ["b", "a"]
    assert await store.jobs(None, active=True) == (running,)
    assert await store.jobs(THERE, active=False) == ()


async def test_a_job_ends_once_and_tells_once(store: SqliteStore, clock: FakeClock) -> None:
    await store.add_job(job("a"))
    done = replace(job("a"), state=JobState.DONE)
    told = inbound("job:a", origin=Origin.JOB)

    assert await store.end_job(done, told, (spend(500),))
    assert not await store.end_job(done, inbound("job:a:again", origin=Origin.JOB), (spend(500),))
    await store.save_job(replace(done, state=JobState.RUNNING))

    turn = await store.claim(HERE)
    assert turn is not None and turn.inbounds == (told,)
    assert await store.spent(clock.now()) == 500
    assert await store.job("a") == done


async def test_a_cancelled_job_does_not_end_again(store: SqliteStore) -> None:
    await store.add_job(job("a"))
    await store.save_job(replace(job("a"), state=JobState.CANCELLED))

    ended = await store.end_job(replace(job("a"), state=JobState.DONE), inbound("job:a", origin=Origin.JOB))

    assert not ended
    assert await store.claim(HERE) is None


async def test_a_job_of_unknown_outcome_can_still_end(store: SqliteStore) -> None:
    await store.add_job(job("a"))
    await store.save_job(replace(job("a"), state=JobState.UNKNOWN))

    assert await store.jobs(None, active=True) == ()
    assert await store.end_job(replace(job("a"), state=JobState.FAILED), inbound("job:a", origin=Origin.JOB))


# --- reminders ---------------------------------------------------------------------------------


async def test_a_reminder_fires_once(store: SqliteStore) -> None:
    await store.add_reminder(reminder("r"))
    ring = inbound("reminder:r@1", origin=Origin.REMINDER)

    assert await store.fire(reminder("r"), ring, None)
    assert not await store.fire(reminder("r"), ring, None)

    turn = await store.claim(HERE)
    assert turn is not None and turn.inbounds == (ring,)
    assert await store.reminders(None) == ()


async def test_a_repeating_reminder_moves_on_with_its_firing(store: SqliteStore) -> None:
    await store.add_reminder(reminder("r", cron="0 12 * * *"))
    ring = inbound("reminder:r@1", origin=Origin.REMINDER)

    assert await store.fire(reminder("r", cron="0 12 * * *"), ring, TOMORROW)
    assert not await store.fire(reminder("r", cron="0 12 * * *"), ring, TOMORROW + timedelta(days=1))

    assert [one.due for one in await store.reminders(HERE)] == [TOMORROW]


async def test_a_dropped_reminder_does_not_fire(store: SqliteStore) -> None:
    await store.add_reminder(reminder("r"))

    assert not await store.drop_reminder(THERE, "r")
    assert await store.drop_reminder(HERE, "r")

    assert not await store.fire(reminder("r"), inbound("reminder:r@1", origin=Origin.REMINDER), TOMORROW)
    assert await store.claim(HERE) is None


async def test_reminders_are_listed_by_due_time(store: SqliteStore) -> None:
    for number, minutes in (("late", 30.0), ("soon", 1.0), ("middle", 5.5)):
        await store.add_reminder(reminder(number, minutes))

    assert [one.id for one in await store.reminders(HERE)] == ["soon", "middle", "late"]
    assert await store.reminders(THERE) == ()


# --- money -------------------------------------------------------------------------------------


async def test_spend_is_summed_by_time_person_and_capability(store: SqliteStore, clock: FakeClock) -> None:
    await store.record(spend(100))
    await clock.advance(60)
    since = clock.now()
    await store.record(spend(20))
    await store.record(spend(3, person="web:8"))
    await store.record(spend(None))

    assert await store.spent(NOON) == 123
    assert await store.spent(since) == 23
    assert await store.spent(since, person="web:8") == 3
    assert await store.spent(since, person="web:7", capability="chat") == 20
    assert await store.spent(since, capability="video") == 0


async def test_a_call_the_provider_named_is_counted_once(store: SqliteStore) -> None:
    await store.record(spend(100, generation="gen-1"))
    await store.record(spend(100, generation="gen-1"))

    assert await store.spent(NOON) == 100


async def test_a_call_without_a_price_is_priced_once(store: SqliteStore) -> None:
    owed = spend(None, generation="gen-1")
    await store.record(spend(None))
    await store.record(owed)
    await store.record(spend(5, generation="gen-2"))
    assert await store.unpriced(NOON, "chat") == (owed,)
    assert await store.unpriced(NOON, "speech") == ()

    for microusd in (100, 7):
        await store.record(spend(microusd, generation="gen-1"))

    assert await store.unpriced(NOON, "chat") == ()
    assert await store.spent(NOON) == 105


# --- access ------------------------------------------------------------------------------------


async def test_guests_come_and_go(store: SqliteStore) -> None:
    ann = Guest("telegram", "7", "Ann", NOON)
    await store.let_in(ann)
    await store.let_in(replace(ann, name="Anna"))
    await store.let_in(Guest("discord", "7", "Bob", NOON))

    assert await store.guest("telegram", "7") == replace(ann, name="Anna")
    assert [guest.name for guest in await store.guests()] == ["Anna", "Bob"]
    assert await store.put_out("telegram", "7")
    assert not await store.put_out("telegram", "7")
    assert await store.guest("telegram", "7") is None


async def test_a_channel_holds_no_more_open_requests_than_its_cap(store: SqliteStore) -> None:
    stored = [await store.ask_in(asks(person), now=NOON, cap=3) for person in ("1", "2", "3", "4")]
    elsewhere = await store.ask_in(asks("1", channel="discord"), now=NOON, cap=3)
    later = NOON + timedelta(hours=1)

    assert stored == [True, True, True, False]
    assert elsewhere
    assert [request.person_id for request in await store.pairing_requests(SOON)] == ["1", "2", "3", "1"]
    assert await store.pairing_requests(later) == ()
    assert await store.ask_in(asks("4", expires=later + timedelta(hours=1)), now=later, cap=3)


async def test_a_person_asks_once_an_hour_even_when_answered(store: SqliteStore) -> None:
    await store.ask_in(asks("1"), now=NOON, cap=3)
    await store.take_request(now=SOON, channel="telegram", person_id="1")

    assert not await store.ask_in(asks("1"), now=SOON, cap=3)
    assert await store.ask_in(asks("1"), now=NOON + timedelta(hours=1), cap=3)


async def test_a_request_is_taken_once_by_code_or_by_person(store: SqliteStore) -> None:
    for person in ("1", "2"):
        await store.ask_in(asks(person), now=NOON, cap=3)

    assert await store.take_request(now=SOON, code_hash="hash of 1") == asks("1")
    assert await store.take_request(now=SOON, code_hash="hash of 1") is None
    assert await store.take_request(now=SOON) is None
    assert await store.take_request(now=SOON, channel="telegram") is None
    assert await store.take_request(now=SOON, channel="telegram", person_id="2") == asks("2")


async def test_an_expired_request_cannot_be_taken(store: SqliteStore) -> None:
    await store.ask_in(asks("1"), now=NOON, cap=3)

    assert await store.take_request(now=NOON + timedelta(hours=1), code_hash="hash of 1") is None


# --- cursors and the page ----------------------------------------------------------------------


async def test_a_cursor_is_replaced(store: SqliteStore) -> None:
    await store.save_cursor(Cursor("seen", "1"))
    await store.save_cursor(Cursor("seen", "2"))

    assert await store.cursor("seen") == "2"


async def test_the_page_keeps_its_order_and_tells_what_changed(store: SqliteStore) -> None:
    first = await store.show(HERE, "a", "person", Text("hello"))
    second = await store.show(HERE, "b", "bot", Text("…"))
    third = await store.show(HERE, "c", "person", Text("still there?"))
    changed = await store.show(HERE, "b", "bot", Text("yes"))

    assert first.id < second.id < third.id < changed.id
    assert await store.entries("home") == (first, changed, third)
    assert await store.entries("home", after=third.changed) == (changed,)
    assert await store.entries("home", limit=1) == (third,)
    assert await store.entries("elsewhere") == ()


async def test_chats_of_the_page_are_listed_newest_first(store: SqliteStore) -> None:
    await store.show(Conversation("web", "old"), "a", "person", Text("hello"))
    await store.show(Conversation("web", "new"), "a", "person", Text("hello"))

    assert await store.chats() == ("new", "old")
