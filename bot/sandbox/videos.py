"""The routes of /videos: a clip is ordered, asked about, and fetched. Source: OpenRouter docs, video generation."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.sandbox.catalog import VIDEO_ROWS, find, outputs
from bot.sandbox.drawing.clips import render
from bot.sandbox.faults import Fault, ForeignPollingUrl, JobFails
from bot.sandbox.state import ClipJob, Given, Routes, SandboxState
from bot.sandbox.wire import Json, Refused, generation_id

DOLLARS_A_SECOND = 0.15


def routes(stage: SandboxState) -> Routes:
    """Submit, poll, content."""

    async def submit(given: Given) -> web.Response:
        body: Json = given.body
        row = find(body.get("model"))
        check_video(body, row)
        cost = round(DOLLARS_A_SECOND * float(body.get("duration") or 4), 4)
        job = ClipJob(f"vid-{uuid4().hex[:20]}", body, cost, stage.clock.monotonic(), ends=_end(given.fault))
        stage.order(job)
        fault = given.fault
        url = fault.url if isinstance(fault, ForeignPollingUrl) else f"{stage.origin}/api/v1/videos/{job.id}"
        return web.json_response({"id": job.id, "polling_url": url, "status": "pending"}, status=202)

    async def poll(given: Given) -> web.Response:
        job = _known(stage, given)
        job.polls += 1
        return web.json_response(state(stage, job))

    async def content(given: Given) -> web.Response:
        job = _known(stage, given)
        if state(stage, job)["status"] != "completed":
            raise Refused(409, "The video is not ready yet")
        if given.http.query.get("index", "0") != "0":
            raise Refused(404, "There is one video")
        if job.movie is None:
            job.movie = await render(job.request)
        return web.Response(body=job.movie, content_type="video/mp4")

    return {
        "POST /videos": submit,
        "GET /videos/{id}": poll,
        "GET /videos/{id}/content": content,
    }


def _known(stage: SandboxState, given: Given) -> ClipJob:
    job = stage.clips.get(given.http.match_info["id"])
    if job is None:
        raise Refused(404, f"Video job {given.http.match_info['id']!r} not found")
    return job


def _end(fault: Fault | None) -> tuple[str, str]:
    return (fault.status, fault.error) if isinstance(fault, JobFails) else ("completed", "")


def state(stage: SandboxState, job: ClipJob) -> Json:
    """The job as GET tells it: pending at first, then in progress, then its end."""
    about: Json = {"id": job.id, "polling_url": f"{stage.origin}/api/v1/videos/{job.id}"}
    elapsed = stage.clock.monotonic() - job.begun
    if job.polls <= 1 and elapsed < stage.render_seconds:
        return about | {"status": "pending"}
    if job.polls <= 1 and stage.render_seconds == 0:
        return about | {"status": "in_progress"}
    if elapsed < stage.render_seconds:
        return about | {"status": "in_progress"}
    status, error = job.ends
    if status != "completed":
        return about | {"status": status, "error": error}
    if not job.generation:
        job.generation = generation_id()
        stage.record(job.generation, job.request["model"], {"cost": job.cost})
    return about | {
        "status": status,
        "generation_id": job.generation,
        "unsigned_urls": [f"{stage.origin}/api/v1/videos/{job.id}/content?index=0"],
        "usage": {"cost": job.cost, "is_byok": False},
    }


def check_video(body: Json, row: Json) -> None:
    """Raises `Refused` for what the model does not support."""
    if "video" not in outputs(row):
        raise Refused(400, f"{row['id']} does not make videos")
    if not isinstance(body.get("prompt"), str) or not body["prompt"].strip():
        raise Refused(400, "prompt: text is required")
    able = next(one for one in VIDEO_ROWS if one["id"] == row["id"])
    _one_of(body, "duration", able["supported_durations"])
    _one_of(body, "resolution", able["supported_resolutions"])
    _one_of(body, "aspect_ratio", able["supported_aspect_ratios"])
    _one_of(body, "size", able["supported_sizes"])
    if not isinstance(body.get("generate_audio", True), bool):
        raise Refused(400, "generate_audio: expected true or false")
    if not isinstance(body.get("seed", 0), int):
        raise Refused(400, "seed: expected a whole number")
    for frame in body.get("frame_images") or ():
        if frame.get("frame_type") not in able["supported_frame_images"]:
            raise Refused(400, f"frame_images: {frame.get('frame_type')!r} is not a frame type")
    for part in (*(body.get("frame_images") or ()), *(body.get("input_references") or ())):
        if part.get("type") != "image_url" or not part.get("image_url", {}).get("url"):
            raise Refused(400, "frame_images and input_references: each needs an image_url")


def _one_of(body: Json, name: str, allowed: list[Any]) -> None:
    if name in body and body[name] not in allowed:
        raise Refused(400, f"{name}: {body[name]!r} is not one of {', '.join(str(one) for one in allowed)}")
