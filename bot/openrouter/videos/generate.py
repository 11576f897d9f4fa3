"""Video generation: POST /videos starts a paid job, its address is polled until it is done, the clip downloaded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from bot.core.errors import BadAnswer, ProviderBusy, ProviderError
from bot.core.media import Clip, Frame, Sound, VideoJob, VideoRequest, VideoState
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs
from bot.media.dataurl import data_url
from bot.openrouter.candidates import candidates, first_answer
from bot.openrouter.http.client import BinaryAnswer, JsonAnswer, OpenRouterClient, TooLarge
from bot.openrouter.http.failure import Unreached, failure_in
from bot.openrouter.videos.answer import STATUS, SUBMIT, ended_badly, job_url, own_polling_url, video_state
from bot.openrouter.videos.limits import DEFAULT_MODEL, VideoCatalog
from bot.openrouter.videos.request import Shown, changed_wishes, frame_url, video_body

log = logging.getLogger(__name__)

DOWNLOAD = "OpenRouter generated video download failed"
CALL_SECONDS = 60.0
# The gateway gave up waiting: the job may run all the same.
_OUTCOME_UNKNOWN = frozenset({408, 499, 504, 524})
_GONE = frozenset({400, 404, 410})


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Models in order, and bounds. `timeout_seconds` is for the whole of submitting, polling and fetching."""

    primary: str = DEFAULT_MODEL
    fallbacks: tuple[str, ...] = ()
    timeout_seconds: float = 600.0
    clip_bytes: int = 16 * 1024 * 1024


