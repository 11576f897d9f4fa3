"""Video generation request: wishes fitted to the model, pictures in their places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BadRequest
from bot.core.media import Frame, VideoRequest
from bot.openrouter.ratios import closest_lines, closest_number, closest_ratio, finite
from bot.openrouter.videos.limits import VideoLimits

_SAFE_INTEGER = 2**53 - 1
_FIRST, _LAST, _REFERENCE = "first_frame", "last_frame", "reference_image"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture for a clip, as a URL the provider can read (http, https or data)."""

    url: str
    role: str = ""


def video_body(
    slug: str, request: VideoRequest, limits: VideoLimits, pictures: Sequence[Shown]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The /videos request, and the names of the wishes this model cannot follow.

    Raises `BadRequest` for a seed that is no safe integer and for more pictures than the model takes.
    Source: OpenRouter docs, video generation.
    """
    if len(pictures) > limits.pictures:
        takes = f"takes {limits.pictures} pictures at most" if limits.pictures else "makes clips from words only"
        raise BadRequest(f"{slug} {takes}, not {len(pictures)}", tell=f"That video model {takes}.")
    frames, references = placed(pictures)
    shape, size = request.aspect_ratio.strip(), request.size.strip()
    wishes: dict[str, Any] = {
        "duration": fitted_duration(request.duration_seconds, limits.durations),
        "resolution": fitted_resolution(request.resolution, limits.resolutions),
        "aspect_ratio": closest_ratio(shape, limits.aspect_ratios) if limits.aspect_ratios else shape,
        "size": size if not limits.sizes or size in limits.sizes else "",
        "generate_audio": request.audio if limits.audio or request.audio is False else None,
        "frame_images": frames,
        "input_references": references,
        "seed": safe_seed(request.seed),
        "callback_url": request.callback_url.strip(),
    }
    asked = {
        "resolution": request.resolution.strip(),
        "aspect_ratio": shape,
        "size": size,
        "generate_audio": request.audio,
    }
    ignored = tuple(name for name, wish in asked.items() if wish and wishes[name] in ("", None))
    fields = {name: wish for name, wish in wishes.items() if wish not in (None, "", [])}
    return {"model": slug, "prompt": request.prompt, **fields}, ignored


def changed_wishes(request: VideoRequest, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The wishes that were fitted to the model, each as "name asked -> sent"."""
    asked: dict[str, Any] = {
        "duration": finite(request.duration_seconds),
        "resolution": request.resolution.strip(),
        "aspect_ratio": request.aspect_ratio.strip(),
    }
    return tuple(
        f"{name} {f'{wish:g}' if isinstance(wish, float) else wish} -> {body[name]}"
        for name, wish in asked.items()
        if wish and name in body and (wish.lower() if isinstance(wish, str) else wish) != _lower(body[name])
    )


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def placed(pictures: Sequence[Shown]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The pictures as frames and as references, in order.

    A reference stays one. A named frame takes its slot, an unnamed picture the first free slot (first, then
    last), and a picture whose slot is taken becomes a reference.
    """
    frames: list[dict[str, Any]] = []
    references: list[dict[str, Any]] = []
    free = [_FIRST, _LAST]
    for picture in pictures:
        part = {"type": "image_url", "image_url": {"url": picture.url}}
        role = picture.role.strip().lower()
        wanted = {_REFERENCE: [], _FIRST: [_FIRST], _LAST: [_LAST]}.get(role, [_FIRST, _LAST])
        slot = next((name for name in wanted if name in free), "")
        if slot:
            free.remove(slot)
            frames.append({**part, "frame_type": slot})
        else:
            references.append(part)
    return frames, references


def fitted_duration(seconds: float | None, supported: Sequence[int]) -> int | None:
    """The nearest supported number of whole seconds, ties up; None when no sensible number was asked for."""
    wanted = finite(seconds)
    if wanted is None:
        return None
    whole = max(1, math.floor(wanted + 0.5))
    return closest_number(whole, supported) if supported else whole


def fitted_resolution(wanted: str, supported: Sequence[str]) -> str:
    """The nearest supported resolution as the API writes it (720p, 4K); "" when there is none to compare with."""
    wanted = wanted.strip()
    if not supported:
        return wanted.lower()
    nearest = closest_lines(wanted, supported) if wanted else ""
    return nearest.lower() if nearest[-1:] in "pP" else nearest


def safe_seed(seed: float | None) -> int | None:
    """The seed as a whole number. Raises `BadRequest` when it is none that every JSON reader keeps exactly."""
    if seed is None:
        return None
    if isinstance(seed, bool) or not -_SAFE_INTEGER <= seed <= _SAFE_INTEGER or seed != int(seed):
        raise BadRequest(f"the seed {seed!r} is not a safe integer", tell="The seed must be a whole number.")
    return int(seed)


def frame_url(frame: Frame) -> str:
    """The address of a picture that was given as a link. Raises `BadRequest` when it is no picture for a clip."""
    mime = frame.blob.mime if frame.blob else ""
    if mime.startswith(("video/", "audio/")):
        raise BadRequest(
            f"{mime} cannot guide a clip here", tell="I can use pictures for a clip, not videos or sounds."
        )
    if frame.blob or frame.url.lower().startswith(("http://", "https://")):
        return frame.url
    raise BadRequest("a picture for the clip has neither data nor an http(s) address")
