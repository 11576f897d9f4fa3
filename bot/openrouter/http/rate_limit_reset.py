"""Rate limit reset: how long a refusal asks to wait, in whatever place and form it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.net.retry_after import parse_retry_after

_LONGEST_SECONDS = 7 * 24 * 3600.0
_MILLISECONDS_FROM = 1e11  # a time in seconds since 1970 has fewer digits for another thousand years
_IN_WORDS = re.compile(
    r"(?i)(?:try again|retry) (?:in|after) (\d{1,6}(?:\.\d{1,6})?) ?(ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b"
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_to_wait(
    headers: Mapping[str, str], metadata: Mapping[str, Any], detail: str, now: datetime
) -> float | None:
    """Seconds from `now`, uncapped, None when nothing says: the Retry-After header of the answer or of the model's own
    provider (in `metadata`), else when the rate limit is renewed, else the words. Source: OpenRouter docs, limits."""
    inner = metadata.get("headers")
    named = {str(name).lower(): str(value) for name, value in inner.items()} if isinstance(inner, Mapping) else {}
    waits = (
        parse_retry_after(headers.get("Retry-After"), now),
        parse_retry_after(named.get("retry-after"), now),
        _until(headers.get("X-RateLimit-Reset"), now),
        _until(named.get("x-ratelimit-reset"), now),
        _in_words(detail),
    )
    return next((seconds for seconds in waits if seconds is not None), None)


def _until(moment: str | None, now: datetime) -> float | None:
    """Seconds until a moment in milliseconds or seconds since 1970; None when it makes no sense."""
    text = (moment or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        return None
    since_1970 = int(text) / 1000 if int(text) >= _MILLISECONDS_FROM else float(text)
    seconds = since_1970 - now.timestamp()
    return max(0.0, seconds) if -60.0 < seconds < _LONGEST_SECONDS else None


def _in_words(detail: str) -> float | None:
    match = _IN_WORDS.search(detail)
    if match is None:
        return None
    unit = match[2].lower()
    return float(match[1]) * _UNITS["ms" if unit == "ms" else unit[0]]
