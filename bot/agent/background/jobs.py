"""Slow paid work that outlives a turn: clips and songs.

The intent is stored before the provider is asked, the provider's id right after; a restart goes on
polling and never asks twice. A job whose end is unknown is reported to the person, not repeated.
The end of a job is a row in the inbox, so its result has its place in the order of the conversation.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

from bot.agent.durable_writes import DurableBlobs, write_durably
from bot.agent.policy.budget import Budget, Held
from bot.core.errors import BadAnswer, ProviderBusy, ProviderError, VoxlineError
from bot.core.failpoints import failpoint
from bot.core.jobs import Job, JobState
from bot.core.media import Clip, SongRequest, VideoJob, VideoRequest, VideoState
from bot.core.messages import Attachment, Blob, Conversation, Inbound, Kind, Origin, Person
from bot.core.ports.clock import Clock
from bot.core.ports.models import MusicGenerator, VideoGenerator
from bot.core.ports.store import Blobs, Jobs
from bot.core.spending import Capability, Spend
from bot.media.names import safe_name
from bot.tools.media_jobs import Begun

log = logging.getLogger(__name__)

ENDINGS = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
}
SECONDS_BETWEEN_POLLS = 5.0
POLLS_AT_MOST = 120
SECONDS_FOR_A_CLIP = POLLS_AT_MOST * SECONDS_BETWEEN_POLLS
SECONDS_FOR_A_POLL = 60.0
POLL_FAILURES_AT_MOST = 10
DOWNLOAD_TRIES = 3

INTERRUPTED = (
    "I was restarted while I asked for {what}. It may already be running and paid for, so I did not ask again. "
    "Say so if you want me to."
)
FAILED = "I could not make {what}: {why}"
CANCELLED = "I have stopped waiting for {what}."
TOO_SLOW = "it did not finish in time."


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes clips and songs; None where the capability is switched off. `clip_seconds` is how long a clip may
    take when its request does not say."""

    videos: VideoGenerator | None
    music: MusicGenerator | None
    clip_seconds: float = SECONDS_FOR_A_CLIP


class JobStore(Jobs, Blobs, Protocol):
    """The slices of the store that jobs need."""


