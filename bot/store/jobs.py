"""Background jobs that outlive their turn, as rows: functions on an open transaction of the writer thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.jobs import Job
from bot.core.messages import Conversation, Inbound
from bot.core.spending import Spend
from bot.store import inbox, money
from bot.store.codec import decode, encode
from bot.store.database import Database, milliseconds, name_of
from bot.store.moves import at_home, home


def add_job(database: Database, job: Job) -> bool:
    """False when one of its kind already runs in the conversation, or the job is known."""
    job = at_home(database, job)
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
    database.run("save_job", id=job.id, state=job.state.value, body=encode(at_home(database, job)))


def end_job(database: Database, job: Job, arrival: Inbound, spend: Sequence[Spend], now: int) -> Conversation | None:
    """The end, its cost and the row that announces it. Returns where that row went, None when it had ended before."""
    job = at_home(database, job)
    if not database.run("end_job", id=job.id, state=job.state.value, now=now, body=encode(job)):
        return None
    inbox.insert(database, arrival.origin.value, replace(arrival, conversation=job.target.conversation), now)
    money.record(database, spend, now)
    return job.target.conversation


def job(database: Database, job_id: str) -> Job | None:
    """The job with this id."""
    row = database.one("job", id=job_id)
    return decode(row[0], Job) if row else None


def jobs(database: Database, conversation: Conversation | None, active: bool) -> tuple[Job, ...]:
    """Newest first."""
    rows = database.all(
        "jobs", conversation=name_of(home(database, conversation)) if conversation else None, active=active
    )
    return tuple(decode(body, Job) for (body,) in rows)