class OpenRouterVideos:
    """Implements `VideoGenerator`."""

    def __init__(self, client: OpenRouterClient, settings: VideoSettings, *, blobs: Blobs, clock: Clock) -> None:
        self._client, self._settings, self._blobs = client, settings, blobs
        self._catalog = VideoCatalog(client, clock)
        self._done_at_once: dict[str, VideoState] = {}

    async def submit(self, request: VideoRequest) -> VideoJob:
        """The started job. Each model is asked once, the next one only after a definite refusal.

        Raises `ProviderError`: `ProviderBusy` with status None means that it is unknown whether the job runs.
        """
        models = candidates(request.model, self._settings.primary, self._settings.fallbacks)
        pictures = [await self._shown(frame) for frame in request.frames]
        return await first_answer(models, lambda slug: self._submit(slug, request, pictures), final=_unknown)

    async def _shown(self, frame: Frame) -> Shown:
        url = frame_url(frame)
        if frame.blob is not None:
            data = await self._blobs.read(frame.blob)
            url = await asyncio.to_thread(data_url, data, frame.blob.mime or "image/png")
        return Shown(url, frame.role)

    async def _submit(self, slug: str, request: VideoRequest, pictures: Sequence[Shown]) -> VideoJob:
        body, ignored = video_body(slug, request, await self._catalog.limits(slug), pictures)
        if ignored:
            log.info("video.hints_ignored", extra={"model": slug, "hints": ",".join(ignored)})
        seconds = min(CALL_SECONDS, request.timeout_seconds or self._settings.timeout_seconds)
        try:
            answer = await self._client.post_json("/videos", body, label=SUBMIT, timeout_seconds=seconds)
        except Unreached as error:
            raise ProviderError(str(error), tell="I could not reach the video service. Nothing was started.") from error
        except (ProviderBusy, BadAnswer) as error:
            # A success that cannot be read leaves as much in doubt as a broken connection.
            if error.status is None or error.status in _OUTCOME_UNKNOWN:
                raise ProviderBusy(str(error), retry_after=error.retry_after) from error
            raise
        return replace(self._accepted(slug, answer, ignored), changed=changed_wishes(request, body))

    def _accepted(self, slug: str, answer: JsonAnswer, ignored: tuple[str, ...]) -> VideoJob:
        failure = ended_badly(answer.body)
        if failure:
            raise failure
        job_id, polling_url = answer.body.get("id"), answer.body.get("polling_url")
        if not (isinstance(job_id, str) and job_id.strip() and isinstance(polling_url, str) and polling_url.strip()):
            refused = failure_in(answer.body, label=SUBMIT)
            raise refused or ProviderBusy(f"{SUBMIT}: response missing job details")
        job = VideoJob(job_id, own_polling_url(self._client.route.base_url, job_id, polling_url.strip()), slug, ignored)
        if answer.body.get("status") == "completed":
            self._done_at_once[job_id] = video_state(answer.body)
        return job

    async def poll(self, job: VideoJob, *, seconds: float = CALL_SECONDS) -> VideoState:
        """Where the job stands, asked for `seconds` at most.

        Raises `BadAnswer` when it failed for good or is gone, `ProviderBusy` when asking failed for whatever reason,
        because the job is paid and may still finish."""
        finished = self._done_at_once.pop(job.id, None)
        if finished:
            return finished
        url = own_polling_url(self._client.route.base_url, job.id, job.polling_url)
        try:
            answer = await self._client.get_json(url, label=STATUS, timeout_seconds=min(CALL_SECONDS, seconds))
        except ProviderError as error:
            raise _asking(error) from error
        if "status" not in answer.body:
            failure = failure_in(answer.body, label=STATUS)
            if failure:
                raise _asking(failure)
        return video_state(answer.body)

    async def download(self, job: VideoJob, state: VideoState) -> Clip:
        """The clip, or a link to it when it is larger than may be carried.

        Tries the listed address, then the documented one. Raises `ProviderError`.
        """
        base = self._client.route.base_url
        documented = f"{job_url(base, job.id)}/content?index=0"
        listed = urljoin(f"{base}/", state.unsigned_urls[0]) if state.unsigned_urls else documented
        try:
            return await self._fetch(listed)
        except TooLarge as error:
            # A pre-signed address opens without a key; an unsigned one may want the key.
            link = next((url for url in (*state.urls, *state.unsigned_urls) if url.startswith(("https:", "http:"))), "")
            if link:
                return Clip(None, link)
            raise BadAnswer(str(error), tell="The clip is too large for me to send.") from error
        except ProviderError:
            if listed == documented:
                raise
            log.info("video.listed_address_failed", extra={"job": job.id})
            first = await self._second_try(documented)
            if first is None:
                raise
            return first

    async def _second_try(self, url: str) -> Clip | None:
        try:
            return await self._fetch(url)
        except ProviderError:
            return None

    async def _fetch(self, url: str) -> Clip:
        got = await self._client.download(
            url, cap_bytes=self._settings.clip_bytes, timeout_seconds=CALL_SECONDS, label=DOWNLOAD
        )
        return Clip(_clip(got))


def _clip(got: BinaryAnswer) -> Sound:
    mime = got.content_type.partition(";")[0].strip().lower()
    if not got.data or mime.startswith("text/") or mime.endswith("json"):
        raise BadAnswer(f"{DOWNLOAD}: malformed video: {len(got.data)} bytes of {mime or 'unknown type'}")
    if not mime.startswith("video/"):
        mime = "video/mp4"
    extension = {"video/quicktime": "mov", "video/x-matroska": "mkv"}.get(mime, mime.partition("/")[2])
    return Sound(got.data, mime, f"video-1.{extension}")


def _unknown(error: ProviderError) -> bool:
    """Whether a job may be running: asking another model could then pay twice."""
    return isinstance(error, ProviderBusy) and error.status is None


def _asking(error: ProviderError) -> ProviderError:
    if error.status in _GONE:
        return BadAnswer(str(error), tell="The video service no longer knows that clip.", status=error.status)
    if isinstance(error, ProviderBusy):
        return error
    return ProviderBusy(str(error), tell=error.tell, status=error.status, retry_after=error.retry_after)
