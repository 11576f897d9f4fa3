"""Pictures: measured before they are decoded, turned upright, made small enough for a model.

Pillow runs in a process on the leash (`bot/media/leash.py`), never in the daemon: what comes from outside can be
small as a file and large as a picture.
"""

from __future__ import annotations

from bot.media.leash import Leash

LONGEST_SIDE = 1568
DRAWN_SIDE = 4096

_LEASH = Leash("bot.media.picture_decoder")


async def measure(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header alone. Raises `MediaError`."""
    size, _ = await _LEASH.run("measure", data)
    width, _, height = size.partition("x")
    return int(width), int(height)


async def for_model(data: bytes) -> tuple[bytes, str]:
    """A picture that every model takes, and its MIME type: upright, at most 1568 pixels long and 5 MB.

    A picture that is so already, and holds nothing else (a place, a comment), comes back as it is. Raises `MediaError`
    for what is no picture, too large or too much work."""
    return await _fit(data, LONGEST_SIDE)


async def for_drawing(data: bytes) -> tuple[bytes, str]:
    """A picture for a model that changes it, and its MIME type: as `for_model`, but at most 4096 pixels long, because
    what is drawn is as fine as what was given. Raises `MediaError`."""
    return await _fit(data, DRAWN_SIDE)


async def shrink(data: bytes, cap: int) -> tuple[bytes, str]:
    """The picture as a JPEG of at most `cap` bytes, as good as fits. Raises `MediaError` when none does."""
    mime, packed = await _LEASH.run("shrink", data, cap)
    return packed, mime


async def _fit(data: bytes, side: int) -> tuple[bytes, str]:
    mime, packed = await _LEASH.run("fit", data, side)
    return packed or data, mime


def close() -> None:
    """Ends the decoder process."""
    _LEASH.close()
