"""Time zones: one door to the zone database, which may be missing, broken or asked for nonsense."""

from __future__ import annotations

from zoneinfo import ZoneInfo


class UnknownZone(ValueError):
    """Not a time zone. The message says so with the name, and what one looks like."""


def open_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as Europe/Berlin. Raises `UnknownZone`.

    `ZoneInfo` raises KeyError for an unknown name, ValueError for a path or a NUL in it, and OSError for the name of
    a folder ("America") or one that is too long."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(f"{name!r:.80} is not a time zone; write an IANA name such as Europe/Berlin") from error
