"""Cooldown of API keys: how a key fared and how long it rests, as pure functions over the numbers kept beside it.

A rate limit, a timeout or a refusal rests a key for 1, 5, 25 and then 60 minutes; an account without credit, or a key
at its own limit, for 5 hours, doubled every time up to 24. Whatever works ends all of it, and so does a day without
trouble. Source: OpenClaw documentation, model failover.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
COOLDOWN_MS = (MINUTE_MS, 5 * MINUTE_MS, 25 * MINUTE_MS, 60 * MINUTE_MS)
FIRST_DISABLE_MS, LONGEST_DISABLE_MS = 5 * HOUR_MS, 24 * HOUR_MS
FORGIVEN_AFTER_MS = 24 * HOUR_MS
USED_AGAIN_AFTER_MS = MINUTE_MS


class Trouble(StrEnum):
    """Errors that are the key's own."""

    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    AUTH = "auth"
    BILLING = "billing"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Times are milliseconds since 1970; 0 means never. `errors` and `bills` count since the last success."""

    last_used_ms: int = 0
    cooldown_until_ms: int = 0
    disabled_until_ms: int = 0
    disabled_reason: str = ""
    errors: int = 0
    bills: int = 0
    last_failure_ms: int = 0

    @property
    def resting_until_ms(self) -> int:
        """When the key may be tried before others again."""
        return max(self.cooldown_until_ms, self.disabled_until_ms)


def after_success(use: KeyUse, now_ms: int) -> KeyUse:
    """The use once the key was accepted: all trouble is forgotten. The same value when nothing worth keeping changed:
    the time of the last use is noted once a minute."""
    if use == KeyUse(last_used_ms=use.last_used_ms) and now_ms - use.last_used_ms < USED_AGAIN_AFTER_MS:
        return use
    return KeyUse(last_used_ms=now_ms)


def after_failure(use: KeyUse, trouble: Trouble, now_ms: int) -> KeyUse:
    """The use once the key was to blame. Requests that were under way when its rest began count once with it."""
    billing = trouble is Trouble.BILLING
    if (use.disabled_until_ms if billing else use.resting_until_ms) > now_ms:
        return use
    if now_ms - use.last_failure_ms > FORGIVEN_AFTER_MS:
        use = KeyUse(last_used_ms=use.last_used_ms)
    failed = replace(use, errors=use.errors + 1, last_failure_ms=now_ms)
    if not billing:
        rest = COOLDOWN_MS[min(failed.errors, len(COOLDOWN_MS)) - 1]
        return replace(failed, cooldown_until_ms=now_ms + rest)
    rest = min(FIRST_DISABLE_MS * 2 ** min(failed.bills, 8), LONGEST_DISABLE_MS)
    return replace(
        failed, bills=failed.bills + 1, disabled_until_ms=now_ms + rest, disabled_reason=Trouble.BILLING.value
    )
