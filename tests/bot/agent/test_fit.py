"""Making an answer fit its channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.agent.fit import fit_for
from bot.core.errors import MediaError
from bot.core.messages import Blob, Choice, Kind, Media, Part, Text, Voice
from tests.fakes.channel import LIMITS

SMALL = replace(LIMITS, text=10, upload_bytes=100, utf16=False)
FITS, LARGE = Blob("0" * 64, "image/png", 100), Blob("1" * 64, "image/png", 101)


class Press:
    """Makes files smaller, into what the test says."""

    def __init__(self, mime: str = "image/jpeg") -> None:
        self.mime, self.asked = mime, list[tuple[Blob, int]]()

    async def smaller(self, blob: Blob, cap: int) -> Blob:
        self.asked.append((blob, cap))
        if not self.mime:
            raise MediaError("it cannot be made smaller")
        return Blob("2" * 64, self.mime, cap)


async def fitted(*parts: Part, press: Press | None = None) -> tuple[Part, ...]:
    return await fit_for(SMALL, parts, press or Press())


async def test_a_long_text_becomes_several_with_the_buttons_under_the_last() -> None:
    choices = (Choice("a", "/a"),)

    assert await fitted(Text("one two three four", choices), Text("five")) == (
        Text("one two"),
        Text("three four", choices),
        Text("five"),
    )


@pytest.mark.parametrize(("utf16", "messages"), [(False, 1), (True, 2)])
async def test_a_text_is_measured_as_the_channel_counts(utf16: bool, messages: int) -> None:
    limits = replace(SMALL, utf16=utf16)

    assert len(await fit_for(limits, (Text("🦊" * 6),), Press())) == messages


async def test_a_text_of_nothing_stays_for_its_buttons() -> None:
    text = Text("", (Choice("a", "/a"),))

    assert await fitted(text) == (text,)


async def test_what_fits_is_left_alone() -> None:
    press = Press()
    parts = (Media(Kind.PICTURE, FITS, "a.png"), Voice(LARGE, 1.0, b"1"), Media(Kind.VIDEO, LARGE, "a.mp4"))

    assert await fitted(*parts, press=press) == parts
    assert press.asked == []


@pytest.mark.parametrize(
    ("kind", "name", "mime", "renamed"),
    [
        (Kind.PICTURE, "image-1.png", "image/jpeg", "image-1.jpg"),
        (Kind.AUDIO, "a.b.wav", "audio/ogg", "a.b.ogg"),
        (Kind.PICTURE, "kite", "image/jpeg", "kite.jpg"),
        (Kind.PICTURE, "kite.png", "image/x-new", "kite.bin"),
    ],
)
async def test_what_is_too_large_is_made_smaller_and_named_after_what_it_became(
    kind: Kind, name: str, mime: str, renamed: str
) -> None:
    press = Press(mime)
    media = Media(kind, LARGE, name, "a caption", 3.0)

    (only,) = await fitted(media, press=press)

    assert only == replace(media, blob=Blob("2" * 64, mime, 100), name=renamed)
    assert press.asked == [(LARGE, 100)]


async def test_what_cannot_be_made_smaller_stays_for_delivery_to_say_why() -> None:
    media = Media(Kind.PICTURE, LARGE, "a.png")

    assert await fitted(media, press=Press("")) == (media,)
