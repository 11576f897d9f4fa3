"""Money in words: what was spent today and this month, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.agent.commands.command import Command, CommandCall
from bot.agent.policy.budget import MICRO, Budget
from bot.core.messages import Reply, Text
from bot.core.spending import Capability

NAMES = {
    Capability.CHAT: "answers",
    Capability.IMAGE: "pictures",
    Capability.VIDEO: "clips",
    Capability.MUSIC: "songs",
    Capability.SPEECH: "spoken answers",
    Capability.TRANSCRIPT: "listening",
}


@dataclass(frozen=True, slots=True)
class Money:
    """`credit` says in a sentence what the account at the provider has left; None where it is unknown."""

    budget: Budget
    credit: Callable[[], Awaitable[str]] | None = None

    async def of(self, call: CommandCall) -> tuple[str, ...]:
        """What this person spent today; for an owner also what everybody did, and what the account has left. The month
        where it has a limit."""
        limits, person = self.budget.limits, call.turn.person
        lines = [f"You have spent today: {await self._used(person, limits.person)}"]
        if limits.person_month is not None:
            lines.append(f"You have spent this month: {await self._used_this_month(person, limits.person_month)}")
        if call.owner:
            lines.append(f"Everybody together: {await self._used('', limits.everybody)}")
            if limits.everybody_month is not None:
                lines.append(f"Everybody this month: {await self._used_this_month('', limits.everybody_month)}")
            if self.credit is not None:
                lines.append(await self.credit())
        return tuple(lines)

    async def by_capability(self, _: CommandCall) -> Reply:
        """Everybody's money: today by what it was spent on, and this month."""
        limits = self.budget.limits
        lines = [f"Spent today: {await self._used('', limits.everybody)}"]
        for capability, name in NAMES.items():
            if spent := await self.budget.spent(capability=capability.value):
                lines.append(f"{name}: {dollars(spent)}")
        lines.append(f"Spent this month: {await self._used_this_month('', limits.everybody_month)}")
        if limits.person is not None:
            lines.append(f"Each person may spend {dollars(limits.person)} a day.")
        if limits.person_month is not None:
            lines.append(f"Each person may spend {dollars(limits.person_month)} a month.")
        return (Text("\n".join(lines)),)

    async def _used(self, person: str, limit: int | None) -> str:
        spent = dollars(await self.budget.spent(person))
        return spent if limit is None else f"{spent} of {dollars(limit)}"

    async def _used_this_month(self, person: str, limit: int | None) -> str:
        spent = dollars(await self.budget.spent(person, since=self.budget.this_month))
        return spent if limit is None else f"{spent} of {dollars(limit)}"


def money_commands(money: Money) -> tuple[Command, ...]:
    """The command for owners that shows where the money went."""
    return (Command("budget", money.by_capability, owners_only=True),)


def dollars(microusd: int) -> str:
    """An amount as people read it, exact to a hundredth of a cent."""
    return f"${microusd / MICRO:.4f}"
