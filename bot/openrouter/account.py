"""Account balance, credit limits and key usage: GET /key and GET /credits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BadAnswer, ProviderError
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.failure import failure_in
from bot.openrouter.ratios import finite

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class KeyAllowance:
    """One key's own numbers, in US dollars. `limit` None means: without a limit."""

    limit: float | None = None
    remaining: float | None = None
    reset: str = ""
    used_today: float | None = None
    used_this_week: float | None = None
    used_this_month: float | None = None

    @property
    def percent_used(self) -> float | None:
        """How much of the limit is gone, 0 to 100; a limit of 0 is used up. None without a limit."""
        if self.limit is None:
            return None
        if self.limit <= 0:
            return 100.0
        left = self.remaining if self.remaining is not None else self.limit
        return max(0.0, min(100.0, (self.limit - left) / self.limit * 100))


@dataclass(frozen=True, slots=True)
class Account:
    """The key and the account's balance in US dollars; what could not be had is None."""

    key: KeyAllowance | None
    balance: float | None


def left(account: Account) -> str:
    """What there is left to pay with, and what the key has used lately, in one line."""
    parts = []
    if account.key is not None and account.key.remaining is not None:
        share = account.key.percent_used
        used = "" if share is None else f" ({share:.0f} % used)"
        again = f", renewed {account.key.reset}" if account.key.reset else ""
        parts.append(f"${account.key.remaining:.2f} of the key's limit{used}{again}")
    if account.balance is not None:
        parts.append(f"${account.balance:.2f} on the account")
    line = f"Credit left: {', '.join(parts)}." if parts else "Credit left: the key has no limit."
    return f"{line} {lately}" if account.key is not None and (lately := _lately(account.key)) else line


def _lately(key: KeyAllowance) -> str:
    """What the key has used, "" where the provider does not say."""
    spans = (("today", key.used_today), ("this week", key.used_this_week), ("this month", key.used_this_month))
    parts = [f"${used:.2f} {span}" for span, used in spans if used is not None]
    return f"Used with this key: {', '.join(parts)}." if parts else ""


async def account(client: OpenRouterClient, *, timeout_seconds: float = _SECONDS) -> Account:
    """Both at once. One of them may fail (an ordinary key may not read the credits); raises `ProviderError` when
    both do. Source: OpenRouter API reference, credits and current key."""
    asked = await asyncio.gather(
        key_use(client, timeout_seconds=timeout_seconds),
        balance(client, timeout_seconds=timeout_seconds),
        return_exceptions=True,
    )
    for problem in asked:
        if isinstance(problem, BaseException) and not isinstance(problem, ProviderError):
            raise problem
    key, left = asked
    if isinstance(key, BaseException):
        if isinstance(left, BaseException):
            raise key
        return Account(None, left)
    return Account(key, None if isinstance(left, BaseException) else left)


async def key_use(client: OpenRouterClient, *, timeout_seconds: float = _SECONDS) -> KeyAllowance:
    """What this key has used and may use. Raises `ProviderError`."""
    data = await _data(client, "/key", "OpenRouter key lookup failed", timeout_seconds)
    return KeyAllowance(
        limit=_number(data, "limit"),
        remaining=_number(data, "limit_remaining"),
        reset=_text(data, "limit_reset"),
        used_today=_number(data, "usage_daily"),
        used_this_week=_number(data, "usage_weekly"),
        used_this_month=_number(data, "usage_monthly"),
    )


async def balance(client: OpenRouterClient, *, timeout_seconds: float = _SECONDS) -> float:
    """Credits bought minus credits used, in US dollars. Raises `ProviderError`."""
    label = "OpenRouter credits lookup failed"
    data = await _data(client, "/credits", label, timeout_seconds)
    bought, used = _number(data, "total_credits"), _number(data, "total_usage")
    if bought is None or used is None:
        raise BadAnswer(f"{label}: the answer has no numbers")
    return bought - used


async def _data(client: OpenRouterClient, path: str, label: str, timeout_seconds: float) -> Mapping[str, Any]:
    answer = await client.get_json(path, label=label, timeout_seconds=timeout_seconds)
    data = answer.body.get("data")
    if not isinstance(data, dict):
        raise failure_in(answer.body, label=label) or BadAnswer(f"{label}: the answer has no data")
    return data


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else finite(value)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
