"""Response cache: opt-in by params, asked for by request headers."""

from __future__ import annotations

import math
from typing import Any

from bot.openrouter.params import CACHE_CLEAR, CACHE_ENABLE, CACHE_TTL, first, truth
from bot.openrouter.shaping.shape import Shape

TTL_SECONDS_AT_MOST = 86_400


def response_cache_headers(shape: Shape) -> dict[str, str]:
    """The cache headers of a request; none unless the params ask for it, and none for a custom proxy.

    Clearing implies enabling; an explicit no sends only that. Source: OpenRouter docs, response caching.
    """
    if not shape.verified:
        return {}
    clear = truth(first(shape.params, CACHE_CLEAR))
    enabled = truth(first(shape.params, CACHE_ENABLE))
    if enabled is None and clear:
        enabled = True
    if enabled is None:
        return {}
    if not enabled:
        return {"X-OpenRouter-Cache": "false"}
    headers = {"X-OpenRouter-Cache": "true"}
    seconds = _seconds(first(shape.params, CACHE_TTL))
    if seconds is not None:
        headers["X-OpenRouter-Cache-TTL"] = str(seconds)
    if clear:
        headers["X-OpenRouter-Cache-Clear"] = "true"
    return headers


def _seconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value.strip()) if isinstance(value, str) and "_" not in value else value
        if isinstance(seconds, str) or not math.isfinite(seconds):
            return None
    except (ValueError, OverflowError):
        return None
    return min(max(int(seconds), 1), TTL_SECONDS_AT_MOST)
