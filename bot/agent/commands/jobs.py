"""The command /jobs: lists the clips and songs of this chat, and cancels one's own (owners: all)."""

from __future__ import annotations

import hashlib

from bot.agent.background.jobs import JobRunner, what
from bot.agent.commands.command import Command, CommandCall
from bot.core.jobs import Job
from bot.core.messages import Choice, Reply, Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Jobs

LISTED = 10


def job_commands(*, jobs: Jobs, runner: JobRunner, clock: Clock) -> tuple[Command, ...]:
    """The command about slow work."""

    async def show(call: CommandCall) -> Reply:
        conversation = call.turn.conversation
        active = await jobs.jobs(conversation, active=True)
        word, _, number = call.rest.partition(" ")
        if word == "cancel":
            chosen = [
                job
                for place, job in enumerate(active, 1)
                if number in ("", "all", str(place), mark(job)) and (call.owner or job.person == call.turn.person)
            ]
            cancelled = [job for job in chosen if await runner.cancel(conversation, job.id)]
            return () if cancelled else (Text("There is nothing to cancel."),)
        if not active:
            return (Text("Nothing is being made right now."),)
        lines = [
            f"{place}. {what(job)}, for {int((clock.now() - job.created_at).total_seconds())} s"
            for place, job in enumerate(active[:LISTED], 1)
        ]
        choices = tuple(
            Choice(f"Cancel {place}", f"/jobs cancel {mark(job)}") for place, job in enumerate(active[:LISTED], 1)
        )
        return (Text("\n".join(lines), choices),)

    return (Command("jobs", show),)


def mark(job: Job) -> str:
    """What a button calls a job: places in the list change while the button stays."""
    return hashlib.sha256(job.id.encode()).hexdigest()[:10]
