"""What an answer cost, asked after it."""

from __future__ import annotations

from urllib.parse import quote

from bot.openrouter.client import OpenRouterClient
from bot.openrouter.cost import cost_microusd


async def billed(client: OpenRouterClient, generation_id: str, *, timeout_seconds: float) -> int | None:
    """The cost in micro-dollars, None when it is not told. Raises `ProviderError`, also while it is not known yet.

    Source: OpenRouter docs, get a generation."""
    answer = await client.get_json(
        f"/generation?id={quote(generation_id, safe='')}", label="OpenRouter bill", timeout_seconds=timeout_seconds
    )
    data = answer.body.get("data")
    return cost_microusd({"cost": data.get("total_cost")}) if isinstance(data, dict) else None
