"""What the stand-in sees in a picture: its size and its main colours."""

from __future__ import annotations

from PIL import Image

from bot.sandbox.drawing.canvas import COLOURS, Colour
from bot.sandbox.drawing.pictures import decoded, last_words, opened
from bot.sandbox.wire import Json, Rejected


def describe(message: Json) -> str:
    """A sentence about the pictures in a message, "" when it has none that can be opened."""
    if message["role"] != "user":
        return ""
    seen = []
    for url in last_words([message])[1]:
        try:
            image = opened(decoded(url))
        except Rejected:
            continue
        seen.append(f"{image.width} by {image.height} pixels, mostly {' and '.join(main_colours(image))}")
    if not seen:
        return ""
    what = "a picture" if len(seen) == 1 else f"{len(seen)} pictures"
    return f"I can see {what}: {'; '.join(seen)}. What it shows is beyond a stand-in."


def main_colours(image: Image.Image) -> list[str]:
    """The names of the one or two most common colours."""
    small = image.resize((32, 32))
    counts: dict[str, int] = {}
    for colour in (small.getpixel((x, y)) for x in range(32) for y in range(32)):
        if isinstance(colour, tuple):
            name = nearest((colour[0], colour[1], colour[2]))
            counts[name] = counts.get(name, 0) + 1
    ranked = sorted(counts, key=lambda name: -counts[name])
    return [name for name in ranked[:2] if counts[name] >= 200] or ranked[:1]


def nearest(colour: Colour) -> str:
    """The name of the closest named colour."""
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], colour, strict=True)))
