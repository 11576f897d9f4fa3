"""Short real clips: the camera moves slowly over a drawn picture, encoded as MP4."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from bot.sandbox.audio.conversion import ffmpeg
from bot.sandbox.audio.songs import RATE, song, wav
from bot.sandbox.drawing.pictures import decoded, opened
from bot.sandbox.drawing.scene import paint
from bot.sandbox.wire import Json

LONG_SIDE, FRAMES_A_SECOND = 480, 12
ZOOM = 1.25


async def render(order: Json) -> bytes:
    """The clip of a video request as an MP4 file. Raises `Rejected` 400 for a broken first frame."""
    seconds = int(order.get("duration") or 4)
    width, height = clip_size(order)
    frames = await asyncio.to_thread(lambda: b"".join(pan(first_picture(order, width, height), width, height, seconds)))
    with tempfile.TemporaryDirectory() as folder:
        film, tune = Path(folder, "clip.mp4"), Path(folder, "tune.wav")
        picture = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FRAMES_A_SECOND))
        sound: tuple[str, ...] = ()
        if order.get("generate_audio", True):
            samples = await asyncio.to_thread(song, order["prompt"], seconds)
            await asyncio.to_thread(tune.write_bytes, wav(samples, RATE))
            sound = ("-i", str(tune), "-c:a", "aac", "-b:a", "48k", "-shortest")
        code = (
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "30",
            "-pix_fmt",
            "yuv420p",
            "-movflags",
            "+faststart",
        )
        await ffmpeg(*picture, "-i", "pipe:0", *sound, *code, str(film), data=frames)
        return await asyncio.to_thread(film.read_bytes)


def clip_size(order: Json) -> tuple[int, int]:
    """Width and height in pixels: small, in the ratio that was asked for."""
    wide, high = (float(part) for part in order.get("aspect_ratio", "16:9").split(":"))
    if "size" in order:
        wide, high = (float(part) for part in order["size"].split("x"))
    scale = LONG_SIDE / max(wide, high)
    return round(wide * scale) // 2 * 2, round(high * scale) // 2 * 2


def first_picture(order: Json, width: int, height: int) -> Image.Image:
    """The first frame of the order, else a drawing of the prompt; larger than the clip, to move over."""
    size = (round(width * ZOOM), round(height * ZOOM))
    first_frames = [part["image_url"]["url"] for part in order.get("frame_images") or ()]
    if first_frames and first_frames[0].startswith("data:"):
        return ImageOps.fit(opened(decoded(first_frames[0])), size)
    return paint(order["prompt"], *size)


def pan(picture: Image.Image, width: int, height: int, seconds: int) -> Iterator[bytes]:
    """The frames: from the whole picture slowly closer, from left to right."""
    count = seconds * FRAMES_A_SECOND
    for number in range(count):
        share = number / max(1, count - 1)
        wide, high = picture.width * (1 - 0.18 * share), picture.height * (1 - 0.18 * share)
        left, top = (picture.width - wide) * share, (picture.height - high) * 0.6
        window = (left, top, left + wide, top + high)
        yield picture.resize((width, height), Image.Resampling.BILINEAR, box=window).tobytes()
