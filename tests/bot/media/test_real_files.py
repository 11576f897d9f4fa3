"""Files as people's devices write them: lengths that are not true, channels out of phase, scans, places in pictures."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from bot.media import audio, images
from bot.media.ffmpeg import Ffmpeg
from bot.media.metadata import holds_metadata
from bot.media.sniff import sniff
from tests.bot.media.sounds import as_format, put, silence, talk

INPUTS = Path(__file__).parent / "inputs"
PLACE = "48.8584"


@pytest.mark.parametrize(
    "name", ["aac-silence-first.aac", "ogg-granule-2h.ogg", "webm-duration-2h.webm", "id3-then-aac.aac"]
)
async def test_a_length_that_the_file_does_not_have_refuses_nothing(name: str) -> None:
    assert await audio.for_transcription(Ffmpeg(), INPUTS / name) is not None


@pytest.mark.parametrize(
    "form", [("-c:a", "aac", "-f", "adts"), ("-c:a", "libmp3lame", "-write_xing", "0", "-f", "mp3")]
)
async def test_an_estimated_length_is_none(tmp_path: Path, form: tuple[str, ...]) -> None:
    path = put(tmp_path, as_format(silence(20) + talk(120), *form))

    assert (await audio.inspect(Ffmpeg(), path)).seconds is None
    assert await audio.for_transcription(Ffmpeg(), path) is not None


@pytest.mark.parametrize("name", ["stereo-antiphase.m4a", "stereo-antiphase.ogg"])
async def test_channels_out_of_phase_are_heard(name: str) -> None:
    assert await audio.for_transcription(Ffmpeg(), INPUTS / name) is not None


async def test_silence_in_two_channels_is_still_silence(tmp_path: Path) -> None:
    path = put(tmp_path, as_format(silence(3), "-ac", "2", "-f", "wav"))

    assert await audio.for_transcription(Ffmpeg(), path) is None


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        ((INPUTS / "id3-then-aac.aac").read_bytes()[:4096], "audio/aac"),
        (b"ID3\x04\0\0\0\0\0\x02xxfLaC", "audio/flac"),
        (b"ID3\x04\0\0\0\0\x7f\x7f", "audio/mpeg"),
        (b"\0" * 900 + b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\0" * 900 + b"\xff\xf1\x50\x80", "audio/aac"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
        (b"\0" * 4096, ""),
        (b"\0\xff\x00\x00", ""),
        (b"\0" * 5 + b"MZ", ""),
    ],
)
def test_sound_behind_a_tag_or_zeros_is_known(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


async def test_a_tag_larger_than_the_head_is_looked_behind(tmp_path: Path) -> None:
    tag = b"ID3\x04\0\0\0\0\x7f\x7f" + bytes(127 * 128 + 127)
    path = put(tmp_path, tag + as_format(talk(2), "-c:a", "aac", "-f", "adts"))

    assert (await audio.inspect(Ffmpeg(), path)).mime == "audio/aac"


async def test_grey_of_sixteen_bits_keeps_its_grey() -> None:
    packed = io.BytesIO()
    Image.frombytes("I;16", (5000, 20), b"\x00\x40" * 100_000).save(packed, "PNG")
    large = packed.getvalue()

    for data, _ in (await images.for_model(large), await images.for_drawing(large), await images.shrink(large, 90_000)):
        low, high = Image.open(io.BytesIO(data)).convert("L").getextrema()
        assert isinstance(low, float | int) and isinstance(high, float | int)
        assert 58 <= low <= high <= 70


async def test_a_scan_is_not_white() -> None:
    data, _ = await images.shrink((INPUTS / "grey16-scan.png").read_bytes(), 90_000)

    low, _ = Image.open(io.BytesIO(data)).convert("L").getextrema()
    assert isinstance(low, float | int) and low < 200


def with_place() -> list[bytes]:
    """The same small picture with a place in each form that a file has for it."""
    drawn, info = Image.new("RGB", (9, 9), "red"), PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", PLACE)
    text, exif = PngImagePlugin.PngInfo(), Image.Exif()
    text.add_text("Location", PLACE)
    exif[0x010E] = PLACE
    ways: list[tuple[str, dict[str, object]]] = [
        ("PNG", {"pnginfo": info}),
        ("PNG", {"pnginfo": text}),
        ("PNG", {"exif": exif}),
        ("JPEG", {"comment": PLACE}),
        ("JPEG", {"exif": exif}),
        ("JPEG", {"xmp": PLACE.encode()}),
        ("WEBP", {"exif": exif}),
        ("WEBP", {"xmp": PLACE.encode()}),
        ("GIF", {"comment": PLACE}),
    ]
    made: list[bytes] = []
    for form, how in ways:
        packed = io.BytesIO()
        drawn.save(packed, form, **how)
        made.append(packed.getvalue())
    jpeg, iptc = io.BytesIO(), b"\xff\xed" + (2 + len(PLACE)).to_bytes(2, "big") + PLACE.encode()
    drawn.save(jpeg, "JPEG")
    plain = jpeg.getvalue()
    made += [plain[:2] + iptc + plain[2:], plain + PLACE.encode(), plain[:-2] + iptc + plain[-2:]]
    return [*made, *((INPUTS / name).read_bytes() for name in ("xmp-gps.png", "xmp-gps.jpg"))]


@pytest.mark.parametrize("data", with_place(), ids=range(len(with_place())))
async def test_a_place_goes_along_in_no_form(data: bytes) -> None:
    fit, mime = await images.for_model(data)

    assert fit != data
    assert PLACE.encode() not in fit
    assert not holds_metadata(fit, mime)
