"""Background jobs that outlive their turn, as rows: functions on an open transaction of the writer thread."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.jobs import Job
from bot.core.messages import Conversation, Inbound
from bot.core.spending import Spend
from bot.store import inbox, money
from bot.store.codec import decode, encode
from bot.store.database import Database, milliseconds, name_of


def add_job(database: Database, job: Job) -> bool:
    """False when one of its kind already runs in the conversation, or the job is known."""
    added = database.run(
        "add_job",
        id=job.id,
        conversation=name_of(job.target.conversation),
        request=type(job.request).__name__,
        state=job.state.value,
        created_at=milliseconds(job.created_at),
        body=encode(job),
    )
    return added == 1


def save_job(database: Database, job: Job) -> None:
    """The job as it now stands; one that has ended does not run again."""
    database.run("save_job", id=job.id, state=job.state.value, body=encode(job))


def end_job(database: Database, job: Job, arrival: Inbound, spend: Sequence[Spend], now: int) -> bool:
    """The end, its cost and the row that tells about it. False when it had ended before."""
    if not database.run("end_job", id=job.id, state=job.state.value, now=now, body=encode(job)):
        return False
    inbox.insert(database, arrival.origin.value, arrival, now)
    money.record(database, spend, now)
    return True


def job(database: Database, job_id: str) -> Job | None:
    """The job with this id."""
    row = database.one("job", id=job_id)
    return decode(row[0], Job) if row else None


def jobs(database: Database, conversation: Conversation | None, active: bool) -> tuple[Job, ...]:
    """Newest first."""
    rows = database.all("jobs", conversation=name_of(conversation) if conversation else None, active=active)
    return tuple(decode(body, Job) for (body,) in rows)
