"""Files that are not what they seem: each is refused with a clear sentence, and memory stays bounded."""

from __future__ import annotations

import resource
import struct
import zlib

import pytest

from tests.flows.world import World
from tests.sides import TelegramSide
from tests.sounds import ffmpeg

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
GROWTH_KILOBYTES = 150_000  # the picture alone would take 2.7 GB when decoded


@pytest.fixture(scope="session")
def hour_of_silence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    silence = ("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "60")
    minute = tmp_path_factory.mktemp("silence") / "minute.ogg"
    minute.write_bytes(ffmpeg(*silence, "-c:a", "libopus", "-b:a", "6k", "-frame_duration", "60", "-f", "ogg"))
    return ffmpeg("-stream_loop", "59", "-i", str(minute), "-c", "copy", "-f", "ogg")


def huge_png(side: int = 30_000) -> bytes:
    """A picture of 900 million pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(3 * side + 1) * 64, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def peaks() -> tuple[int, int]:
    """The largest memory this process and its finished children ever had, in kilobytes."""
    return tuple(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # type: ignore[return-value]


async def refused(world: World) -> str:
    await world.side.until(lambda: any(not text.endswith("…") for text in world.texts()), 60)
    await world.settled()
    (text,) = world.texts()
    assert not world.prompts()
    assert not world.sandbox.asked("/audio/transcriptions")
    return text


async def test_a_playlist_is_no_voice_note(on_telegram: World, telegram: TelegramSide) -> None:
    await telegram.voice(PLAYLIST, 2)

    assert "recording" in await refused(on_telegram)


async def test_an_hour_of_silence_is_refused_without_being_decoded(
    on_telegram: World, telegram: TelegramSide, hour_of_silence: bytes
) -> None:
    before = peaks()
    await telegram.voice(hour_of_silence, 3)  # the announced length is a lie

    text = await refused(on_telegram)
    assert "minutes" in text
    assert all(after - then < GROWTH_KILOBYTES for then, after in zip(before, peaks(), strict=True))


async def test_a_picture_of_900_million_pixels_is_refused(on_telegram: World, telegram: TelegramSide) -> None:
    before = peaks()
    await telegram.picture(huge_png(), "what is this")

    await telegram.until(lambda: any("picture" in text or "image" in text for text in on_telegram.texts()), 60)
    await on_telegram.settled()
    assert "image_url" not in "".join(on_telegram.prompts())
    assert all(after - then < GROWTH_KILOBYTES for then, after in zip(before, peaks(), strict=True))
