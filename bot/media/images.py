"""Pictures: measured before they are decoded, turned upright, made small enough for a model."""

from __future__ import annotations

import asyncio
import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.core.errors import MediaError
from bot.media.sniff import HEAD_BYTES, sniff

PIXELS_AT_MOST = 40_000_000
LONGEST_SIDE = 1568
BYTES_AT_MOST = 5 * 1024 * 1024
JPEG_STEPS = (88, 75, 60, 45)
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}

UNREADABLE = "I cannot read that picture. Please send it as PNG, JPEG, WebP or GIF."


async def measure(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header alone. Raises `MediaError`."""
    return await asyncio.to_thread(_measure, data)


async def for_model(data: bytes) -> tuple[bytes, str]:
    """A picture that every model takes, and its MIME type: upright, at most 1568 pixels long and 5 MB.

    A picture that is so already comes back as it is. Raises `MediaError` for what is no picture or too large."""
    return await asyncio.to_thread(_for_model, data)


async def shrink(data: bytes, cap: int) -> tuple[bytes, str]:
    """The picture as a JPEG of at most `cap` bytes, as good as fits. Raises `MediaError` when none does."""
    return await asyncio.to_thread(_shrink, data, cap)


def _measure(data: bytes) -> tuple[int, int]:
    with _open(data) as picture:
        return picture.size


def _for_model(data: bytes) -> tuple[bytes, str]:
    mime = sniff(data[:HEAD_BYTES])
    with _open(data) as picture:
        rotated = picture.getexif().get(0x0112, 1) != 1
        if max(picture.size) <= LONGEST_SIDE and len(data) <= BYTES_AT_MOST and not rotated:
            picture.load()  # so that a broken file is found here and not by the model
            return data, mime
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        if upright.mode in ("RGBA", "LA", "P") and mime in ("image/png", "image/webp", "image/gif"):
            packed = _save(upright.convert("RGBA"), "PNG")
            if len(packed) <= BYTES_AT_MOST:
                return packed, "image/png"
        return _save(upright.convert("RGB"), "JPEG", quality=88), "image/jpeg"


def _shrink(data: bytes, cap: int) -> tuple[bytes, str]:
    with _open(data) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")
        for side in (max(small.size), 2560, 1600, 1024):
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            for quality in JPEG_STEPS:
                if len(packed := _save(small, "JPEG", quality=quality)) <= cap:
                    return packed, "image/jpeg"
    raise MediaError(f"the picture does not fit into {cap} bytes")


def _open(data: bytes) -> Image.Image:
    """The picture, its header read and nothing decoded yet. Raises `MediaError`."""
    mime = sniff(data[:HEAD_BYTES])
    if mime not in FORMATS:
        raise MediaError(f"not a picture: it begins like {mime or 'an unknown format'!r}", tell=UNREADABLE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked just below
            picture = Image.open(io.BytesIO(data), formats=[FORMATS[mime]])
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise _refused(error) from error
    width, height = picture.size
    if width * height > PIXELS_AT_MOST:
        raise MediaError(
            f"the picture has {width} x {height} pixels, more than {PIXELS_AT_MOST}",
            tell=f"That picture is too large for me ({width} x {height} pixels). Please send a smaller one.",
        )
    return picture


def _refused(error: Exception) -> MediaError:
    if isinstance(error, Image.DecompressionBombError):
        return MediaError(str(error), tell="That picture is too large for me. Please send a smaller one.")
    return MediaError(f"the picture cannot be read: {error}", tell=UNREADABLE)


def _save(picture: Image.Image, form: str, **how: int) -> bytes:
    packed = io.BytesIO()
    try:
        picture.save(packed, form, **how)
    except (OSError, ValueError) as error:  # a file that ends in the middle shows itself only when it is decoded
        raise _refused(error) from error
    return packed.getvalue()
