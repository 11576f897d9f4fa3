"""Usage accounting: the tokens an answer used, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.core.chat import Usage
from bot.openrouter.http.client import OpenRouterClient


def usage_of(usage: dict[str, Any] | None, generation_id: str) -> Usage:
    """The wire's usage object; cache reads and writes are taken out of the input.

    Source: OpenRouter docs, usage accounting.
    """
    wire = usage or {}
    prompt, answer = _details(wire, "prompt_tokens_details"), _details(wire, "completion_tokens_details")
    read, written = _count(prompt, "cached_tokens"), _count(prompt, "cache_write_tokens")
    cost = cost_microusd(wire)
    return Usage(
        input_tokens=max(0, _count(wire, "prompt_tokens") - read - written),
        output_tokens=_count(wire, "completion_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=_count(answer, "reasoning_tokens"),
        cost_microusd=cost,
        billed=cost is not None,
        generation_id=generation_id,
    )


def _details(wire: dict[str, Any], name: str) -> dict[str, Any]:
    value = wire.get(name)
    return value if isinstance(value, dict) else {}


def _count(wire: dict[str, Any], name: str) -> int:
    value = wire.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def cost_microusd(usage: object) -> int | None:
    """Millionths of a US dollar from `usage.cost` (US dollars), or None when it is absent or no sensible number.

    With a key of one's own at the model's provider (BYOK) OpenRouter names its fee there, and what the provider takes
    beside it: both are money. Source: OpenRouter docs, usage accounting.
    """
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("cost_details")
    upstream = details.get("upstream_inference_cost") if isinstance(details, Mapping) else None
    return _sum_microusd(usage.get("cost"), upstream if usage.get("is_byok") is True else None)


def _sum_microusd(cost: object, upstream: object) -> int | None:
    fee, inference = _microusd(cost), _microusd(upstream)
    return inference if fee is None else fee + (inference or 0)


def _microusd(dollars: object) -> int | None:
    if isinstance(dollars, bool) or not isinstance(dollars, int | float):
        return None
    # NaN is in no range, and a whole number of any length compares without becoming a float.
    return round(dollars * 1_000_000) if 0 <= dollars < 1e9 else None


async def billed(client: OpenRouterClient, generation_id: str, *, timeout_seconds: float) -> int | None:
    """The cost in micro-dollars, None when the provider names none. Raises `ProviderError`, also while it is unknown.

    Source: OpenRouter docs, get a generation."""
    answer = await client.get_json(
        f"/generation?id={quote(generation_id, safe='')}", label="OpenRouter bill", timeout_seconds=timeout_seconds
    )
    data = answer.body.get("data")
    if not isinstance(data, dict):
        return None
    return _sum_microusd(data.get("total_cost"), data.get("upstream_inference_cost") if data.get("is_byok") else None)
