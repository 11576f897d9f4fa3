"""Speech costs (billing): the price of each speech, asked for once the speech is delivered.

The answer that brings the sound names no price. The ledger keeps the unpriced calls, so that a restart forgets none.
No turn waits for a price, and a call whose price cannot be had after a few tries stays unpriced.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from bot.agent.durable_writes import write_durably
from bot.core.background import BackgroundTask, run_forever, wait_for_news
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
        self._rest_seconds: float | None = None
        self.task: BackgroundTask | None = None

    async def __aenter__(self) -> SpeechCosts:
        if self._synthesizer is not None:
            self._news.set()  # an earlier process may have left calls unpriced
            self.task = run_forever("speech costs", self._round, self._clock)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.task is not None:
            await self.task.stop()

    def wake(self) -> None:
        """Something was paid for that has no price yet."""
        self._news.set()

    async def _round(self) -> None:
        """Waits for news or for the next try, then asks once for the price of each unpriced speech."""
        await wait_for_news(self._news, self._clock, self._rest_seconds)
        self._rest_seconds = SECONDS_BETWEEN_TRIES[0]  # unless this round comes to its end
        if await self._unpriced():
            await self._clock.sleep(SECONDS_BEFORE_FIRST)
            for speech in await self._unpriced():
                await self._price(speech)
        tries = [self._tries[speech.generation_id] for speech in await self._unpriced()]
        self._rest_seconds = SECONDS_BETWEEN_TRIES[max(min(tries) - 1, 0)] if tries else None

    async def _unpriced(self) -> tuple[Spend, ...]:
        """The calls whose price may still be asked for."""
        unpriced = await write_durably(
            lambda: self._ledger.unpriced(self._clock.now() - LOOKS_BACK, Capability.SPEECH), self._clock
        )
        self._tries = Counter({speech.generation_id: self._tries[speech.generation_id] for speech in unpriced})
        return tuple(speech for speech in unpriced if self._tries[speech.generation_id] <= len(SECONDS_BETWEEN_TRIES))

    async def _price(self, speech: Spend) -> None:
        assert self._synthesizer is not None
        self._tries[speech.generation_id] += 1
        try:
            cost = await self._synthesizer.cost(speech.generation_id)
            if cost is not None:
                await self._ledger.record(replace(speech, cost_microusd=cost, billed=True))
        except (ProviderError, StoreUnavailable) as error:
            log.info("bill.unknown", extra={"tries": self._tries[speech.generation_id], "why": str(error)})
