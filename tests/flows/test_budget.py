"""Stories of money: what may be spent in a day, who hears about it, and that nobody spends the last cent twice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agent.policy.budget import (
    ESTIMATES,
    EVERYBODY,
    EVERYBODY_MONTH,
    YOURS,
    YOURS_MONTH,
    Budget,
    BudgetLimits,
    OverBudget,
)
from bot.agent.speak import VoiceMode
from bot.app_health import App, control_answers
from bot.cli.status import live_lines
from bot.core.spending import Capability, Spend
from bot.ops.channel_supervisor import ChannelSupervisor
from bot.ops.counts import Counts
from bot.store import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.model import Calls, Says
from tests.fakes.rows import NOON
from tests.talk import open_talk

CENT = 10_000


class MemoryLedger:
    """A ledger that is one sum."""

    def __init__(self) -> None:
        self.total = 0

    async def record(self, spend: Spend) -> None:
        self.total += spend.cost_microusd or 0

    async def spent(self, since: datetime, *, person: str = "", capability: str = "") -> int:
        await asyncio.sleep(0)
        return self.total

    async def unpriced(self, since: datetime, capability: str) -> tuple[Spend, ...]:
        return ()


def paid(microusd: int, person: str = "fake:7", capability: Capability = Capability.CHAT) -> Spend:
    return Spend(person, capability, "fake/model", microusd, True)


async def test_a_used_up_budget_is_told_without_asking_any_model(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Hello", cost=CENT), budget=BudgetLimits(everybody=CENT)) as talk:
        await talk.says("one")
        await talk.settles()
        await talk.says("two")

        assert await talk.answer() == EVERYBODY
        assert len(talk.model.requests) == 1


async def test_one_person_who_used_up_theirs_does_not_stop_another(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Hello", cost=CENT), budget=BudgetLimits(person=CENT)) as talk:
        await talk.says("one")
        await talk.settles()
        await talk.says("two")
        assert await talk.answer() == YOURS

        await talk.says("three", chat="2", who="8")
        assert await talk.answer("2") == "You said: three"


async def test_tomorrow_begins_a_new_budget(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, Says("Hello", cost=CENT), budget=BudgetLimits(everybody=CENT), clock=clock) as talk:
        await talk.says("one")
        await talk.settles()
        await clock.advance(timedelta(days=1).total_seconds())
        await talk.says("two")

        assert await talk.answer() == "You said: two"


async def test_at_four_fifths_a_note_comes_once_a_day(tmp_path: Path) -> None:
    moves = [Says("first", cost=800_000), Says("second", cost=50_000)]
    async with open_talk(tmp_path, *moves, budget=BudgetLimits(everybody=1_000_000)) as talk:
        await talk.says("one")
        await talk.settles()
        await talk.says("two")
        await talk.settles()

        told = [text for text in talk.channel.texts("1") if "budget" in text]
        assert told == ["80% of this bot's budget for today is used ($0.80 of $1.00)."]


async def test_a_voice_note_is_not_heard_when_nothing_is_left(tmp_path: Path) -> None:
    async with open_talk(tmp_path, budget=BudgetLimits(everybody=0)) as talk:
        await talk.says_aloud("hello there")

        assert await talk.answer() == EVERYBODY
        assert talk.ears.heard == []


async def test_a_tool_that_nobody_can_pay_for_is_not_run(tmp_path: Path) -> None:
    moves = [Calls((("image_generate", {"prompt": "a cat"}),)), Says("Sorry, the budget is used up")]
    async with open_talk(tmp_path, *moves, budget=BudgetLimits(everybody=50)) as talk:
        await talk.says("draw a cat")

        assert await talk.answer() == EVERYBODY
        assert talk.painter.requests == []
        assert len(talk.model.requests) == 1


async def test_an_answer_is_written_when_there_is_nothing_left_for_its_voice(tmp_path: Path) -> None:
    limits = BudgetLimits(everybody=CENT)
    async with open_talk(
        tmp_path, Says("A whole sentence to say.", cost=CENT), budget=limits, voice=VoiceMode.ALWAYS
    ) as talk:
        await talk.says("speak")
        await talk.settles()

        assert talk.channel.texts("1")[0] == "A whole sentence to say."
        assert talk.mouth.spoken == []


async def test_two_at_once_cannot_both_pass_the_last_cent(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state", FakeClock()) as store:
        budget = Budget(store, FakeClock(), limits=BudgetLimits(everybody=CENT))
        taken = await asyncio.gather(
            *(budget.take(f"fake:{number}", Capability.CHAT) for number in range(5)), return_exceptions=True
        )

        assert [isinstance(one, OverBudget) for one in taken] == [False, True, True, True, True]


async def test_what_was_set_aside_is_free_again_whatever_happened(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state", FakeClock()) as store:
        budget = Budget(store, FakeClock(), limits=BudgetLimits(person=CENT))
        with pytest.raises(RuntimeError):
            async with budget.spending("fake:7", Capability.IMAGE):
                raise RuntimeError("it broke")

        async with budget.spending("fake:7", Capability.IMAGE):
            with pytest.raises(OverBudget):
                await budget.take("fake:7", Capability.CHAT)
            budget.give_back(await budget.take("fake:8", Capability.CHAT))


async def test_what_clips_cost_counts_and_a_running_one_holds_its_estimate(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_store(tmp_path / "state", clock) as store:
        budget = Budget(store, clock, limits=BudgetLimits(everybody=ESTIMATES[Capability.VIDEO] + CENT))
        held = budget.hold("fake:7", Capability.VIDEO)
        await store.record(paid(CENT, capability=Capability.VIDEO))
        with pytest.raises(OverBudget):
            await budget.take("fake:7", Capability.CHAT)

        budget.give_back(held)
        budget.give_back(held)
        await budget.take("fake:7", Capability.CHAT)
        assert await budget.spent(capability="video") == CENT


async def test_the_day_begins_where_the_person_lives(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_store(tmp_path / "state", clock) as store:
        budget = Budget(store, clock, limits=BudgetLimits(), zone="Asia/Tokyo")

        assert (budget.today.hour, budget.today.utcoffset()) == (0, timedelta(hours=9))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [(BudgetLimits(everybody_month=CENT), EVERYBODY_MONTH), (BudgetLimits(person_month=CENT), YOURS_MONTH)],
)
async def test_a_month_begins_anew_at_its_own_midnight_also_after_a_long_one(
    tmp_path: Path, limits: BudgetLimits, sentence: str
) -> None:
    clock = FakeClock()  # noon of the 1st of January in UTC, 21:00 in Tokyo
    async with open_store(tmp_path / "state", clock) as store:
        budget = Budget(store, clock, limits=limits, zone="Asia/Tokyo")
        await store.record(paid(CENT))
        await clock.advance(timedelta(days=30, hours=3).total_seconds() - 1)
        with pytest.raises(OverBudget) as refused:
            await budget.take("fake:7", Capability.CHAT)
        await clock.advance(1)

        await budget.take("fake:7", Capability.CHAT)
        assert (refused.value.tell, budget.this_month.month) == (sentence, 2)


async def test_the_day_and_the_month_are_noted_each_by_itself_and_shown(tmp_path: Path) -> None:
    clock = FakeClock()
    limits = BudgetLimits(everybody=100 * CENT, everybody_month=110 * CENT, person_month=200 * CENT)
    async with open_store(tmp_path / "state", clock) as store:
        budget = Budget(store, clock, limits=limits)
        await store.record(paid(90 * CENT))
        first = dict(await budget.notes("fake:7"))
        await clock.advance(86_400)
        tomorrow = dict(await budget.notes("fake:7"))

    assert [note.text for note in first.values()] == [
        "90% of this bot's budget for today is used ($0.90 of $1.00).",
        "82% of this bot's budget for this month is used ($0.90 of $1.10).",
    ]
    assert list(tomorrow) == list(first)[1:]


async def test_a_person_and_an_owner_read_the_month_where_it_has_a_limit(tmp_path: Path) -> None:
    async with open_talk(tmp_path, budget=BudgetLimits(everybody_month=2_000_000, person_month=1_000_000)) as talk:
        await talk.store.record(paid(30_000))
        await talk.says("/status", who="7")
        await talk.says("/status", who="owner", chat="2")

        assert "You have spent this month: $0.0300 of $1.0000" in await talk.answer()
        assert "Everybody this month: $0.0300 of $2.0000" in await talk.answer("2")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=40), st.integers(1, 2_000_000))
async def test_concurrent_calls_pass_a_limit_by_no_more_than_one_costs_above_its_estimate(
    costs: list[int], limit: int
) -> None:
    """A thousand orders of asking and paying: what is spent stays below the limit and one call's excess for each that
    ran beside it."""
    ledger, budget_clock = MemoryLedger(), FakeClock()
    budget = Budget(ledger, budget_clock, limits=BudgetLimits(everybody_month=limit))
    begun = 0

    async def call(cost: int) -> None:
        nonlocal begun
        try:
            held = await budget.take("fake:7", Capability.IMAGE)
        except OverBudget:
            return
        assert ledger.total + budget.set_aside() - ESTIMATES[Capability.IMAGE] < limit
        begun += 1
        await asyncio.sleep(0)
        ledger.total += cost
        budget.give_back(held)

    await asyncio.gather(*(call(cost) for cost in costs))
    excess = sum(sorted((max(cost - ESTIMATES[Capability.IMAGE], 0) for cost in costs), reverse=True)[:begun])
    assert ledger.total < limit + ESTIMATES[Capability.IMAGE] + excess
    assert budget.set_aside() == 0


@pytest.mark.parametrize(
    ("zone", "hours_until_midnight"),
    [("UTC", 12), ("Asia/Tokyo", 3), ("America/Los_Angeles", 20), ("Asia/Kathmandu", 6.25)],
)
async def test_a_budget_begins_anew_at_the_midnight_of_its_own_zone_and_no_other(
    tmp_path: Path, zone: str, hours_until_midnight: float
) -> None:
    clock = FakeClock()  # noon in UTC
    async with open_store(tmp_path / "state", clock) as store:
        budget = Budget(store, clock, limits=BudgetLimits(everybody=CENT), zone=zone)
        await store.record(paid(CENT))
        await clock.advance(hours_until_midnight * 3600 - 1)
        with pytest.raises(OverBudget):
            await budget.take("fake:7", Capability.CHAT)
        await clock.advance(1)

        await budget.take("fake:7", Capability.CHAT)


async def test_the_status_shows_dollars_of_the_day_in_the_zone_of_the_budget(tmp_path: Path) -> None:
    """From the ledger over the control socket's answer to the line that the operator reads."""
    clock = FakeClock()
    async with open_talk(tmp_path, clock=clock, zone="Asia/Tokyo") as talk:
        await talk.store.record(paid(5_000_000))  # 21:00 in Tokyo
        await clock.advance(4 * 3600)  # the next day there, the same one in UTC
        await talk.store.record(paid(1_234_500))
        app = App(talk.store, talk.agent, ChannelSupervisor((), clock=clock), Counts(), clock, NOON, 0.0)
        facts = await control_answers(app)["status"]({})

    (line,) = [line for line in live_lines(dict(facts)) if "spent today" in line]
    assert line.split() == ["spent", "today", "$1.2345", "(Asia/Tokyo)"]


async def test_owners_see_where_the_money_went_and_others_do_not(tmp_path: Path) -> None:
    async with open_talk(tmp_path, budget=BudgetLimits(everybody=2_000_000, person=1_000_000)) as talk:
        await talk.store.record(paid(30_000))
        await talk.store.record(paid(40_000, "fake:8", Capability.IMAGE))
        await talk.says("/budget", who="owner")
        told = await talk.answer()
        await talk.says("/status", who="7", chat="2")
        theirs = await talk.answer("2")
        await talk.says("/budget", who="7", chat="3")

        assert told.split("\n") == [
            "Spent today: $0.0700 of $2.0000",
            "answers: $0.0300",
            "pictures: $0.0400",
            "Spent this month: $0.0700",
            "Each person may spend $1.0000 a day.",
        ]
        assert "You have spent today: $0.0300 of $1.0000" in theirs
        assert "Everybody" not in theirs
        assert await talk.answer("3") == "Only my owner can use /budget."
