"""Fetching attachments through getFile and a streamed download."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.core.errors import FetchFailed
from bot.core.messages import Attachment, Kind
from channels.telegram.adapter import TelegramChannel
from channels.telegram.files import read_local
from channels.telegram.settings import TelegramSettings
from tests.channels.telegram.conftest import Ear, TellingClock, changed, receiving
from tests.fakes.shelf import Shelf
from tests.fakes.telegram_api import TelegramApi

MB = 1024 * 1024


async def fetched(channel: TelegramChannel, attachment: Attachment) -> bytes:
    return b"".join([chunk async for chunk in channel.fetch(attachment)])


async def test_a_voice_note_is_fetched_whole(api: TelegramApi, channel: TelegramChannel, ear: Ear) -> None:
    sound = bytes(range(256)) * 1000
    async with receiving(channel, ear):
        api.send_voice(7, sound, 4)
        heard = await ear.hears()

    (voice,) = heard.attachments
    assert (voice.kind, voice.mime, voice.seconds, voice.size) == (Kind.VOICE, "audio/ogg", 4.0, len(sound))
    assert await fetched(channel, voice) == sound


async def test_a_file_over_the_limit_is_not_asked_for_and_the_sender_learns_the_way_round(
    api: TelegramApi, channel: TelegramChannel
) -> None:
    with pytest.raises(FetchFailed) as caught:
        await fetched(channel, Attachment(Kind.VIDEO, remote="f", size=35 * MB))

    assert caught.value.tell.startswith("That file has 35 MB. Telegram lets me load 20 MB at most.")
    assert api.count("getFile") == 0


async def test_a_file_that_turns_out_too_large_is_told_alike(
    api: TelegramApi, settings: TelegramSettings, shelf: Shelf, clock: TellingClock
) -> None:
    lying = api.file(b"x" * 3000, size=10)
    async with TelegramChannel(
        changed(settings, download_bytes=2000), cursors=shelf, blobs=shelf, clock=clock
    ) as channel:
        with pytest.raises(FetchFailed, match="larger than"):
            await fetched(channel, Attachment(Kind.DOCUMENT, remote=lying["file_id"], size=10))


async def test_what_telegram_calls_too_big_is_told_alike(api: TelegramApi, channel: TelegramChannel) -> None:
    api.fault("getFile", "status", status=400, description="Bad Request: file is too big")

    with pytest.raises(FetchFailed) as caught:
        await fetched(channel, Attachment(Kind.VIDEO, remote=api.file(b"x")["file_id"]))

    assert "20 MB at most" in caught.value.tell


@pytest.mark.parametrize("do", ["status", "reset"])
async def test_a_download_that_breaks_is_a_failure_without_the_address(
    api: TelegramApi, channel: TelegramChannel, do: str
) -> None:
    remote = api.file(b"x" * 200_000)["file_id"]
    api.fault("download", do)

    with pytest.raises(FetchFailed) as caught:
        await fetched(channel, Attachment(Kind.DOCUMENT, remote=remote))

    assert api.token not in f"{caught.value} {caught.value.__context__!r}"


async def test_an_expired_file_is_a_failure(channel: TelegramChannel) -> None:
    with pytest.raises(FetchFailed, match="wrong file_id"):
        await fetched(channel, Attachment(Kind.DOCUMENT, remote="gone"))


async def test_a_pause_that_telegram_asks_for_loses_no_file(
    api: TelegramApi, channel: TelegramChannel, clock: TellingClock
) -> None:
    remote = api.file(b"picture")["file_id"]
    api.too_many("getFile", 3)
    fetching = asyncio.create_task(fetched(channel, Attachment(Kind.PICTURE, remote=remote)))

    assert await clock.next_nap() == 3
    await clock.advance(3)

    assert await fetching == b"picture"


async def test_a_long_pause_is_a_failure_that_is_told(api: TelegramApi, channel: TelegramChannel) -> None:
    remote = api.file(b"picture")["file_id"]
    api.too_many("getFile", 300)

    with pytest.raises(FetchFailed, match="429"):
        await fetched(channel, Attachment(Kind.PICTURE, remote=remote))


async def test_a_file_of_a_local_server_is_read_from_its_path(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x" * 300_000)

    assert b"".join([chunk async for chunk in read_local(tmp_path / "photo.jpg")]) == b"x" * 300_000
    with pytest.raises(FetchFailed, match="share that folder"):
        await anext(read_local(tmp_path / "elsewhere.jpg"))
