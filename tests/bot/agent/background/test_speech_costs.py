"""The price of a speech is asked for until it is known, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.agent.background.speech_costs import SECONDS_BEFORE_FIRST, SECONDS_BETWEEN_TRIES, SpeechCosts
from bot.core.media import Speech
from bot.core.spending import Capability, Spend
from bot.store import SqliteStore
from tests.bot.agent.patience import until
from tests.fakes.clock import FakeClock


@dataclass
class Prices:
    """A synthesizer that knows prices by generation."""

    prices: dict[str, int | Exception | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def speak(self, text: str, **_: object) -> Speech:
        raise AssertionError("prices are asked for, nothing is spoken")

    async def cost(self, generation_id: str) -> int | None:
        self.asked.append(generation_id)
        price = self.prices[generation_id]
        if isinstance(price, Exception):
            raise price
        return price


@dataclass
class Till:
    costs: SpeechCosts
    store: SqliteStore
    clock: FakeClock

    async def owes(self, generation_id: str) -> None:
        await self.store.record(Spend("web:you", Capability.SPEECH, "m", None, generation_id=generation_id))

    async def passes(self, seconds: float) -> None:
        for _ in range(3):  # a round trip through the store, as the loop makes them
            await self.store.spent(self.clock.now())
        await self.clock.advance(seconds)
        for _ in range(6):
            await self.store.spent(self.clock.now())
            await asyncio.sleep(0)

    async def spent(self) -> int:
        return await self.store.spent(self.clock.now().replace(hour=0))


@asynccontextmanager
async def open_till(store: SqliteStore, clock: FakeClock, prices: Prices) -> AsyncIterator[Till]:
    async with SpeechCosts(ledger=store, synthesizer=prices, clock=clock) as costs:
        yield Till(costs, store, clock)


async def test_what_an_earlier_process_left_unpriced_is_priced(store: SqliteStore, clock: FakeClock) -> None:
    await Till(None, store, clock).owes("a")  # type: ignore[arg-type]
    async with open_till(store, clock, Prices({"a": 500})) as till:
        await until(lambda: clock.sleepers)
        await till.passes(SECONDS_BEFORE_FIRST)

        assert await till.spent() == 500


async def test_an_unforeseen_error_ends_nothing(store: SqliteStore, clock: FakeClock) -> None:
    prices = Prices({"a": RuntimeError("nobody foresaw this"), "b": 7})
    async with open_till(store, clock, prices) as till:
        await till.owes("a")
        till.costs.wake()
        await until(lambda: clock.sleepers)
        await till.passes(SECONDS_BEFORE_FIRST)
        prices.prices["a"] = 500
        await till.owes("b")
        till.costs.wake()
        for _ in range(6):
            await till.passes(SECONDS_BETWEEN_TRIES[0])

        assert await till.spent() == 507
        assert till.costs.task is not None and till.costs.task.running


async def test_a_wake_up_while_prices_are_asked_for_is_not_lost(
    store: SqliteStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second speech is paid for in the moment after the loop has listed what it will ask for."""
    look, looks = store.unpriced, 0

    async def unpriced(since: datetime, capability: str) -> tuple[Spend, ...]:
        nonlocal looks
        looks += 1
        listed = await look(since, capability)
        if looks == 2:
            await till.owes("b")
            till.costs.wake()
        return listed

    monkeypatch.setattr(store, "unpriced", unpriced)
    async with open_till(store, clock, Prices({"a": 1, "b": 2})) as till:
        await till.owes("a")
        await until(lambda: clock.sleepers)
        for _ in range(4):
            await till.passes(SECONDS_BEFORE_FIRST)

        assert await till.spent() == 3
