"""Sound from one form to another, by the ffmpeg that comes with imageio-ffmpeg."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import imageio_ffmpeg

from bot.sandbox.wire import Rejected

SECONDS_AT_MOST = 300
PATIENCE_SECONDS = 60.0
FORMATS = ("wav", "mp3", "flac", "m4a", "ogg", "webm", "aac")  # Source: OpenRouter docs, speech to text
DEMUXERS = "wav,mp3,flac,mov,ogg,matroska,webm,aac"


async def hearable(sound: bytes) -> bytes:
    """The sound (any of `FORMATS`, five minutes at most) as 16 kHz mono signed 16-bit samples.

    Raises `Rejected` 400 when it is not sound. Through a file, because an m4a may have its index at the end;
    never through a playlist or another protocol."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "note")
        await asyncio.to_thread(path.write_bytes, sound)
        read = ("-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-i", str(path))
        write = ("-t", str(SECONDS_AT_MOST), "-vn", "-f", "s16le", "-ar", "16000", "-ac", "1", "pipe:1")
        return await ffmpeg(*read, *write)


async def as_mp3(samples: bytes, rate: int) -> bytes:
    """Mono signed 16-bit samples as MP3."""
    return await ffmpeg(*_raw(rate), "-f", "mp3", "-b:a", "48k", "-ar", "24000", "pipe:1", data=samples)


async def resampled(samples: bytes, rate: int, wanted: int) -> bytes:
    """Mono signed 16-bit samples at another rate."""
    return await ffmpeg(*_raw(rate), "-f", "s16le", "-ar", str(wanted), "pipe:1", data=samples)


def _raw(rate: int) -> tuple[str, ...]:
    return ("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0")


async def ffmpeg(*arguments: str, data: bytes = b"") -> bytes:
    """What ffmpeg writes to its standard output. Raises `Rejected` 400 when it cannot read its input."""
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-v", "error", "-threads", "1", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            made, complaint = await process.communicate(data)
    except TimeoutError:
        raise Rejected(400, "The media takes too long to read") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Rejected(400, f"The media could not be read: {complaint.decode(errors='replace').strip()[-200:]}")
    return made
