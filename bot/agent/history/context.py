"""Context window: the newest turns word for word, and what came before them in a summary.

A conversation that nears what its model can hold, or what is sensible to pay for on every turn, is summed up by that
model: once, when the turn that noticed it has its answer, and stored. The history itself stays whole. While there is
no summary, what does not fit is left out of the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bot.agent.history.past import Past
from bot.agent.history.summary import ConversationSummarizer
from bot.agent.paid_steps import PaidSteps
from bot.core.chat import ChatMessage
from bot.core.messages import Conversation, Turn
from bot.core.ports.models import ChatModel
from bot.core.ports.store import History

CHARACTERS_AT_MOST = 120_000  # what is paid for on every turn, however much the model could hold
CHARACTERS_AT_LEAST = 4_000
CHARACTERS_A_TOKEN = 3
SHARE_OF_CONTEXT = 0.5  # the rest is for the instructions, the tools, what is said now, and the answer
ROWS_READ = 400
ROWS_NEAR = 200
NEAR, KEPT, KEPT_AFTER_OVERFLOW = 0.75, 0.25, 0.125  # shares of the characters a request may take

ContextSize = Callable[[str], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What came before a turn, and what to call when the turn has its answer: `tidy` begins a summary that is due."""

    messages: tuple[ChatMessage, ...]
    tidy: Callable[[], object]


class Memory:
    """Recalls conversations and sums them up. An async context manager: leaving it drops what is being summed up,
    which begins anew with a later turn, after its rest.

    `context_size` says how many tokens a model can take; None where no catalog says it."""

    def __init__(
        self, *, history: History, chat: ChatModel, paid: PaidSteps, context_size: ContextSize | None = None
    ) -> None:
        self._history, self._context_size = history, context_size
        self._summarizer = ConversationSummarizer(history=history, chat=chat, paid=paid)
        self._tasks: dict[Conversation, asyncio.Task[None]] = {}
        self._room_after_refusal: dict[tuple[Conversation, str], int] = {}

    async def __aenter__(self) -> Memory:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Returns once nothing is being summed up."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def recall(self, turn: Turn, model: str) -> Recalled:
        """What came before this turn, in a form that `model` can hold. Near the limit a summary is due, for later
        turns: no turn waits for it, and the answer is paid for first."""
        past, room = await self._past(turn), await self._room(turn, model)
        if past.characters > room * NEAR or len(past.rows) > ROWS_NEAR:
            return Recalled(past.within(room), partial(self._begin, turn, model, past, room, kept=KEPT))
        return Recalled(past.within(room), nothing)

    async def shorten(self, turn: Turn, model: str) -> tuple[ChatMessage, ...] | None:
        """The same after the model refused it as too long: summed up now, or else, as while it rests from an attempt,
        with more left out. None when there is nothing to leave out."""
        past, room = await self._past(turn), await self._room(turn, model)
        if not past.rows:
            return None
        less = max(CHARACTERS_AT_LEAST, int(min(room, past.characters) * KEPT))
        task = self._begin(turn, model, past, room, kept=KEPT_AFTER_OVERFLOW)
        if task is not None:
            await asyncio.wait({task})
            before, past = past, await self._past(turn)
            if past.summary != before.summary:
                self._room_after_refusal.pop((turn.conversation, model), None)
                return past.within(less)
        # Without a summary the next turns would bring the same refused request again.
        self._room_after_refusal[turn.conversation, model] = less
        return past.within(less)

    async def _past(self, turn: Turn) -> Past:
        return Past(*await self._history.past(turn.conversation, since=turn.session.since, limit=ROWS_READ))

    async def _room(self, turn: Turn, model: str) -> int:
        """How many characters of the past a request to `model` may carry; fewer once the model refused as many."""
        left = self._room_after_refusal.get((turn.conversation, model), CHARACTERS_AT_MOST)
        return min(left, await self._room_of(model))

    async def _room_of(self, model: str) -> int:
        """How many characters of the past `model` can hold."""
        if self._context_size is None:
            return CHARACTERS_AT_MOST
        characters = int(await self._context_size(model) * CHARACTERS_A_TOKEN * SHARE_OF_CONTEXT)
        return max(CHARACTERS_AT_LEAST, min(CHARACTERS_AT_MOST, characters))

    def _begin(self, turn: Turn, model: str, past: Past, room: int, *, kept: float) -> asyncio.Task[None] | None:
        """The task that sums up this conversation; None when it has nothing old."""
        here = turn.conversation
        if here in self._tasks:
            return self._tasks[here]
        older = past.older(int(room * kept))
        if not older:
            return None
        work = self._summarizer.sum_up(turn, model, Past(past.summary, older), room)
        task = self._tasks[here] = asyncio.create_task(work, name=f"summary {here}")
        task.add_done_callback(lambda _: self._tasks.pop(here))
        return task


def nothing() -> None:
    """A no-op: there is room enough."""
