"""How often the daemon died lately, so that a crash loop does not spend what platforms count.

A mark lies in the state directory while the daemon runs; one that is found at the start means a death.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

MARK, DEATHS = "running", "deaths.json"
WINDOW = timedelta(minutes=5)
KEPT = 20
HOLD_SECONDS = (5.0, 15.0, 60.0)  # the more deaths, the longer


def mark_start(state_dir: Path, now: datetime) -> int:
    """Leaves the mark; how many of the starts of the last five minutes followed a death, this one included.

    The state directory must be held. Files that cannot be read or written count as no deaths."""
    try:
        deaths = [moment for moment in _read(state_dir) if abs(now - moment) < WINDOW]
        if (state_dir / MARK).exists():
            deaths.append(now)
        (state_dir / DEATHS).write_text(json.dumps([moment.isoformat() for moment in deaths[-KEPT:]]))
        (state_dir / MARK).write_text(now.isoformat())
    except OSError as error:
        log.warning("starts.unknown", extra={"why": str(error)})
        return 0
    return len(deaths)


def is_crash_loop(deaths: int, allowed: int) -> bool:
    """Whether the daemon died too often; never with `allowed` 0."""
    return bool(allowed) and deaths >= allowed


def hold_seconds(deaths: int, allowed: int) -> float:
    """How long a platform that counts connections is left alone after so many deaths.

    Short at first, for what killed the daemon may be over, and never long enough to be missed: what a platform counts
    in a day is held by its own limit."""
    if not is_crash_loop(deaths, allowed):
        return 0.0
    return HOLD_SECONDS[min(deaths - allowed, len(HOLD_SECONDS) - 1)]


def mark_end(state_dir: Path) -> None:
    """The daemon ends in order."""
    try:
        (state_dir / MARK).unlink(missing_ok=True)
    except OSError as error:
        log.warning("starts.unknown", extra={"why": str(error)})


def _read(state_dir: Path) -> list[datetime]:
    try:
        moments = json.loads((state_dir / DEATHS).read_text())
        return [datetime.fromisoformat(moment) for moment in moments]
    except (FileNotFoundError, ValueError, TypeError):
        return []
