"""The tool that draws and edits pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from bot.core.chat import ToolSpec
from bot.core.messages import Blob, Kind, Media
from bot.core.ports import ImageGenerator
from bot.core.work import Capability, ImageRequest, Spend, ToolOutcome
from bot.media.names import safe_name
from bot.tools import arguments
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed

ACTIONS = ("generate", "status", "list")
RESOLUTIONS = ("1K", "2K", "4K")
COUNT_AT_MOST = 4
REFERENCES_AT_MOST = 5
UNSUPPORTED = ("quality", "outputFormat", "background")
NOTHING_RUNS = "Nothing is being drawn: pictures are drawn within the call, and what was drawn is delivered already."
OFFERED = (
    f"One to {COUNT_AT_MOST} pictures of a prompt, or changes to up to {REFERENCES_AT_MOST} pictures of the person. "
    f"aspectRatio: {', '.join(arguments.RATIOS)}. resolution: {', '.join(RESOLUTIONS)}."
)

SPEC = ToolSpec(
    "image_generate",
    "Draw pictures, or change the picture the person sent or replied to. The result is delivered to the chat.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": ACTIONS},
                "prompt": {"type": "string", "description": "What to draw or to change, in full."},
                "edit": {"type": "boolean", "description": "Change the person's own picture(s)."},
                "count": {"type": "integer", "minimum": 1, "maximum": COUNT_AT_MOST},
                "aspectRatio": {"type": "string", "description": "Such as 16:9."},
                "size": {"type": "string", "description": "WxH; its shape counts."},
                "resolution": {"type": "string", "enum": RESOLUTIONS},
                "filename": {"type": "string"},
                "timeoutMs": {"type": "integer"},
            },
        },
        separators=(",", ":"),
    ),
)


class Shelf(Protocol):
    """Where pictures are kept."""

    async def put(self, data: bytes, mime: str) -> Blob: ...


def image_generate(images: ImageGenerator, blobs: Shelf) -> Tool:
    """The tool, drawing with `images`. A picture is paid for, so a call with unknown outcome is not repeated."""

    async def run(given: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        match arguments.one_of(given, "action", ACTIONS):
            case "status":
                return ToolOutcome(NOTHING_RUNS)
            case "list":
                return ToolOutcome(OFFERED)
        request = asked(given, context.pictures)
        drawn = await images.draw(request)
        context.spend.append(
            Spend(
                context.person,
                Capability.IMAGE,
                drawn.model,
                drawn.cost_microusd,
                drawn.cost_microusd is not None,
                drawn.generation_id,
            )
        )
        parts = []
        for number, picture in enumerate(drawn.pictures, 1):
            blob = await blobs.put(picture.data, picture.mime)
            parts.append(Media(Kind.PICTURE, blob, file_name(given, number, len(drawn.pictures), picture.mime)))
        count = f"{len(parts)} pictures" if len(parts) > 1 else "The picture"
        unused = (*drawn.ignored, *(name for name in UNSUPPORTED if given.get(name) is not None))
        ignored = f" Ignored hints: {', '.join(unused)}." if unused else ""
        return ToolOutcome(f"{count} for {request.prompt!r} will be delivered after your words.{ignored}", tuple(parts))

    return Tool(SPEC, Effect.ONCE, run, Capability.IMAGE)


def asked(given: Mapping[str, object], pictures: tuple[Blob, ...]) -> ImageRequest:
    """The call as a request. Raises `ToolFailed`."""
    edit = arguments.flag(given, "edit")
    if edit and not pictures:
        raise ToolFailed("There is no picture to change: the person sent none and replied to none. Ask for it.")
    timeout = arguments.positive_integer(given, "timeoutMs")
    return ImageRequest(
        prompt=arguments.text(given, "prompt", required=True),
        references=pictures[:REFERENCES_AT_MOST] if edit else (),
        count=arguments.positive_integer(given, "count", at_most=COUNT_AT_MOST) or 1,
        aspect_ratio=arguments.ratio(given),
        resolution=arguments.one_of(given, "resolution", RESOLUTIONS),
        size=arguments.size(given),
        timeout_seconds=timeout / 1000 if timeout else None,
    )


def file_name(given: Mapping[str, object], number: int, count: int, mime: str) -> str:
    """image-1.png, or the name that was asked for with the ending of what was drawn."""
    wanted = arguments.text(given, "filename")
    ending = extension(mime)
    if not wanted:
        return f"image-{number}.{ending}"
    name = safe_name(wanted, "image")
    stem = name.rpartition(".")[0] or name
    return safe_name(f"{stem}-{number}.{ending}" if count > 1 else f"{stem}.{ending}", f"image-{number}.{ending}")


def extension(mime: str) -> str:
    """The usual file ending of a picture type."""
    return {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(mime, mime.removeprefix("image/") or "png")
