"""What may be spent in a day: asked before every paid call, so that nobody passes the last cent twice.

A call that runs counts with an estimate until its true cost is in the ledger. A single call may go over
the limit by what it costs more than was left; the next one is refused without asking anybody.
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


class OverBudget(OutOfCredit):
    """The operator's own limit: nobody was asked and nothing was paid."""


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Micro-dollars a day, for everybody together and for each person. None means no limit."""

    everybody: int | None = None
    person: int | None = None


@dataclass(eq=False, slots=True)
class Held:
    """Money set aside for a call that runs."""

    person: str
    microusd: int


class Budget:
    """The limits and what is set aside. `zone` is where the day begins."""

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
            await self._check(self.limits.everybody, "", EVERYBODY)
            await self._check(self.limits.person, person, YOURS)
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

    async def spent(self, person: str = "", capability: str = "") -> int:
        """Micro-dollars of this day, of one person or of all."""
        return await self._ledger.spent(self.today, person=person, capability=capability)

    async def notes(self, person: str) -> tuple[tuple[str, Text], ...]:
        """Notices about limits that are nearly reached, each with a key that is new once a day.

        Once a limit is reached, a refusal says so."""
        notes = []
        for limit, whose, who in (
            (self.limits.everybody, "", "this bot's budget"),
            (self.limits.person, person, "your budget"),
        ):
            if limit and limit * NOTE_AT <= (spent := await self.spent(whose)) < limit:
                share = f"{spent / limit:.0%} of {who} for today is used ({dollars(spent)} of "
                notes.append((f"budget:{self.today:%Y-%m-%d}:{whose}", Text(f"{share}{dollars(limit)}).")))
        return tuple(notes)

    async def _check(self, limit: int | None, person: str, tell: str) -> None:
        if limit is None:
            return
        held = self.set_aside(person)
        spent = await self.spent(person)
        if spent + held >= limit:
            log.info("budget.refused", extra={"of": "person" if person else "everybody", "held": held})
            raise OverBudget(
                f"{(spent + held) / MICRO:.4f} of {limit / MICRO:.4f} dollars are spent or set aside", tell=tell
            )


def dollars(microusd: int) -> str:
    """An amount in dollars: to the cent, and one below a cent whole."""
    return f"${microusd / MICRO:.2f}" if microusd == 0 or microusd >= MICRO / 100 else f"${microusd / MICRO:.6f}"
