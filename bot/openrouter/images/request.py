"""Image generation request: through chat completions, or /images for models that only draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.media import ImageRequest
from bot.openrouter.ratios import closest_ratio, finite

CHAT_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
IMAGES_RATIOS = (
    *CHAT_RATIOS,
    *(
        "1:2",
        "1:4",
        "1:8",
        "2:1",
        "2.35:1",
        "4:1",
        "5:2",
        "5:7",
        "7:5",
        "8:1",
        "9:19.5",
        "19.5:9",
        "9:20",
        "20:9",
        "9:21",
    ),
)
_MOST_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Hints:
    """Shape and size as a model takes them ("" for none), the wishes it has no field for, and those that were
    fitted."""

    aspect_ratio: str = ""
    resolution: str = ""
    ignored: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def hints_for(slug: str, request: ImageRequest, *, inferred: str = "", ratios: Sequence[str] = CHAT_RATIOS) -> Hints:
    """The wishes of `request` for this model. Only Gemini image models take any through chat completions.

    A size has no field of its own: it stands for its ratio where no ratio is asked for. `inferred` is the
    resolution of the references, which holds when neither resolution nor size is named.
    """
    wishes = {
        "aspect_ratio": request.aspect_ratio.strip(),
        "resolution": request.resolution.strip(),
        "size": request.size.strip(),
    }
    if not takes_hints(slug):
        return Hints(ignored=tuple(name for name, value in wishes.items() if value))
    shape = closest_ratio(wishes["aspect_ratio"], ratios)
    sized = "" if shape else closest_ratio(wishes["size"], ratios)
    unused = (("aspect_ratio", shape), ("size", sized))
    return Hints(
        shape or sized,
        wishes["resolution"].upper() or ("" if wishes["size"] else inferred),
        tuple(name for name, used in unused if wishes[name] and not used),
        (f"aspect_ratio {wishes['aspect_ratio']} -> {shape}",) if shape not in ("", wishes["aspect_ratio"]) else (),
    )


def takes_hints(slug: str) -> bool:
    """Whether the model reads `image_config`. Source: OpenRouter docs, image generation."""
    return slug.startswith("google/gemini-")


def picture_count(count: float) -> int:
    """How many pictures to ask for: 1 to 4; anything that is no number is 1."""
    wanted = finite(count)
    return 1 if wanted is None else max(1, min(_MOST_PICTURES, int(wanted)))


def inferred_resolution(sides: Sequence[int]) -> str:
    """The resolution of an edit by the largest side of its pictures, in pixels; "" without any."""
    largest = max(sides, default=0)
    if not largest:
        return ""
    return "4K" if largest >= 3000 else "2K" if largest >= 1500 else "1K"


def chat_body(slug: str, request: ImageRequest, hints: Hints, references: Sequence[str]) -> dict[str, Any]:
    """The chat completions request. `references` are data URLs. Source: OpenRouter docs, image generation."""
    content: str | list[dict[str, Any]] = request.prompt
    if references:
        content = [{"type": "text", "text": request.prompt}, *map(_image_part, references)]
    body: dict[str, Any] = {
        "model": slug,
        "messages": [{"role": "user", "content": content}],
        "modalities": ["image", "text"],
        "n": picture_count(request.count),
    }
    config = {"aspect_ratio": hints.aspect_ratio, "image_size": hints.resolution}
    config = {name: value for name, value in config.items() if value}
    if config:
        body["image_config"] = config
    return body


def images_body(slug: str, request: ImageRequest, hints: Hints, references: Sequence[str]) -> dict[str, Any]:
    """The /images request. Source: OpenRouter API reference, images."""
    wishes: dict[str, Any] = {
        "aspect_ratio": hints.aspect_ratio,
        "resolution": hints.resolution,
        "input_references": [*map(_image_part, references)],
    }
    body = {"model": slug, "prompt": request.prompt, "n": picture_count(request.count)}
    return {**body, **{name: value for name, value in wishes.items() if value}}


def _image_part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}
