"""The routes of /videos: a clip is ordered, asked about, and fetched. Source: OpenRouter docs, video generation."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.sandbox.catalog import VIDEO_ROWS, find, outputs
from bot.sandbox.drawing.clips import render
from bot.sandbox.faults import Fault, ForeignPollingUrl, JobFails
from bot.sandbox.state import ApiCall, ClipJob, Routes, SandboxState
from bot.sandbox.wire import Json, Rejected, generation_id

DOLLARS_A_SECOND = 0.15


def routes(sandbox: SandboxState) -> Routes:
    """Submit, poll, content."""

    async def submit(call: ApiCall) -> web.Response:
        body: Json = call.body
        row = find(body.get("model"))
        check_video(body, row)
        cost = round(DOLLARS_A_SECOND * float(body.get("duration") or 4), 4)
        job = ClipJob(f"vid-{uuid4().hex[:20]}", body, cost, sandbox.clock.monotonic(), ends=_end(call.fault))
        sandbox.order(job)
        fault = call.fault
        url = fault.url if isinstance(fault, ForeignPollingUrl) else f"{sandbox.origin}/api/v1/videos/{job.id}"
        return web.json_response({"id": job.id, "polling_url": url, "status": "pending"}, status=202)

    async def poll(call: ApiCall) -> web.Response:
        job = _job_of(sandbox, call)
        job.polls += 1
        return web.json_response(state(sandbox, job))

    async def content(call: ApiCall) -> web.Response:
        job = _job_of(sandbox, call)
        if state(sandbox, job)["status"] != "completed":
            raise Rejected(409, "The video is not ready yet")
        if call.http.query.get("index", "0") != "0":
            raise Rejected(404, "There is one video")
        if job.movie is None:
            job.movie = await render(job.request)
        return web.Response(body=job.movie, content_type="video/mp4")

    return {
        "POST /videos": submit,
        "GET /videos/{id}": poll,
        "GET /videos/{id}/content": content,
    }


def _job_of(sandbox: SandboxState, call: ApiCall) -> ClipJob:
    job = sandbox.clips.get(call.http.match_info["id"])
    if job is None:
        raise Rejected(404, f"Video job {call.http.match_info['id']!r} not found")
    return job


def _end(fault: Fault | None) -> tuple[str, str]:
    return (fault.status, fault.error) if isinstance(fault, JobFails) else ("completed", "")


def state(sandbox: SandboxState, job: ClipJob) -> Json:
    """The job as GET answers it: pending at first, then in progress, then its end."""
    about: Json = {"id": job.id, "polling_url": f"{sandbox.origin}/api/v1/videos/{job.id}"}
    elapsed = sandbox.clock.monotonic() - job.begun
    if job.polls <= 1 and elapsed < sandbox.render_seconds:
        return about | {"status": "pending"}
    if job.polls <= 1 and sandbox.render_seconds == 0:
        return about | {"status": "in_progress"}
    if elapsed < sandbox.render_seconds:
        return about | {"status": "in_progress"}
    status, error = job.ends
    if status != "completed":
        return about | {"status": status, "error": error}
    if not job.generation:
        job.generation = generation_id()
        sandbox.record(job.generation, job.request["model"], {"cost": job.cost})
    return about | {
        "status": status,
        "generation_id": job.generation,
        "unsigned_urls": [f"{sandbox.origin}/api/v1/videos/{job.id}/content?index=0"],
        "usage": {"cost": job.cost, "is_byok": False},
    }


def check_video(body: Json, row: Json) -> None:
    """Raises `Rejected` for what the model does not support."""
    if "video" not in outputs(row):
        raise Rejected(400, f"{row['id']} does not make videos")
    if not isinstance(body.get("prompt"), str) or not body["prompt"].strip():
        raise Rejected(400, "prompt: text is required")
    able = next(clip_row for clip_row in VIDEO_ROWS if clip_row["id"] == row["id"])
    _one_of(body, "duration", able["supported_durations"])
    _one_of(body, "resolution", able["supported_resolutions"])
    _one_of(body, "aspect_ratio", able["supported_aspect_ratios"])
    _one_of(body, "size", able["supported_sizes"])
    if not isinstance(body.get("generate_audio", True), bool):
        raise Rejected(400, "generate_audio: expected true or false")
    if not isinstance(body.get("seed", 0), int):
        raise Rejected(400, "seed: expected a whole number")
    for frame in body.get("frame_images") or ():
        if frame.get("frame_type") not in able["supported_frame_images"]:
            raise Rejected(400, f"frame_images: {frame.get('frame_type')!r} is not a frame type")
    for part in (*(body.get("frame_images") or ()), *(body.get("input_references") or ())):
        if part.get("type") != "image_url" or not part.get("image_url", {}).get("url"):
            raise Rejected(400, "frame_images and input_references: each needs an image_url")


def _one_of(body: Json, name: str, allowed: list[Any]) -> None:
    if name in body and body[name] not in allowed:
        raise Rejected(400, f"{name}: {body[name]!r} is not one of {', '.join(str(value) for value in allowed)}")
