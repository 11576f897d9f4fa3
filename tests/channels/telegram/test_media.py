"""Voice notes, pictures, songs, clips and files as people see them. Through telegram.Bot and a socket."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import Undeliverable
from bot.core.messages import Kind, Media, Voice
from channels.telegram.adapter import TelegramChannel
from tests.channels.telegram.conftest import TellingClock, room
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi

OGG, PNG = b"OggS-sound", b"\x89PNG-picture"


@pytest.fixture(autouse=True)
def known_chats(api: TelegramApi) -> None:
    api.meet(7)
    api.meet(-100, "supergroup")


async def test_a_voice_note_has_its_true_length(api: TelegramApi, channel: TelegramChannel, shelf: Shelf) -> None:
    voice = Voice(shelf.keep(OGG, "audio/ogg"), 4.4, b"\x01", "words")

    sent = await channel.send(room(-100, "3", "55"), voice, key="k")

    (shown,) = api.messages(-100)
    assert (shown.kind, shown.file, shown.seconds, shown.thread, shown.reply_to) == ("voice", OGG, 4, 3, 55)
    assert (shown.text, sent.message_id) == ("", str(shown.message_id))


async def test_who_forbids_voice_notes_gets_a_sound_file_and_the_words(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf
) -> None:
    api.no_voice.add(7)

    await channel.send(room(7), Voice(shelf.keep(OGG, "audio/ogg"), 4.0, b"\x01", "the *words*"), key="k")

    (shown,) = api.messages(7)
    assert (shown.kind, shown.text, shown.file, shown.seconds) == ("audio", "the words", OGG, 4)


@pytest.mark.parametrize(
    ("kind", "name", "seen"),
    [
        (Kind.PICTURE, "a.png", "photo"),
        (Kind.AUDIO, "song.mp3", "audio"),
        (Kind.VIDEO, "clip.mp4", "video"),
        (Kind.DOCUMENT, "Jahresübersicht 2026.pdf", "document"),
    ],
)
async def test_media_goes_out_as_what_it_is(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf, kind: Kind, name: str, seen: str
) -> None:
    media = Media(kind, shelf.keep(b"data\r\n--x", "application/x"), name, "**A** caption", 12.0)

    await channel.send(room(7), media, key="k")

    (shown,) = api.messages(7)
    assert (shown.kind, shown.file, shown.file_name, shown.text) == (seen, b"data\r\n--x", name, "A caption")


async def test_a_picture_that_is_refused_goes_out_as_a_file(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf
) -> None:
    api.fault("sendPhoto", "status", status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS")

    await channel.send(room(7), Media(Kind.PICTURE, shelf.keep(PNG, "image/png"), "a.png", "tall"), key="k")

    assert [(shown.kind, shown.text) for shown in api.messages(7)] == [("document", "tall")]


@pytest.mark.parametrize(
    ("kind", "method", "refusal"),
    [
        (Kind.AUDIO, "sendAudio", "AUDIO_EXT_INVALID"),
        (Kind.VIDEO, "sendVideo", "VIDEO_FILE_INVALID"),
        (Kind.AUDIO, "sendAudio", "MEDIA_INVALID"),
    ],
)
async def test_any_medium_that_is_refused_goes_out_as_a_file(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf, kind: Kind, method: str, refusal: str
) -> None:
    api.fault(method, "status", status=400, description=f"Bad Request: {refusal}")

    await channel.send(room(7), Media(kind, shelf.keep(b"data", "audio/mpeg"), "a.mp3", "here"), key="k")

    assert [(shown.kind, shown.text) for shown in api.messages(7)] == [("document", "here")]


async def test_a_song_in_a_form_that_telegram_does_not_play_is_a_file(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf
) -> None:
    await channel.send(room(7), Media(Kind.AUDIO, shelf.keep(b"data", "audio/wav"), "a.wav"), key="k")

    assert [shown.kind for shown in api.messages(7)] == ["document"]
    assert api.count("sendAudio") == 0


async def test_what_does_not_fit_a_caption_follows_as_text(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf
) -> None:
    words = " ".join(f"word{number}" for number in range(400))

    sent = await channel.send(room(7), Media(Kind.PICTURE, shelf.keep(PNG, "image/png"), "a.png", words), key="k")

    picture, text = api.messages(7)
    assert (picture.kind, text.kind, sent.message_id) == ("photo", "text", str(picture.message_id))
    assert f"{picture.text} {text.text}" == words


async def test_a_wide_table_never_makes_a_caption_too_long(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf
) -> None:
    table = "| a | b |\n|---|---|\n" + "| x | y |\n" * 60 + f"| {'wide' * 30} | z |"

    await channel.send(room(7), Media(Kind.PICTURE, shelf.keep(PNG, "image/png"), "a.png", table), key="k")

    (shown,) = api.messages(7)
    assert (shown.kind, shown.text) == ("photo", table)


async def test_the_rest_of_a_caption_waits_for_flood_control(
    api: TelegramApi, channel: TelegramChannel, shelf: Shelf, clock: TellingClock
) -> None:
    api.too_many("sendMessage", 3)
    picture = Media(Kind.PICTURE, shelf.keep(PNG, "image/png"), "a.png", "word " * 400)
    sending = asyncio.create_task(channel.send(room(7), picture, key="k"))

    assert await clock.next_nap() == 3
    await clock.advance(3)
    await sending

    assert [shown.kind for shown in api.messages(7)] == ["photo", "text"]


async def test_a_file_that_is_too_large_is_not_even_read(channel: TelegramChannel, shelf: Shelf) -> None:
    huge = shelf.keep(b"x", "video/mp4")
    huge = type(huge)(huge.sha256, huge.mime, 51 * 1024 * 1024)

    with pytest.raises(Undeliverable, match=r"51\.0 MB and Telegram takes 50 MB"):
        await channel.send(room(7), Media(Kind.VIDEO, huge, "clip.mp4"), key="k")


async def test_a_file_that_was_swept_cannot_be_sent(channel: TelegramChannel, shelf: Shelf) -> None:
    blob = shelf.keep(PNG, "image/png")
    shelf.files.clear()

    with pytest.raises(Undeliverable):
        await channel.send(room(7), Media(Kind.PICTURE, blob, "a.png"), key="k")
