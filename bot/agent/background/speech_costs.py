"""What speech cost, asked for once it is delivered: the answer that brings the sound names no price.

What is owed stands in the ledger, so that a restart forgets nothing. Nobody waits for it, and what cannot be had
after a few tries is left unpriced.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from bot.core.errors import ProviderError, StoreUnavailable
from bot.core.ports.clock import Clock
from bot.core.ports.models import Synthesizer
from bot.core.ports.store import Ledger
from bot.core.spending import Capability, Spend

log = logging.getLogger(__name__)

SECONDS_BEFORE_FIRST = 3.0
SECONDS_BETWEEN_TRIES = (10.0, 60.0, 600.0)
LOOKS_BACK = timedelta(days=1)


class SpeechCosts:
    """Prices what the ledger has no price for. Without a synthesizer it does nothing."""

    def __init__(self, *, ledger: Ledger, synthesizer: Synthesizer | None, clock: Clock) -> None:
        self._ledger, self._synthesizer, self._clock = ledger, synthesizer, clock
        self._tries: Counter[str] = Counter()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> SpeechCosts:
        if self._synthesizer is not None:
            self._task = asyncio.create_task(self._watch(self._synthesizer), name="bills")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def wake(self) -> None:
        """Something was paid for that has no price yet."""
        self._news.set()

    async def _watch(self, synthesizer: Synthesizer) -> None:
        while True:
            if owed := await self._owed():
                await self._clock.sleep(SECONDS_BEFORE_FIRST)
                for one in await self._owed():
                    await self._price(synthesizer, one)
                owed = await self._owed()
            self._news.clear()
            await self._rest(min((self._tries[one.generation_id] for one in owed), default=0))

    async def _rest(self, tries: int) -> None:
        """Until there is news, or until the next try where some have failed."""
        if not tries:
            await self._news.wait()
            return
        news = asyncio.ensure_future(self._news.wait())
        rest = asyncio.ensure_future(self._clock.sleep(SECONDS_BETWEEN_TRIES[tries - 1]))
        try:
            await asyncio.wait({news, rest}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            rest.cancel()

    async def _owed(self) -> tuple[Spend, ...]:
        """What may still be asked for."""
        try:
            found = await self._ledger.unpriced(self._clock.now() - LOOKS_BACK, Capability.SPEECH)
        except StoreUnavailable:
            return ()
        self._tries = Counter({one.generation_id: self._tries[one.generation_id] for one in found})
        return tuple(one for one in found if self._tries[one.generation_id] <= len(SECONDS_BETWEEN_TRIES))

    async def _price(self, synthesizer: Synthesizer, owed: Spend) -> None:
        self._tries[owed.generation_id] += 1
        try:
            cost = await synthesizer.cost(owed.generation_id)
            if cost is not None:
                await self._ledger.record(replace(owed, cost_microusd=cost, billed=True))
        except (ProviderError, StoreUnavailable) as error:
            log.info("bill.unknown", extra={"tries": self._tries[owed.generation_id], "why": str(error)})
