"""Paid steps: the durable checkpoints of a turn, so that no attempt pays again for what an earlier one finished."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeVar

from bot.agent.attempt import Attempt
from bot.agent.durable_writes import write_durably
from bot.agent.policy.budget import Budget
from bot.core.chat import Finished
from bot.core.messages import Blob, Turn
from bot.core.paid import Paid
from bot.core.ports.clock import Clock
from bot.core.ports.store import Steps
from bot.core.spending import Capability, Spend
from bot.core.steps import Answered, Step, StepResult

Result = TypeVar("Result")


class PaidSteps:
    """What was paid for already, what is about to be paid, and what was paid just now."""

    def __init__(self, steps: Steps, clock: Clock, budget: Budget) -> None:
        self._steps, self.clock, self.budget = steps, clock, budget

    async def of(self, turn: Turn) -> Mapping[str, Step]:
        """The steps that earlier attempts of the turn began, by name."""
        return {step.name: step for step in await self._steps.steps(turn)}

    def saved(self, attempt: Attempt, name: str, kind: type[Result]) -> Result | None:
        """The result that an earlier attempt paid for; None when the step has none of this kind."""
        step = attempt.done.get(name)
        return step.result if step is not None and isinstance(step.result, kind) else None

    def spending(self, turn: Turn, capability: Capability | None) -> AbstractAsyncContextManager[None]:
        """Around a paid call and the record of its cost; a no-op where `capability` is None.

        Raises `OverBudget` before the call begins."""
        return self.budget.spending(turn.person, capability) if capability else nullcontext()

    async def begin(self, turn: Turn, name: str) -> None:
        """Commits the intent (C3i), before a step that costs money or changes the world."""
        await self.durably(lambda: self._steps.begin_step(turn, name))

    async def finish(self, turn: Turn, name: str, paid: Paid[StepResult]) -> None:
        """Commits the result and its cost together (C3)."""
        await self.durably(lambda: self._steps.finish_step(turn, Step(name, paid.value), paid.spend))

    async def durably(self, write: Callable[[], Awaitable[Result]]) -> Result:
        """The result of `write`, tried again until the store takes it."""
        return await write_durably(write, self.clock)


def paid_answer(turn: Turn, finished: Finished, pictures: tuple[Blob, ...] = ()) -> Paid[Answered]:
    """A finished model call as a step, with what it cost the turn's person."""
    usage = finished.usage
    answered = Answered(finished.assistant, usage, finished.reason, finished.model, pictures)
    spend = Spend(turn.person, Capability.CHAT, finished.model, usage.cost_microusd, usage.billed, usage.generation_id)
    return Paid(answered, (spend,))
