"""The Retry-After header as seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?")


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` (aware) until the time a Retry-After header names; None when it makes no sense.

    Takes seconds, whole or with a fraction, and an HTTP date. A date that has passed gives 0.0. The result is
    not capped: how long to wait at most is the caller's choice. Source: RFC 9110, section 10.2.3.
    """
    text = (value or "").strip()
    if _NUMBER.fullmatch(text) and text.isascii():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (aware - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, seconds)
