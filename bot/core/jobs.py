"""Work that outlives its turn: background jobs and reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.media import SongRequest, VideoRequest
from bot.core.messages import Target


class JobState(StrEnum):
    """The life of a job. UNKNOWN: the process died between asking and hearing the answer."""

    INTENT = "intent"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Job:
    """Slow paid work that outlives its turn. `target` is where its result goes, as a reply."""

    id: str
    target: Target
    person: str
    request: VideoRequest | SongRequest
    state: JobState
    created_at: datetime
    remote_id: str = ""
    polling_url: str = ""
    model: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something to say later. `due` is the next time in UTC; `cron` is "" for once; `zone` is an IANA name."""

    id: str
    target: Target
    person: str
    text: str
    due: datetime
    cron: str = ""
    zone: str = "UTC"
