"""Engine: one lane (worker) per conversation, many conversations at once.

The database holds the order; a lane only makes sure that one runner at a time works on a conversation
and that it is woken. Waking too often is harmless, and what a dead process left is found at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.background import itself_cancelled
from bot.core.errors import StoreUnavailable
from bot.core.messages import Conversation, Turn
from bot.core.ports.clock import Clock
from bot.core.ports.store import Inbox

log = logging.getLogger(__name__)

RunTurn = Callable[[Turn, Callable[[], bool]], Awaitable[None]]
DeliverAll = Callable[[Conversation], Awaitable[None]]

TURNS_AT_ONCE = 64  # the model is the slow part; the daemon must not be
SECONDS_BETWEEN_STORE_TRIES = 1.0


@dataclass(slots=True)
class Lane:
    """What runs for one conversation right now."""

    task: asyncio.Task[None]
    again: bool = False
    claim: asyncio.Task[Turn | None] | None = None
    turn: asyncio.Task[None] | None = None
    stopped: bool = False  # by a person; a shutdown that comes later takes it back
    settles_at: float = 0.0  # until then more of what waits may come, as the rest of an album does


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How many turns run at once, and how long a drain waits for them."""

    turns_at_once: int = TURNS_AT_ONCE
    drain_seconds: float = 30.0


DEFAULT_LIMITS = EngineLimits()


class Engine:
    """Runs turns in order within a conversation and in parallel across them. An async context manager:
    leaving it drains within `limits.drain_seconds`, then cancels; what was cut off is released for the next start.

    `serves` says whether a channel is connected: work of one that is not waits until it is woken again."""

    def __init__(
        self,
        inbox: Inbox,
        clock: Clock,
        *,
        run_turn: RunTurn,
        deliver_all: DeliverAll,
        serves: Callable[[str], bool] = lambda channel: True,
        limits: EngineLimits = DEFAULT_LIMITS,
    ) -> None:
        self._inbox, self._clock = inbox, clock
        self._run_turn, self._deliver_all, self._serves = run_turn, deliver_all, serves
        self._room = asyncio.Semaphore(limits.turns_at_once)
        self._drain_seconds = limits.drain_seconds
        self._lanes: dict[Conversation, Lane] = {}
        self._draining = False

    async def __aenter__(self) -> Engine:
        for conversation in await self._inbox.unfinished():
            self.wake(conversation)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain()

    async def drain(self) -> None:
        """Begins nothing more and returns once nothing is in hand. Draining twice is harmless."""
        self._draining = True
        tasks = [lane.task for lane in self._lanes.values()]
        if not tasks:
            return
        late = (await asyncio.wait(tasks, timeout=self._drain_seconds))[1]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("engine.drained", extra={"finished": len(tasks) - len(late), "released": len(late)})

    @property
    def running(self) -> int:
        """How many conversations have work in hand."""
        return len(self._lanes)

    async def settled(self) -> None:
        """Returns once no conversation has work in hand."""
        while self._lanes:
            await asyncio.wait([lane.task for lane in self._lanes.values()])

    def wake(self, conversation: Conversation, *, after: float = 0.0) -> None:
        """Makes sure that a lane looks at this conversation. No turn begins there for `after` seconds."""
        if self._draining:
            return
        lane = self._lanes.get(conversation)
        if lane is None:
            task = asyncio.create_task(self._run(conversation), name=f"lane {conversation}")
            lane = self._lanes[conversation] = Lane(task)
        else:
            lane.again = True
        if after:
            lane.settles_at = self._clock.monotonic() + after

    async def stop(self, conversation: Conversation) -> bool:
        """Ends the running turn of a conversation as stopped, also one that is just being taken; False when none
        runs."""
        lane = self._lanes.get(conversation)
        if lane is not None and lane.claim is not None:
            await asyncio.wait({lane.claim})
        if lane is None or lane.turn is None or lane.turn.done():
            return False
        if not lane.stopped:  # cancelled twice, it could not even say that it was stopped
            lane.stopped = True
            # after its first step: cancelled before that, it would never begin and could not say that it was stopped
            asyncio.get_running_loop().call_soon(lane.turn.cancel)
        return True

    def busy_with(self, conversation: Conversation) -> bool:
        """Whether a turn of this conversation runs or waits, or something is being delivered there."""
        return conversation in self._lanes

    async def _run(self, conversation: Conversation) -> None:
        await asyncio.sleep(0)  # so that the lane is registered before it looks at itself
        lane = self._lanes[conversation]
        try:
            while True:
                lane.again = False
                try:
                    await self._work(conversation, lane)
                except StoreUnavailable as error:
                    log.warning("lane.store_unavailable", extra={"conversation": str(conversation), "why": str(error)})
                    if self._draining:  # a turn that could not be put back waits again at the next start
                        return
                    await self._clock.sleep(SECONDS_BETWEEN_STORE_TRIES)
                    lane.again = True
                except Exception:  # the door of a lane: one mistake must not make a conversation fall silent
                    log.exception("lane.broken", extra={"conversation": str(conversation)})
                    await self._clock.sleep(SECONDS_BETWEEN_STORE_TRIES)
                    lane.again = True
                if not lane.again or self._draining:
                    return
        finally:
            del self._lanes[conversation]

    async def _work(self, conversation: Conversation, lane: Lane) -> None:
        """Delivers what is due and runs what waits, until neither is left."""
        while True:
            await self._deliver_all(conversation)
            while not self._draining and (wait := lane.settles_at - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait)
            if self._draining:
                return
            async with self._room:
                if not self._serves(conversation.channel):
                    return
                turn = await self._claim(conversation, lane)
                if turn is None:
                    return
                await self._run_one(turn, lane)

    async def _claim(self, conversation: Conversation, lane: Lane) -> Turn | None:
        lane.claim = asyncio.create_task(self._inbox.claim(conversation), name=f"claim {conversation}")
        try:
            return await lane.claim
        finally:
            lane.claim = None

    async def _run_one(self, turn: Turn, lane: Lane) -> None:
        lane.stopped = False
        lane.turn = asyncio.create_task(self._run_turn_here(turn, lane), name=f"turn {turn.id}")
        try:
            await asyncio.shield(lane.turn)
        except asyncio.CancelledError:
            # Two ways to get here: the turn was cancelled, or the lane itself (drain ran out of time).
            if not lane.turn.done():
                lane.stopped = False
                lane.turn.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await lane.turn
            if itself_cancelled():
                raise
        except Exception:  # what the turn's own door could not catch: the lane logs it, and the turn runs again
            await self._inbox.release(turn)
            raise
        finally:
            lane.turn = None

    async def _run_turn_here(self, turn: Turn, lane: Lane) -> None:
        await self._run_turn(turn, lambda: lane.stopped)
