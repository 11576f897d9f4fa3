"""Budgets: what may be spent in a day and in a month, by all people together and by each of them.

Every paid call asks the budget before it begins. A call that runs counts with an estimate until its true cost is in
the ledger, so that two calls cannot both take the last cent. A single call may go over the limit by what it costs more
than was left; the next one is refused without a request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.core.errors import OutOfCredit
from bot.core.messages import Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Ledger
from bot.core.spending import Capability
from bot.core.zones import open_zone

log = logging.getLogger(__name__)

MICRO = 1_000_000
NOTE_AT = 0.8
# Micro-dollars: about what one call costs, on the high side. They only hold while the call runs.
ESTIMATES = {
    Capability.CHAT: 20_000,
    Capability.IMAGE: 150_000,
    Capability.VIDEO: 3_000_000,
    Capability.MUSIC: 200_000,
    Capability.SPEECH: 5_000,
    Capability.TRANSCRIPT: 5_000,
}
EVERYBODY = "Today's budget of this bot is used up. Its owner can raise it; it starts anew tomorrow."
YOURS = "Your budget for today is used up. It starts anew tomorrow."
EVERYBODY_MONTH = "This month's budget of this bot is used up. Its owner can raise it; it starts anew next month."
YOURS_MONTH = "Your budget for this month is used up. It starts anew next month."


class OverBudget(OutOfCredit):
    """The operator's own limit: the provider was not asked and nothing was paid."""


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Micro-dollars a day and a month, for everybody together and for each person. None means no limit."""

    everybody: int | None = None
    person: int | None = None
    everybody_month: int | None = None
    person_month: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as it stands for a call: `person` is "" for everybody together, `since` is when its day or month
    began, `tell` is the sentence where it is reached, and `whose` and `period` name it in a note."""

    microusd: int
    person: str
    since: datetime
    tell: str
    whose: str
    period: str


@dataclass(eq=False, slots=True)
class Held:
    """Money set aside for a call that runs."""

    person: str
    microusd: int


class Budget:
    """The limits and what is set aside. `zone` is where days and months begin."""

    def __init__(self, ledger: Ledger, clock: Clock, *, limits: BudgetLimits, zone: str = "UTC") -> None:
        self._ledger, self._clock = ledger, clock
        self.limits, self._zone = limits, open_zone(zone)
        self._held: list[Held] = []
        self._asking = asyncio.Lock()

    @property
    def zone(self) -> str:
        """The name of the zone in which the day begins."""
        return self._zone.key

    @property
    def today(self) -> datetime:
        """When this day began."""
        local = self._clock.now().astimezone(self._zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def this_month(self) -> datetime:
        """When this month began."""
        return self.today.replace(day=1)

    def limits_of(self, person: str) -> tuple[Limit, ...]:
        """The limits that a call of this person has to keep."""
        limits, today, month = self.limits, self.today, self.this_month
        every = (
            (limits.everybody, "", today, EVERYBODY, "this bot's budget", "today"),
            (limits.person, person, today, YOURS, "your budget", "today"),
            (limits.everybody_month, "", month, EVERYBODY_MONTH, "this bot's budget", "this month"),
            (limits.person_month, person, month, YOURS_MONTH, "your budget", "this month"),
        )
        return tuple(
            Limit(microusd, whom, since, tell, whose, period)
            for microusd, whom, since, tell, whose, period in every
            if microusd is not None
        )

    @asynccontextmanager
    async def spending(self, person: str, capability: Capability) -> AsyncIterator[None]:
        """Around a paid call and the record of what it cost. Raises `OverBudget` before it begins."""
        held = await self.take(person, capability)
        try:
            yield
        finally:
            self.give_back(held)

    async def take(self, person: str, capability: Capability) -> Held:
        """Sets money aside for work that outlives this call. Raises `OverBudget`."""
        async with self._asking:
            for limit in self.limits_of(person):
                await self._check(limit)
            return self.hold(person, capability)

    def hold(self, person: str, capability: Capability) -> Held:
        """Sets money aside unasked, for work that an earlier process began."""
        held = Held(person, ESTIMATES[capability])
        self._held.append(held)
        return held

    def give_back(self, held: Held | None) -> None:
        """Once the true cost is in the ledger."""
        if held in self._held:
            self._held.remove(held)

    def set_aside(self, person: str = "") -> int:
        """Micro-dollars that running calls hold, of one person or of all."""
        return sum(held.microusd for held in self._held if person in ("", held.person))

    async def spent(self, person: str = "", capability: str = "", *, since: datetime | None = None) -> int:
        """Micro-dollars since then (None: of this day), of one person or of all."""
        return await self._ledger.spent(since or self.today, person=person, capability=capability)

    async def notes(self, person: str) -> tuple[tuple[str, Text], ...]:
        """A note for each limit that is nearly reached, with a key that is new in each of its days or months.

        Once a limit is reached, a refusal says so."""
        notes = []
        for limit in self.limits_of(person):
            spent = await self.spent(limit.person, since=limit.since)
            if limit.microusd * NOTE_AT <= spent < limit.microusd:
                share = f"{spent / limit.microusd:.0%} of {limit.whose} for {limit.period} is used"
                text = Text(f"{share} ({dollars(spent)} of {dollars(limit.microusd)}).")
                month = "month:" if limit.period == "this month" else ""
                notes.append((f"budget:{month}{limit.since:%Y-%m-%d}:{limit.person}", text))
        return tuple(notes)

    async def _check(self, limit: Limit) -> None:
        held = self.set_aside(limit.person)
        spent = await self.spent(limit.person, since=limit.since)
        if spent + held >= limit.microusd:
            of = "person" if limit.person else "everybody"
            log.info("budget.refused", extra={"of": of, "period": limit.period, "held": held})
            raise OverBudget(
                f"{(spent + held) / MICRO:.4f} of {limit.microusd / MICRO:.4f} dollars are spent or set aside "
                f"{limit.period}",
                tell=limit.tell,
            )


def dollars(microusd: int) -> str:
    """An amount in dollars: to the cent, and one below a cent whole."""
    return f"${microusd / MICRO:.2f}" if microusd == 0 or microusd >= MICRO / 100 else f"${microusd / MICRO:.6f}"