class JobRunner:
    """Watches over jobs. An async context manager: entering takes up what an earlier process left."""

    def __init__(
        self,
        *,
        store: JobStore,
        makers: Makers,
        clock: Clock,
        budget: Budget,
        wake: Callable[[Conversation], None],
        alert_about: Callable[[VoxlineError], Awaitable[None]],
    ) -> None:
        """`alert_about` alerts the owners to what made a job fail and only they can mend."""
        self._jobs, self._blobs, self._makers = store, DurableBlobs(store, clock), makers
        self._clock, self._wake, self._budget, self._alert_about = clock, wake, budget, alert_about
        self._held: dict[str, Held] = {}
        self._tasks: dict[str, asyncio.Future[None] | asyncio.Future[Begun]] = {}
        self._irrevocable: set[asyncio.Future[None] | asyncio.Future[Begun]] = set()

    async def __aenter__(self) -> JobRunner:
        for job in await self._jobs.jobs(None, active=True):
            if job.state is JobState.INTENT or isinstance(job.request, SongRequest):
                # asked for, and the answer was lost: a song has no id to poll either
                text = INTERRUPTED.format(what=what(job))
                await self._end(replace(job, state=JobState.UNKNOWN, note="interrupted"), text)
            else:
                self._held[job.id] = self._budget.hold(job.person, Capability.VIDEO)
                self._watch(job, self._follow(job))
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def irrevocable(self) -> int:
        """How many jobs a restart could not take up: songs that are composed, and jobs that are being submitted."""
        return len(self._irrevocable)

    async def drain(self, seconds: float) -> None:
        """Waits `seconds` at most for the jobs that a restart could not take up, and that are paid for all the same."""
        tasks = set(self._irrevocable)
        if not tasks:
            return
        done, late = await asyncio.wait(tasks, timeout=seconds)
        log.info("jobs.drained", extra={"finished": len(done), "cut": len(late)})

    async def running(self, conversation: Conversation) -> tuple[Job, ...]:
        """What is being made in this conversation, newest first."""
        return await self._jobs.jobs(conversation, active=True)

    async def start_video(self, job: Job) -> Begun:
        """Submits a clip, in this call, unless one is being made in this conversation. Raises `ProviderError` when the
        provider refused, `OverBudget` when there is nothing left to pay with."""
        return await self._despite_a_stop(job, self._submit(job))

    async def start_song(self, job: Job) -> Begun:
        """Begins a song in the background, unless one is being made in this conversation. Raises `OverBudget`."""
        return await self._despite_a_stop(job, self._begin_song(job))

    async def _despite_a_stop(self, job: Job, start: Coroutine[None, None, Begun]) -> Begun:
        """The result of `start`, which goes on after a /stop: what was asked for cannot be unasked, and is paid for."""
        task = asyncio.ensure_future(start)
        self._keep(job.id, task)
        self._finish_before_the_end(task)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(unheard)
            raise

    async def _in_the_way(self, job: Job) -> Job | None:
        """None once the intent is stored, otherwise what forbids it: this very job, known since an earlier attempt of
        the call, or one of its kind that this conversation still waits for."""
        while not await self._jobs.add_job(job):
            earlier = await self._jobs.job(job.id)
            if earlier is not None:
                return earlier
            for other in await self.running(job.target.conversation):
                if type(other.request) is type(job.request):
                    return other
        return None

    async def _submit(self, job: Job) -> Begun:
        assert self._makers.videos is not None and isinstance(job.request, VideoRequest)
        other = await self._in_the_way(job)
        if other is not None:
            return Begun(instead=other)
        async with self._ended_if_it_fails(job):
            self._held[job.id] = await self._budget.take(job.person, Capability.VIDEO)
            remote = await self._makers.videos.submit(job.request)
            failpoint("submit.after")
            running = replace(
                job, state=JobState.RUNNING, remote_id=remote.id, polling_url=remote.polling_url, model=remote.model
            )
            await write_durably(lambda: self._jobs.save_job(running), self._clock)
        self._watch(running, self._follow(running))
        return Begun(ignored=remote.ignored, changed=remote.changed)

    async def _begin_song(self, job: Job) -> Begun:
        other = await self._in_the_way(job)
        if other is not None:
            return Begun(instead=other)
        async with self._ended_if_it_fails(job):
            self._held[job.id] = await self._budget.take(job.person, Capability.MUSIC)
        self._watch(job, self._compose(job))
        self._finish_before_the_end(self._tasks[job.id])
        return Begun()

    @contextlib.asynccontextmanager
    async def _ended_if_it_fails(self, job: Job) -> AsyncIterator[None]:
        """Around the beginning of a job. One that raises is ended, so that it neither blocks the chat nor holds money;
        its end is unknown where the provider may have taken it."""
        try:
            yield
        except VoxlineError as error:
            unsure = isinstance(error, ProviderBusy) and error.status is None
            await self._not_begun(job, JobState.UNKNOWN if unsure else JobState.FAILED, str(error))
            raise
        except Exception as error:  # the door of a job that begins
            log.exception("job.broken", extra={"job": job.id})
            await self._not_begun(job, JobState.UNKNOWN, type(error).__name__)
            raise

    async def _not_begun(self, job: Job, state: JobState, note: str) -> None:
        self._give_back(job)
        await write_durably(lambda: self._jobs.save_job(replace(job, state=state, note=note)), self._clock)

    async def cancel(self, conversation: Conversation, job_id: str) -> bool:
        """Stops waiting for a job of this conversation. What the provider already renders may still be billed."""
        job = await self._jobs.job(job_id)
        if (
            job is None
            or job.target.conversation != conversation
            or job.state not in (JobState.INTENT, JobState.RUNNING)
        ):
            return False
        task = self._tasks.pop(job_id, None)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._end(replace(job, state=JobState.CANCELLED), CANCELLED.format(what=what(job)))
        return True

    def _watch(self, job: Job, work: Coroutine[None, None, None]) -> None:
        self._keep(job.id, asyncio.ensure_future(self._guarded(job, work)))

    def _finish_before_the_end(self, task: asyncio.Future[None] | asyncio.Future[Begun]) -> None:
        self._irrevocable.add(task)
        task.add_done_callback(self._irrevocable.discard)

    def _keep(self, job_id: str, task: asyncio.Future[None] | asyncio.Future[Begun]) -> None:
        """Until it is done, or another task of the job takes its place."""
        self._tasks[job_id] = task
        task.add_done_callback(lambda done: self._tasks.get(job_id) is done and self._tasks.pop(job_id))

    async def _guarded(self, job: Job, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except VoxlineError as error:
            log.warning("job.failed", extra={"job": job.id, "why": str(error)})
            await self._alert_about(error)
            await self._fail(job, error.tell, str(error))
        except Exception:  # the door of a job
            log.exception("job.broken", extra={"job": job.id})
            await self._fail(job, "something failed on my side.", "see the log")

    async def _fail(self, job: Job, why: str, note: str, spend: Sequence[Spend] = ()) -> None:
        text = FAILED.format(what=what(job), why=why)
        await self._end(replace(job, state=JobState.FAILED, note=note), text, spend=spend)

    async def _follow(self, job: Job) -> None:
        """Polls a clip until it is done, then fetches and announces it."""
        videos = self._makers.videos
        if videos is None:
            raise BadAnswer("clips are switched off", tell="clips are switched off here.")
        remote = VideoJob(job.remote_id, job.polling_url, job.model)
        state = await self._poll(videos, remote, job)
        spend = spend_of(job, Capability.VIDEO, state.cost_microusd, state.generation_id)
        try:
            clip = await self._download(videos, remote, state)
        except ProviderError as error:  # rendered and paid for, and cannot be had
            log.warning("job.not_downloaded", extra={"job": job.id, "why": str(error)})
            await self._fail(job, error.tell, str(error), spend)
            return
        done = replace(job, state=JobState.DONE)
        if clip.sound is None:
            await self._end(done, f"Your clip is too large to send here: {clip.url}", spend=spend)
            return
        blob = await self._blobs.put(clip.sound.data, clip.sound.mime)
        await self._end(done, f"Here is your clip: {title(job)}", Kind.VIDEO, blob, spend)

    async def _download(self, videos: VideoGenerator, remote: VideoJob, state: VideoState) -> Clip:
        """The clip, however late it is by now: it is paid for."""
        for _ in range(DOWNLOAD_TRIES - 1):
            try:
                return await videos.download(remote, state)
            except ProviderBusy as error:
                log.info("job.download_failed", extra={"job": remote.id, "why": str(error)})
                await self._clock.sleep(SECONDS_BETWEEN_POLLS)
        return await videos.download(remote, state)

    async def _poll(self, videos: VideoGenerator, remote: VideoJob, job: Job) -> VideoState:
        """The finished state. Raises `BadAnswer` when the clip takes too long.

        Five seconds apart, the 120 questions of an ordinary clip are its 600 seconds. They are not counted where more
        time is allowed: the deadline alone rules then, or the longer time could never be used. A clip that an earlier
        process left is asked for once, however late it is: it is paid for."""
        seconds = job.request.timeout_seconds or self._makers.clip_seconds
        spent = (self._clock.now() - job.created_at).total_seconds()
        deadline = self._clock.monotonic() + max(seconds - spent, SECONDS_BETWEEN_POLLS)
        failures = 0
        for _ in range(POLLS_AT_MOST) if seconds <= SECONDS_FOR_A_CLIP else count():
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise BadAnswer(f"the clip timed out after {seconds * 1000:.0f}ms", tell=TOO_SLOW)
            try:
                state = await videos.poll(remote, seconds=min(SECONDS_FOR_A_POLL, left))
            except ProviderBusy as error:
                failures += 1
                if failures >= POLL_FAILURES_AT_MOST:
                    raise
                log.info("job.poll_failed", extra={"job": job.id, "failures": failures, "why": str(error)})
            else:
                failures = 0
                if state.done:
                    return state
            await self._clock.sleep(SECONDS_BETWEEN_POLLS)
        raise BadAnswer("the clip did not finish in time", tell=TOO_SLOW)

    async def _compose(self, job: Job) -> None:
        music = self._makers.music
        assert music is not None and isinstance(job.request, SongRequest)
        song = await music.compose(job.request)
        blob = await self._blobs.put(song.sound.data, song.sound.mime)
        spend = spend_of(job, Capability.MUSIC, song.cost_microusd, song.generation_id, song.model)
        lyrics = f"\n\n{song.lyrics}" if song.lyrics else ""
        done = replace(job, state=JobState.DONE, model=song.model)
        await self._end(done, f"Here is your song: {title(job)}{lyrics}", Kind.AUDIO, blob, spend)

    async def _end(
        self, job: Job, text: str, kind: Kind = Kind.DOCUMENT, blob: Blob | None = None, spend: Sequence[Spend] = ()
    ) -> None:
        attachments: tuple[Attachment, ...] = ()
        if blob is not None:
            ending = ENDINGS.get(blob.mime, "bin")
            attachments = (
                Attachment(kind, blob.mime, name=f"{safe_name(title(job), kind.value)}.{ending}", blob=blob),
            )
        arrival = Inbound(
            id=job.id,
            conversation=job.target.conversation,
            sender=Person(job.person.partition(":")[2]),
            sent_at=self._clock.now(),
            text=text,
            attachments=attachments,
            message_id=job.target.reply_to,
            origin=Origin.JOB,
        )
        announced_in = await write_durably(lambda: self._jobs.end_job(job, arrival, spend), self._clock)
        self._give_back(job)
        log.info("job.ended", extra={"job": job.id, "state": job.state.value})
        self._wake(announced_in or job.target.conversation)

    def _give_back(self, job: Job) -> None:
        self._budget.give_back(self._held.pop(job.id, None))


def unheard(task: asyncio.Future[Begun]) -> None:
    """A no-op: nothing waits for this task any more; its failure is in the log and in the job."""
    if not task.cancelled():
        task.exception()


def what(job: Job) -> str:
    """A job in a person's words."""
    kind = "the clip" if isinstance(job.request, VideoRequest) else "the song"
    return f"{kind} “{title(job)}”"


def title(job: Job) -> str:
    """The beginning of what was asked for."""
    prompt = " ".join(job.request.prompt.split())
    return prompt if len(prompt) <= 60 else f"{prompt[:59]}…"


def spend_of(
    job: Job, capability: Capability, cost: int | None, generation_id: str, model: str = ""
) -> tuple[Spend, ...]:
    """What a finished job cost."""
    return (Spend(job.person, capability, model or job.model, cost, cost is not None, generation_id),)
