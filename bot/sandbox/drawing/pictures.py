"""Pictures as requests ask for them: drawn from words, or an edited reference."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import re
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.sandbox.drawing.canvas import COLOURS, darker, lighter
from bot.sandbox.drawing.scene import caption, paint, read
from bot.sandbox.wire import Json, Rejected

SIDES = {"1K": 768, "2K": 1280, "4K": 1920, "512": 512}  # smaller than the real ones: a demo should be quick
PIXELS_AT_MOST = 40_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """Pictures to make. `references` are whole files; `ratio` is width to height such as 16:9."""

    prompt: str
    references: tuple[bytes, ...] = ()
    count: int = 1
    ratio: str = "1:1"
    resolution: str = "1K"


async def draw_for_chat(body: Json) -> list[str]:
    """The pictures a chat request with image output asks for, as data URLs. Raises `Rejected` 400."""
    prompt, references = last_words(body["messages"])
    config = body.get("image_config") or {}
    order = Order(
        prompt,
        tuple(decoded(url) for url in references),
        min(4, int(body.get("n") or 1)),
        config.get("aspect_ratio", "1:1"),
        config.get("image_size", "1K"),
    )
    pictures = await asyncio.to_thread(make, order)
    return ["data:image/png;base64," + base64.b64encode(picture).decode() for picture in pictures]


def last_words(messages: list[Json]) -> tuple[str, list[str]]:
    """Text and picture links of the last message of a person."""
    content = next((message["content"] for message in reversed(messages) if message["role"] == "user"), "")
    if isinstance(content, str):
        return content, []
    words = [part["text"] for part in content if part["type"] == "text"]
    return "\n".join(words), [part["image_url"]["url"] for part in content if part["type"] == "image_url"]


def decoded(url: str) -> bytes:
    """The bytes of a data URL. Raises `Rejected` 400 for anything else: the sandbox is offline."""
    head, _, data = url.partition(",")
    if not re.fullmatch(r"data:image/[\w.+-]+;base64", head, re.IGNORECASE):
        raise Rejected(400, "The sandbox is offline: pictures must come as base64 data URLs")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(400, "The picture's base64 does not decode") from None


def make(order: Order) -> list[bytes]:
    """PNG files. Raises `Rejected` 400 when a reference is not a picture."""
    pictures = []
    for variant in range(order.count):
        if order.references:
            picture = edited(opened(order.references[0]), order.prompt)
        else:
            picture = paint(order.prompt, *dimensions(order.ratio, order.resolution), variant)
        pictures.append(png(picture))
    return pictures


def dimensions(ratio: str, resolution: str = "1K") -> tuple[int, int]:
    """Width and height in pixels, even numbers."""
    side = SIDES.get(resolution, SIDES["1K"])
    wide, high = (float(part) for part in (ratio if ":" in ratio else "1:1").split(":"))
    scale = side / max(wide, high)
    return round(wide * scale) // 2 * 2, round(high * scale) // 2 * 2


def opened(data: bytes) -> Image.Image:
    """The picture in these bytes. Raises `Rejected` 400."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > PIXELS_AT_MOST:
            raise Rejected(400, f"The picture has {image.width * image.height} pixels; {PIXELS_AT_MOST} at most")
        return image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Rejected(400, "The reference is not a picture") from None


def edited(image: Image.Image, prompt: str) -> Image.Image:
    """The picture in the colour the prompt names, in grey for black and white, else with the prompt below."""
    image = image.copy()
    image.thumbnail((1024, 1024))
    words = re.findall(r"[a-z]+", prompt.lower())
    if "black and white" in prompt.lower() or "grayscale" in words or "greyscale" in words:
        image = ImageOps.grayscale(image).convert("RGB")
    elif colours := read(prompt).colours:
        named = next(colour for colour in colours if colour in COLOURS.values())
        toned = ImageOps.colorize(
            ImageOps.autocontrast(ImageOps.grayscale(image)), darker(named, 0.75), lighter(named, 0.8), mid=named
        )
        image = Image.blend(image, toned, 0.8)
    elif {"flip", "mirror", "mirrored"} & set(words):
        image = ImageOps.mirror(image)
    caption(image, prompt)
    return image


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=4)
    return out.getvalue()
