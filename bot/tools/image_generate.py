"""The tool that draws and edits pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.media import ImageRequest
from bot.core.messages import Kind, Media
from bot.core.paid import Paid
from bot.core.ports.models import ImageGenerator
from bot.core.spending import Capability, Spend
from bot.core.steps import ToolOutcome
from bot.media.names import safe_name
from bot.tools import arguments
from bot.tools.pictures import ImageSources, named
from bot.tools.spec import FLAG, TEXT, WHOLE, choice, described, spec, texts
from bot.tools.tool import Effect, Tool, ToolContext

ACTIONS = ("generate", "status", "list")
RESOLUTIONS = ("1K", "2K", "4K")
COUNT_AT_MOST = 4
PICTURES_AT_MOST = 10
UNSUPPORTED = ("quality", "outputFormat", "background")
NOTHING_RUNS = "Nothing is being drawn: pictures are drawn within the call, and what was drawn is delivered already."
OFFERED = (
    f"One to {COUNT_AT_MOST} pictures of a prompt, or changes to up to 5 pictures. "
    f"aspectRatio: {', '.join(arguments.RATIOS)}. resolution: {', '.join(RESOLUTIONS)}. model: any that draws."
)

SPEC = spec(
    "image_generate",
    "Draw pictures, or change some. The result is delivered to the chat.",
    action=choice(*ACTIONS),
    prompt=described("What to draw or to change, in full."),
    edit=described("Change the picture(s) the person sent or replied to.", FLAG),
    image=TEXT,
    images=texts("More to change: the person's by number, or https and data: addresses."),
    model=described("Only if asked for."),
    count=WHOLE,
    aspectRatio=described("Such as 16:9."),
    size=described("WxH; its shape counts."),
    resolution=choice(*RESOLUTIONS),
    filename=TEXT,
    timeoutMs=WHOLE,
)


def image_generate(images: ImageGenerator, gallery: ImageSources) -> Tool:
    """The tool, drawing with `images`. A picture is paid for, so a call with unknown outcome is not repeated."""

    async def run(fields: Mapping[str, object], context: ToolContext) -> Paid[ToolOutcome]:
        match arguments.one_of(fields, "action", ACTIONS):
            case "status":
                return Paid(ToolOutcome(NOTHING_RUNS))
            case "list":
                return Paid(ToolOutcome(OFFERED))
        request = asked(fields)
        names = named(fields, context, flag="edit", at_most=PICTURES_AT_MOST)
        request = replace(request, references=tuple([await gallery.load(name, context.pictures) for name in names]))
        drawn = await images.draw(request)
        billed = drawn.cost_microusd is not None
        spend = Spend(context.person, Capability.IMAGE, drawn.model, drawn.cost_microusd, billed, drawn.generation_id)
        parts = []
        for number, picture in enumerate(drawn.pictures, 1):
            blob = await gallery.shelf.put(picture.data, picture.mime)
            parts.append(Media(Kind.PICTURE, blob, file_name(fields, number, len(drawn.pictures), picture.mime)))
        count = f"{len(parts)} pictures" if len(parts) > 1 else "The picture"
        unused = (*drawn.ignored, *(name for name in UNSUPPORTED if fields.get(name) is not None))
        ignored = f" Ignored hints: {', '.join(unused)}." if unused else ""
        changed = f" Fitted to the model: {', '.join(drawn.changed)}; say so." if drawn.changed else ""
        words = f"{count} for {request.prompt!r} will be delivered after your words.{ignored}{changed}"
        return Paid(ToolOutcome(words, tuple(parts)), (spend,))

    return Tool(SPEC, Effect.ONCE, run, Capability.IMAGE)


def asked(fields: Mapping[str, object]) -> ImageRequest:
    """The call as a request, without its pictures. Raises `ToolFailed`."""
    return ImageRequest(
        prompt=arguments.text(fields, "prompt", required=True),
        model=arguments.text(fields, "model"),
        count=arguments.positive_integer(fields, "count", at_most=COUNT_AT_MOST) or 1,
        aspect_ratio=arguments.ratio(fields),
        resolution=arguments.one_of(fields, "resolution", RESOLUTIONS),
        size=arguments.size(fields),
        timeout_seconds=arguments.milliseconds(fields),
    )


def file_name(fields: Mapping[str, object], number: int, count: int, mime: str) -> str:
    """image-1.png, or the name that was asked for with the ending of what was drawn."""
    wanted = arguments.text(fields, "filename")
    ending = extension(mime)
    if not wanted:
        return f"image-{number}.{ending}"
    name = safe_name(wanted, "image")
    stem = name.rpartition(".")[0] or name
    return safe_name(f"{stem}-{number}.{ending}" if count > 1 else f"{stem}.{ending}", f"image-{number}.{ending}")


def extension(mime: str) -> str:
    """The usual file ending of a picture type."""
    return {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(mime, mime.removeprefix("image/") or "png")
