"""Reminders: once, again, late, through restarts and clocks that are set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.agent.background.reminders import LATE_SECONDS, LOOK_SECONDS, ReminderTimer, next_time, words
from bot.core.messages import Conversation
from bot.core.steps import Outcome
from bot.store import SqliteStore
from tests.bot.agent.patience import until
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, NOON, THERE, reminder


class WallClock(FakeClock):
    """A clock whose wall time can be set while its seconds go on."""

    def set_by(self, seconds: float) -> None:
        self._start += timedelta(seconds=seconds)


@dataclass
class Alarm:
    timer: ReminderTimer
    store: SqliteStore
    clock: WallClock
    woken: list[Conversation] = field(default_factory=list)

    async def passes(self, seconds: float) -> None:
        """Time passes, and what is due is fired."""
        await until(lambda: self.clock.sleepers)
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.clock.advance(min(LOOK_SECONDS, end - self.clock.monotonic()))
            await self.store.session(HERE)  # a round trip: what was begun is done
            await asyncio.sleep(0)
        await until(lambda: self.clock.sleepers)


@asynccontextmanager
async def open_alarm(store: SqliteStore, clock: WallClock) -> AsyncIterator[Alarm]:
    woken: list[Conversation] = []
    async with ReminderTimer(store=store, clock=clock, wake=woken.append) as timer:
        yield Alarm(timer, store, clock, woken)


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


async def fired(store: SqliteStore) -> list[str]:
    """Texts of the reminders in the inbox, oldest first."""
    found = []
    while (turn := await store.claim(HERE)) is not None:
        found.append(turn.inbounds[0].text)
        await store.finish(turn, Outcome((), ()))
    return found


async def test_a_reminder_is_said_once_at_its_time(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1", minutes=5))
        await alarm.passes(299)
        assert await fired(store) == []
        await alarm.passes(1)
        await alarm.passes(600)

        assert await fired(store) == ["⏰ tea"]
        assert alarm.woken == [HERE]
        assert await alarm.timer.listed(HERE) == ()


async def test_a_repeating_one_is_said_each_time(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1", minutes=1, cron="* * * * *"))
        await alarm.passes(185)

        assert await fired(store) == ["⏰ tea"] * 3
        (left,) = await alarm.timer.listed(HERE)
        assert left.due == NOON + timedelta(minutes=4)


async def test_every_45_minutes_counts_from_the_first_one_also_over_what_was_missed(
    store: SqliteStore, clock: WallClock
) -> None:
    await store.add_reminder(reminder("1", minutes=45, cron="@every 45m"))
    await clock.advance(3600 * 5)  # five hours off: six were missed
    async with open_alarm(store, clock) as alarm:
        missed = await fired(store)
        (left,) = await alarm.timer.listed(HERE)
        await alarm.passes(15 * 60)

        assert [text.partition("\n")[0] for text in missed] == ["⏰ tea"]
        assert left.due == NOON + timedelta(minutes=45 * 7)
        assert await fired(store) == ["⏰ tea"]


async def test_the_sooner_of_two_is_said_first(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(replace(reminder("1", minutes=2), text="second"))
        await alarm.timer.add(replace(reminder("2", minutes=1), text="first"))
        await alarm.passes(120)

        assert await fired(store) == ["⏰ first", "⏰ second"]


async def test_what_was_missed_is_said_once_and_says_that_it_is_late(store: SqliteStore, clock: WallClock) -> None:
    await store.add_reminder(reminder("1", minutes=1, cron="* * * * *"))
    await clock.advance(3600)
    async with open_alarm(store, clock):
        (text,) = await fired(store)

    assert text == "⏰ tea\n(due 2026-01-01 12:01 UTC; late because I was offline)"


async def test_many_missed_ones_are_each_said_once(store: SqliteStore, clock: WallClock) -> None:
    for number in range(300):
        await store.add_reminder(reminder(str(number), minutes=1, cron="* * * * *"))
    await clock.advance(3600)
    async with open_alarm(store, clock):
        assert len(await fired(store)) == 300


async def test_a_restart_says_nothing_twice(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1"))
        await alarm.passes(60)
    async with open_alarm(store, clock) as alarm:
        await alarm.passes(60)

        assert await fired(store) == ["⏰ tea"]


async def test_the_same_firing_twice_is_said_once(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        one = reminder("1", minutes=60, cron="0 * * * *")
        await alarm.timer.add(one)
        await alarm.timer.fire(one)
        await alarm.timer.fire(one)

        assert len(await fired(store)) == 1


async def test_a_dropped_reminder_is_not_said(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1"))
        assert not await alarm.timer.drop(THERE, "1")
        assert await alarm.timer.drop(HERE, "1")
        assert not await alarm.timer.drop(HERE, "1")
        await alarm.passes(120)

        assert await fired(store) == []


async def test_a_clock_that_is_set_forward_makes_it_due_within_seconds(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1", minutes=60))
        await alarm.passes(10)
        clock.set_by(3600)
        await alarm.passes(LOOK_SECONDS)

        assert await fired(store) == ["⏰ tea"]


async def test_a_clock_that_is_set_back_delays_it_and_loses_nothing(store: SqliteStore, clock: WallClock) -> None:
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(reminder("1", minutes=1))
        await alarm.passes(10)
        clock.set_by(-600)
        await alarm.passes(60)
        assert await fired(store) == []
        await alarm.passes(600)

        assert await fired(store) == ["⏰ tea"]


async def test_one_that_cannot_be_fired_does_not_silence_the_others(
    store: SqliteStore, clock: WallClock, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(reminder("1"), cron="not a cron line", text="never")
    async with open_alarm(store, clock) as alarm:
        await alarm.timer.add(broken)
        await alarm.timer.add(reminder("2", minutes=2))
        await alarm.passes(120)

        assert await fired(store) == ["⏰ tea"]
    assert "reminder.broken" in caplog.text


def test_the_next_time_is_after_now_however_many_were_missed() -> None:
    hourly = reminder("1", cron="0 * * * *")

    assert next_time(reminder("1"), NOON) is None
    assert next_time(hourly, NOON + timedelta(hours=5, minutes=1)) == NOON + timedelta(hours=6)
    assert next_time(hourly, NOON) == NOON + timedelta(hours=1)
    often = reminder("1", minutes=0, cron="@every 45m")
    assert next_time(often, NOON) == NOON + timedelta(minutes=45)
    assert next_time(often, NOON + timedelta(minutes=45)) == NOON + timedelta(minutes=90)
    assert next_time(often, NOON - timedelta(hours=9)) == NOON + timedelta(minutes=45)


@pytest.mark.parametrize(("late", "told"), [(0.0, False), (LATE_SECONDS, False), (LATE_SECONDS + 1, True)])
def test_only_a_late_reminder_says_so(late: float, told: bool) -> None:
    one: datetime = NOON + timedelta(minutes=1)

    assert ("late" in words(reminder("1"), one + timedelta(seconds=late))) is told
