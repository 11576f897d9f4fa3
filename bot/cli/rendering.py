"""Waiting for a clip at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.errors import BadAnswer, ProviderBusy
from bot.core.ports import Clock, VideoGenerator
from bot.core.work import Clip, VideoJob, VideoRequest, VideoState

SECONDS_BETWEEN_POLLS = 5.0
FAILURES_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished clip, the model that made it, and what it cost."""

    clip: Clip
    model: str
    cost_microusd: int | None


async def rendered(
    videos: VideoGenerator, request: VideoRequest, *, clock: Clock, seconds: float, tell: Callable[[str], None]
) -> Rendered:
    """Submits once, then asks until the clip is there. `tell` hears how far it is.

    Raises `ProviderError`; after `seconds` the job's id is named, because it may go on and be billed.
    """
    job = await videos.submit(request)
    tell(f"job {job.id} at {job.model}")
    if job.ignored:
        tell(f"ignored, because the model has no such setting: {', '.join(job.ignored)}")
    state = await _done(videos, job, clock, seconds, tell)
    return Rendered(await videos.download(job, state), job.model, state.cost_microusd)


async def _done(
    videos: VideoGenerator, job: VideoJob, clock: Clock, seconds: float, tell: Callable[[str], None]
) -> VideoState:
    began, failures = clock.monotonic(), 0
    while (waited := clock.monotonic() - began) < seconds:
        try:
            state = await videos.poll(job, seconds=seconds - waited)
        except ProviderBusy:
            failures += 1
            if failures >= FAILURES_AT_MOST:
                raise
        else:
            failures = 0
            if state.done:
                return state
        tell(f"rendering for {waited:.0f} s")
        await clock.sleep(SECONDS_BETWEEN_POLLS)
    raise BadAnswer(f"The clip timed out after {seconds * 1000:.0f}ms. Job {job.id} may go on, and be billed.")
