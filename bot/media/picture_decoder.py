"""The picture decoder (Pillow): measures before it decodes, turns upright, makes small. Runs on the leash."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image

from bot.core.errors import MediaError
from bot.media.metadata import holds_metadata, scans
from bot.media.sniff import HEAD_BYTES, sniff

PIXELS_AT_MOST = 40_000_000
SIDE_AT_MOST = 16_384
SCANS_AT_MOST = 64
BYTES_AT_MOST = 5 * 1024 * 1024
JPEG_STEPS = (88, 75, 60, 45)
SIDE_STEPS = (4096, 2560, 1600, 1024, 512)
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}

UNREADABLE = "I cannot read that picture. Please send it as PNG, JPEG, WebP or GIF."
TOO_LARGE = "That picture is too large for me. Please send a smaller one."

# What Pillow's readers raise on broken files, found by feeding them cut and changed ones.
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


def prepare() -> None:
    """Loads the four readers: later the process can open nothing."""
    Image.preinit()
    for name in FORMATS.values():
        packed = io.BytesIO()
        Image.new("RGB", (1, 1)).save(packed, name)
        Image.open(packed, formats=[name]).load()


def work(task: str, data: bytes, number: int) -> tuple[str, bytes]:
    """One file. The label is "WIDTHxHEIGHT" for `measure`, else the MIME type; no bytes for `fit` mean: as it was.
    Raises `MediaError`."""
    match task:
        case "measure":
            width, height = _measure(data)
            return f"{width}x{height}", b""
        case "fit":
            packed, mime = _fit(data, number)
            return mime, b"" if packed is data else packed
        case _:
            packed, mime = _shrink(data, number)
            return mime, packed


def _measure(data: bytes) -> tuple[int, int]:
    with _reading(data) as picture:
        return picture.size


def _fit(data: bytes, side: int) -> tuple[bytes, str]:
    mime = sniff(data[:HEAD_BYTES])
    with _reading(data) as picture:
        fits = max(picture.size) <= side and len(data) <= BYTES_AT_MOST
        if fits and not holds_metadata(data, mime) and not getattr(picture, "is_animated", False):
            picture.load()  # so that a broken file is found here and not by the model
            return data, mime
        small = _upright(picture, side)
        if small.has_transparency_data:
            packed = _save(small.convert("RGBA"), "PNG")
            if len(packed) <= BYTES_AT_MOST:
                return packed, "image/png"
        return _as_jpeg(_on_white(small), BYTES_AT_MOST), "image/jpeg"


def _shrink(data: bytes, cap: int) -> tuple[bytes, str]:
    with _reading(data) as picture:
        return _as_jpeg(_on_white(_upright(picture, SIDE_STEPS[0])), cap), "image/jpeg"


def _as_jpeg(picture: Image.Image, cap: int) -> bytes:
    """The picture in at most `cap` bytes, as good as fits."""
    for side in SIDE_STEPS:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in JPEG_STEPS:
            if len(packed := _save(picture, "JPEG", quality=quality)) <= cap:
                return packed
    raise MediaError(f"the picture does not fit into {cap} bytes", tell=TOO_LARGE)


@contextmanager
def _reading(data: bytes) -> Iterator[Image.Image]:
    """The picture, its header read and nothing decoded yet. Raises `MediaError`, also for what shows itself only
    when the block decodes it."""
    mime = sniff(data[:HEAD_BYTES])
    if mime == "image/jpeg" and scans(data) > SCANS_AT_MOST:
        raise MediaError(f"the JPEG has {scans(data)} scans, the limit is {SCANS_AT_MOST}", tell=TOO_LARGE)
    if mime not in FORMATS:
        raise MediaError(f"not a picture: it begins like {mime or 'an unknown format'!r}", tell=UNREADABLE)
    try:
        with Image.open(io.BytesIO(data), formats=[FORMATS[mime]]) as picture:
            width, height = picture.size
            if width * height > PIXELS_AT_MOST or max(width, height) > SIDE_AT_MOST:
                raise MediaError(
                    f"the picture has {width} x {height} pixels, the limit is {PIXELS_AT_MOST}",
                    tell=f"That picture is too large for me ({width} x {height} pixels). Please send a smaller one.",
                )
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise MediaError(f"the picture is too large to open: {error}", tell=TOO_LARGE) from error
    except _BROKEN as error:
        raise MediaError(f"the picture cannot be read: {error}", tell=UNREADABLE) from error


def _upright(picture: Image.Image, side: int) -> Image.Image:
    """At most `side` pixels long, and turned as the camera was held. Made small first: the memory of one decode."""
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    picture = _in_eight_bits(picture)
    if picture.mode == "P":
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    turn = _TURNS.get(orientation)
    return picture.transpose(turn) if turn is not None else picture


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits scaled: Pillow's own conversion clips, which turns scans and X-rays white."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    grey = picture.convert("I").point(lambda value: value * (1 / 257))
    grey.info.pop("transparency", None)  # it names a grey of 16 bits
    return grey.convert("L")


# How to undo each orientation. Source: Exif 2.3, tag 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _on_white(picture: Image.Image) -> Image.Image:
    """In plain colours, as JPEG wants it, with white where the picture was transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    colours = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")


def _save(picture: Image.Image, form: str, **how: int) -> bytes:
    """The bare picture: where it was taken and with what does not go along."""
    packed = io.BytesIO()
    # Formats write some of it again, which ones depends on Pillow's version.
    picture.info = {name: value for name, value in picture.info.items() if name in ("icc_profile", "transparency")}
    picture.save(packed, form, **how)
    return packed.getvalue()
