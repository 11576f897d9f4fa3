"""Discord's ids: milliseconds since 2015 in the upper 42 bits. Source: Discord docs, Reference, Snowflakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def first_id_at(moment: datetime) -> int:
    """The smallest id that something made at `moment` can have."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) << 22


def made_at(snowflake: str) -> datetime:
    """When the thing with this id was made, in UTC. Raises `ValueError` for what is not an id."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)
