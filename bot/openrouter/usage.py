"""What an answer used and cost."""

from __future__ import annotations

from typing import Any

from bot.core.chat import Usage
from bot.openrouter.cost import cost_microusd


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
