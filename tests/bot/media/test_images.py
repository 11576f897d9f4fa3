import asyncio
import io
import random
import struct
import zlib

import pytest
from PIL import Image

from bot.core.errors import MediaError
from bot.media import images, picture_decoder

ORIENTATION, GPS = 0x0112, 0x8825


def picture(form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **how: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    packed = io.BytesIO()
    drawn.convert(mode).save(packed, form, **how)
    return packed.getvalue()


def noise(side: int) -> bytes:
    drawn = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3))
    packed = io.BytesIO()
    drawn.save(packed, "PNG", compress_level=0)
    return packed.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 999)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"\x10\x03A\xcf", b""), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixel(data: bytes, mode: str, x: int, y: int) -> tuple[int, ...]:
    """The bands of one pixel."""
    bands = opened(data).convert(mode).getpixel((x, y))
    assert isinstance(bands, tuple)
    return bands


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_small_picture_is_measured_and_comes_back_as_it_is(form: str) -> None:
    data = picture(form)

    assert await images.measure(data) == (40, 20)
    assert await images.for_model(data) == (data, f"image/{form.lower()}")


async def test_a_photo_that_is_to_be_changed_stays_as_fine_as_models_draw() -> None:
    fine, larger = picture("JPEG", (4096, 1000)), picture("JPEG", (6000, 1000))

    assert await images.for_drawing(fine) == (fine, "image/jpeg")
    assert opened((await images.for_drawing(larger))[0]).size == (4096, 683)


async def test_a_large_photo_is_made_small() -> None:
    data, mime = await images.for_model(picture("JPEG", (4000, 1000)))

    assert mime == "image/jpeg"
    assert opened(data).size == (1568, 392)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
async def test_transparency_is_kept(form: str) -> None:
    clear = Image.new("RGBA", (2000, 100), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 1000, 100))
    packed = io.BytesIO()
    clear.save(packed, form)

    data, mime = await images.for_model(packed.getvalue())

    assert mime == "image/png"
    assert pixel(data, "RGBA", 1500, 40) == pixel(data, "RGBA", 1400, 10)
    assert pixel(data, "RGBA", 1500, 40)[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK", "LA", "RGBA"])
async def test_every_colour_mode_is_made_small(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"

    data, _ = await images.for_model(picture(form, (3000, 30), mode))

    assert max(opened(data).size) == 1568


@pytest.mark.parametrize("orientation", range(2, 9))
async def test_a_photo_is_turned_as_the_camera_was_held(orientation: int) -> None:
    upright = Image.new("RGB", (64, 32), "blue")
    upright.paste("red", (0, 0, 32, 16))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    packed = io.BytesIO()
    upright.transpose(Image.Transpose(undo)).save(packed, "PNG", exif=exif)

    data, _ = await images.for_model(packed.getvalue())

    assert opened(data).size == (64, 32)
    assert pixel(data, "RGB", 8, 8)[0] > 200
    assert pixel(data, "RGB", 56, 24)[2] > 200


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_where_a_photo_was_taken_stays_private(form: str) -> None:
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 0.0)}
    exif[0x010F] = "secret camera"
    photo = picture(form, exif=exif)
    assert b"secret camera" in photo

    for data, _ in (await images.for_model(photo), await images.shrink(photo, 100_000)):
        assert not opened(data).getexif()
        assert b"secret camera" not in data


async def test_an_animation_becomes_its_first_picture() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    packed = io.BytesIO()
    frames[0].save(packed, "GIF", save_all=True, append_images=frames[1:])

    data, mime = await images.for_model(packed.getvalue())

    assert mime in ("image/png", "image/jpeg")
    assert pixel(data, "RGB", 5, 5)[0] > 200


async def test_a_heavy_picture_gets_lighter() -> None:
    heavy = noise(1500)
    assert len(heavy) > picture_decoder.BYTES_AT_MOST

    data, mime = await images.for_model(heavy)

    assert mime == "image/jpeg"
    assert len(data) <= picture_decoder.BYTES_AT_MOST


@pytest.mark.parametrize(
    "size", [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (65_000, 65_000), (8_000, 5_001), (20_000, 10)]
)
async def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    for ask in (images.measure, images.for_model):
        with pytest.raises(MediaError) as refused:
            await ask(bomb(*size))
        assert "too large" in refused.value.tell


BROKEN = [
    b"",
    b"x",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"\0\0\0\x18ftypheic",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBP",
    bomb(50, 50),
    bomb(0, 0),
    b"GIF89a" + b"\xff" * 500,
]


@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
async def test_what_is_no_picture_is_refused_with_a_plain_sentence(data: bytes) -> None:
    with pytest.raises(MediaError) as refused:
        await images.for_model(data)

    assert refused.value.tell == picture_decoder.UNREADABLE


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_damaged_file_gives_a_picture_or_a_media_error(form: str) -> None:
    dice, whole = random.Random(7), picture(form, (1700, 30), exif=b"") if form != "GIF" else picture(form, (1700, 30))

    for _ in range(150):
        data = bytearray(whole[: dice.randint(20, len(whole))])
        for _ in range(dice.randint(0, 8)):
            data[dice.randrange(8, len(data))] = dice.randrange(256)
        try:
            await images.for_model(bytes(data))
        except MediaError as error:
            assert error.tell in (picture_decoder.UNREADABLE, picture_decoder.TOO_LARGE) or "too large" in error.tell


@pytest.mark.parametrize("cap", [400_000, 60_000])
async def test_a_picture_is_packed_to_fit_an_upload(cap: int) -> None:
    data, mime = await images.shrink(noise(900), cap)

    assert mime == "image/jpeg"
    assert len(data) <= cap
    with pytest.raises(MediaError, match="does not fit"):
        await images.shrink(noise(100), 50)


async def test_the_event_loop_goes_on_while_a_picture_is_read() -> None:
    large = picture("PNG", (6000, 6000))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    await images.for_model(large)
    ticking.cancel()

    assert ticks > 5
