"""Video job status, what the provider says about a clip: the job it accepted, and where the job stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

from bot.core.errors import BadAnswer
from bot.core.media import VideoState
from bot.openrouter.http.failure import detail_of, shown
from bot.openrouter.http.route import same_origin
from bot.openrouter.usage import cost_microusd

SUBMIT = "OpenRouter video generation failed"
STATUS = "OpenRouter video status request failed"
_RUNNING = frozenset({"queued", "pending", "processing", "running", "in_progress"})
_FAILED = frozenset({"failed", "cancelled", "expired"})


def job_url(base_url: str, job_id: str) -> str:
    """Where the provider documents the job to be."""
    return f"{base_url}/videos/{quote(job_id, safe='')}"


def own_polling_url(base_url: str, job_id: str, polling_url: str) -> str:
    """`polling_url` made absolute when it stays at the base URL's origin, else the documented address.

    The key must go along when asking, and it goes to no other origin.
    """
    url = urljoin(f"{base_url}/", polling_url) if polling_url else ""
    return url if same_origin(url, base_url) else job_url(base_url, job_id)


def ended_badly(body: Mapping[str, Any]) -> BadAnswer | None:
    """The reason when the job failed, was cancelled or expired, else None."""
    status = body.get("status")
    if not isinstance(status, str) or status not in _FAILED:
        return None
    error = body.get("error")
    detail = error if isinstance(error, str) else detail_of(dict(body))
    reason = shown(detail) or f"OpenRouter video generation {status}"
    return BadAnswer(reason, tell=f"the video service says: {reason}" if shown(detail) else f"it {status}.")


def video_state(body: Mapping[str, Any]) -> VideoState:
    """Where the job stands. Raises `BadAnswer` when it failed, and when the answer makes no sense.

    `in_progress` is what the API documents; the other words for running were seen. Source: OpenRouter API
    reference, videos.
    """
    failure = ended_badly(body)
    if failure:
        raise failure
    status = body.get("status")
    if not isinstance(status, str) or status not in _RUNNING | {"completed"}:
        raise BadAnswer(f"{STATUS}: response malformed: status {status!r:.80}")
    usage = body.get("usage")
    if usage is not None and not isinstance(usage, dict):
        raise BadAnswer(f"{STATUS}: response malformed: usage is a {type(usage).__name__}")
    if status != "completed":
        return VideoState(done=False)
    links = body.get("urls")
    generation = body.get("generation_id")
    return VideoState(
        done=True,
        unsigned_urls=_addresses(body.get("unsigned_urls")),
        urls=tuple(url for url in links if isinstance(url, str) and url) if isinstance(links, list) else (),
        cost_microusd=cost_microusd(usage),
        generation_id=generation if isinstance(generation, str) else "",
    )


def _addresses(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(url, str) and url.strip() for url in value):
        raise BadAnswer(f"{STATUS}: response malformed: unsigned_urls is not a list of addresses")
    return tuple(url.strip() for url in value)
