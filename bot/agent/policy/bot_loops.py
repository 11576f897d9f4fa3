"""Bot loops: two bots that answer each other for ever. Each bot has a rate limit; above it comes silence."""

from __future__ import annotations

from bot.agent.policy.rate_limit import RateLimit
from bot.core.ports.clock import Clock

EVENTS_AT_MOST = 20
SECONDS = 60.0


class BotLoopGuard:
    """Twenty messages of a bot within a minute, then a minute in which it is not heard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._window = RateLimit(clock, messages=EVENTS_AT_MOST, seconds=SECONDS)
        self._silent_until: dict[str, float] = {}

    def hears(self, bot: str, event: str) -> bool:
        """Whether this message of `bot` may pass; a message that is offered again counts once."""
        now = self._clock.monotonic()
        if now < self._silent_until.get(bot, now):
            return False
        self._silent_until.pop(bot, None)
        if self._window.take(bot, event) is None:
            return True
        self._silent_until = {name: until for name, until in self._silent_until.items() if until > now}
        self._silent_until[bot] = now + SECONDS
        self._window.clear(bot)
        return False
