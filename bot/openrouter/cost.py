"""What a call cost, as the provider says it."""

from __future__ import annotations

from collections.abc import Mapping


def cost_microusd(usage: object) -> int | None:
    """Millionths of a US dollar from `usage.cost` (US dollars), or None when it is absent or no sensible number.

    Source: OpenRouter docs, usage accounting.
    """
    cost = usage.get("cost") if isinstance(usage, Mapping) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    # NaN is in no range, and a whole number of any length compares without becoming a float.
    return round(cost * 1_000_000) if 0 <= cost < 1e9 else None
