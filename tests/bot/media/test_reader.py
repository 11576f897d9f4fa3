"""Files that are too large for a channel are made smaller, and stay what they are."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from bot.core.errors import MediaError
from bot.media.audio import wav
from bot.media.reader import MediaReader
from bot.media.sniff import sniff
from bot.store import SqliteStore


def noisy_png(side: int) -> bytes:
    packed = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)).save(packed, "PNG")
    return packed.getvalue()


async def test_a_large_picture_becomes_a_jpeg_that_fits(store: SqliteStore) -> None:
    picture = await store.put(noisy_png(400), "image/png")

    smaller = await MediaReader(store).smaller(picture, 90_000)

    assert smaller.mime == "image/jpeg"
    assert smaller.size <= 90_000
    assert sniff(await store.read(smaller)) == "image/jpeg"


async def test_a_large_song_becomes_opus_that_fits(store: SqliteStore) -> None:
    song = await store.put(wav(random.Random(1).randbytes(48_000 * 2 * 3), 48_000), "audio/wav")

    smaller = await MediaReader(store).smaller(song, 60_000)

    assert smaller.mime == "audio/ogg"
    assert smaller.size <= 60_000


async def test_what_cannot_fit_says_so(store: SqliteStore) -> None:
    picture = await store.put(noisy_png(64), "image/png")

    with pytest.raises(MediaError, match="does not fit"):
        await MediaReader(store).smaller(picture, 10)
