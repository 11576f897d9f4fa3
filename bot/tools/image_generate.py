"""The tool that draws and edits pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from bot.core.chat import ToolSpec
from bot.core.messages import Blob, Kind, Media
from bot.core.ports import ImageGenerator
from bot.core.work import Capability, ImageRequest, Spend, ToolOutcome
from bot.tools import arguments
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
RESOLUTIONS = ("1K", "2K", "4K")
COUNT_AT_MOST = 4
REFERENCES_AT_MOST = 5

SPEC = ToolSpec(
    "image_generate",
    "Draw pictures, or change the picture the person sent or replied to. The result is delivered to the chat.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "What to draw or to change, in full."},
                "edit": {"type": "boolean", "description": "Change the person's own picture(s)."},
                "count": {"type": "integer", "minimum": 1, "maximum": COUNT_AT_MOST},
                "aspectRatio": {"type": "string", "enum": RATIOS},
                "resolution": {"type": "string", "enum": RESOLUTIONS},
                "timeoutMs": {"type": "integer"},
            },
            "required": ["prompt"],
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
        edit = arguments.flag(given, "edit")
        if edit and not context.pictures:
            raise ToolFailed("There is no picture to change: the person sent none and replied to none. Ask for it.")
        timeout = arguments.positive_integer(given, "timeoutMs")
        request = ImageRequest(
            prompt=arguments.text(given, "prompt", required=True),
            references=context.pictures[:REFERENCES_AT_MOST] if edit else (),
            count=arguments.positive_integer(given, "count", at_most=COUNT_AT_MOST) or 1,
            aspect_ratio=arguments.one_of(given, "aspectRatio", RATIOS),
            resolution=arguments.one_of(given, "resolution", RESOLUTIONS),
            timeout_seconds=timeout / 1000 if timeout else None,
        )
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
            parts.append(Media(Kind.PICTURE, blob, f"image-{number}.{extension(picture.mime)}"))
        count = f"{len(parts)} pictures" if len(parts) > 1 else "The picture"
        ignored = f" Ignored hints: {', '.join(drawn.ignored)}." if drawn.ignored else ""
        return ToolOutcome(f"{count} for {request.prompt!r} will be delivered after your words.{ignored}", tuple(parts))

    return Tool(SPEC, Effect.ONCE, run, Capability.IMAGE)


def extension(mime: str) -> str:
    """The usual file ending of a picture type."""
    return {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(mime, mime.removeprefix("image/") or "png")
