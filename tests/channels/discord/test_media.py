"""Voice messages, pictures and files, both ways."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from bot.core.errors import FetchFailed, MaybeSent, Undeliverable
from bot.core.messages import Attachment, Conversation, Kind, Media, Target, Voice
from channels.discord.adapter import DOWNLOAD_BYTES, UPLOAD_BYTES, DiscordChannel
from tests.channels.discord.conftest import Connect, Desk, listening
from tests.fakes.discord_api import CHANNEL_ID, DM_ID, DiscordApi, Do, Upload
from tests.fakes.discord_world import THREAD_ID
from tests.fakes.shelf import Shelf

DIRECT = Target(Conversation("discord", DM_ID))
ROOM = Target(Conversation("discord", CHANNEL_ID))
OGG = b"OggS" + bytes(range(256)) * 40


async def voice(shelf: Shelf) -> Voice:
    return Voice(await shelf.put(OGG, "audio/ogg"), 3.25, bytes(range(0, 250, 10)), "hello")


async def fetched(channel: DiscordChannel, attachment: Attachment) -> bytes:
    return b"".join([chunk async for chunk in channel.fetch(attachment)])


async def test_a_recorded_voice_message_arrives_as_one_and_can_be_fetched(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.voice_message(DM_ID, "Ada", OGG, 3.25)

        (heard,) = await desk.heard()
        (note,) = heard.attachments

        assert (note.kind, note.mime, note.seconds, note.size) == (Kind.VOICE, "audio/ogg", 3.25, len(OGG))
        assert await fetched(channel, note) == OGG


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("cat.png", "image/png", Kind.PICTURE),
        ("song.mp3", "audio/mpeg", Kind.AUDIO),
        ("clip.mp4", "", Kind.VIDEO),
        ("notes.txt", "text/plain; charset=utf-8", Kind.DOCUMENT),
        ("unknown", "", Kind.DOCUMENT),
    ],
)
async def test_a_file_is_what_its_type_or_else_its_name_says(
    api: DiscordApi, channel: DiscordChannel, desk: Desk, name: str, mime: str, kind: Kind
) -> None:
    async with listening(channel, desk):
        await api.say(DM_ID, "Ada", "look", attachments=[Upload(name, b"data", mime)])

        (heard,) = await desk.heard()

    (attachment,) = heard.attachments
    assert (attachment.kind, attachment.name, attachment.size) == (kind, name, 4)


async def test_a_link_that_has_expired_is_renewed_by_reading_the_message_again(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.voice_message(DM_ID, "Ada", OGG, 3.25)
        (heard,) = await desk.heard()
    api.expire_links()

    assert await fetched(channel, heard.attachments[0]) == OGG


async def test_a_file_whose_message_was_deleted_cannot_be_fetched(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.voice_message(DM_ID, "Ada", OGG, 3.25)
        (heard,) = await desk.heard()
    api.expire_links()
    api.world.history[DM_ID].clear()

    with pytest.raises(FetchFailed, match="cannot be read again"):
        await fetched(channel, heard.attachments[0])


async def test_a_file_over_the_limit_is_not_fetched_whatever_its_announced_size(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.say(DM_ID, "Ada", "", attachments=[Upload("big", b"x" * (DOWNLOAD_BYTES + 1))])
        (heard,) = await desk.heard()
    honest = heard.attachments[0]

    for attachment in (honest, replace(honest, size=10)):
        with pytest.raises(FetchFailed) as failed:
            await fetched(channel, attachment)
        assert "too large" in failed.value.tell


@pytest.mark.parametrize(
    "link", ["http://cdn.discordapp.com/x", "https://example.com/x", "http://127.0.0.1:1/x", "file:///etc/passwd"]
)
async def test_only_the_file_hosts_of_discord_are_asked(channel: DiscordChannel, link: str) -> None:
    with pytest.raises(FetchFailed, match="not a file host"):
        await fetched(channel, Attachment(Kind.DOCUMENT, remote=f"1/2/3 {link}"))


async def test_a_redirect_of_the_file_host_is_not_followed(
    api: DiscordApi, channel: DiscordChannel, desk: Desk
) -> None:
    async with listening(channel, desk):
        await api.voice_message(DM_ID, "Ada", OGG, 3.25)
        (heard,) = await desk.heard()
    api.world.files_moved_to = f"{api.base}/users/@me"

    with pytest.raises(FetchFailed, match="302"):
        await fetched(channel, heard.attachments[0])


async def test_a_voice_note_is_shown_as_a_native_voice_message(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    note = await voice(shelf)

    await channel.send(DIRECT, note, key="1:0")

    (shown,) = api.messages(DM_ID)
    (file,) = shown.attachments
    assert (shown.flags & 8192, shown.content, file["duration_secs"]) == (8192, "", 3.25)
    assert base64.b64decode(file["waveform"]) == note.waveform
    assert (api.file(file), file["content_type"]) == (OGG, "audio/ogg")


@pytest.mark.parametrize(("status", "code"), [(400, 50161), (403, 50173)])
async def test_where_voice_messages_are_refused_the_sound_goes_out_as_a_file(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf, status: int, code: int
) -> None:
    api.fail("POST", "/channels/*/messages", status=status, body=f'{{"message": "no", "code": {code}}}')

    await channel.send(DIRECT, await voice(shelf), key="1:0")

    (shown,) = api.messages(DM_ID)
    assert shown.flags & 8192 == 0
    assert api.file(shown.attachments[0]) == OGG


async def test_a_voice_note_to_a_person_who_blocked_the_bot_is_not_tried_as_a_file(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    api.fail("POST", "/channels/*/messages", status=403, body='{"message": "no", "code": 50007}')

    with pytest.raises(Undeliverable) as refused:
        await channel.send(DIRECT, await voice(shelf), key="1:0")

    assert refused.value.gone
    assert api.messages(DM_ID) == ()


async def test_a_picture_is_shown_with_its_caption_as_a_reply(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    question = await api.say(CHANNEL_ID, "Ada", "draw a cat", mentions_bot=True)
    picture = Media(Kind.PICTURE, await shelf.put(b"\x89PNG data", "image/png"), "cat.png", "A **cat** for @everyone")

    await channel.send(Target(ROOM.conversation, question), picture, key="1:0")

    (shown,) = api.messages(CHANNEL_ID)
    assert (shown.content, shown.raw["message_reference"]["message_id"]) == ("A **cat** for @everyone", question)
    assert shown.raw["allowed"] == {"parse": [], "replied_user": False}
    (file,) = shown.attachments
    assert (file["filename"], file["content_type"], api.file(file)) == ("cat.png", "image/png", b"\x89PNG data")


async def test_a_file_that_may_have_arrived_is_found_and_not_sent_again(
    api: DiscordApi, connect: Connect, shelf: Shelf
) -> None:
    song = Media(Kind.AUDIO, await shelf.put(OGG, "audio/mpeg"), "song.mp3")
    api.fail("POST", "/channels/*/messages", Do.ACCEPT_THEN_RESET)
    async with connect() as channel:
        with pytest.raises(MaybeSent):
            await channel.send(DIRECT, song, key="1:0")
    api.world.forget_nonces()

    async with connect() as restarted:
        await restarted.send(DIRECT, song, key="1:0", maybe_sent=True)

    assert len(api.messages(DM_ID)) == 1


async def test_a_file_goes_out_whole_when_the_first_try_fails(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    large = bytes(range(256)) * 12_000
    api.fail("POST", "/channels/*/messages", status=500)

    await channel.send(DIRECT, Media(Kind.VIDEO, await shelf.put(large, "video/mp4"), "clip.mp4"), key="1:0")

    (shown,) = api.messages(DM_ID)
    assert api.file(shown.attachments[0]) == large


async def test_a_file_over_the_upload_limit_is_refused_with_both_sizes(
    api: DiscordApi, channel: DiscordChannel, shelf: Shelf
) -> None:
    clip = Media(Kind.VIDEO, await shelf.put(b"x" * (UPLOAD_BYTES + 1), "video/mp4"), "clip.mp4")

    with pytest.raises(Undeliverable, match=f"{UPLOAD_BYTES + 1} bytes.*{UPLOAD_BYTES}") as refused:
        await channel.send(DIRECT, clip, key="1:0")

    assert not refused.value.gone
    assert not api.asked("POST", "/messages")


async def test_a_boosted_server_takes_larger_files(api: DiscordApi, connect: Connect, shelf: Shelf) -> None:
    api.world.premium_tier = 2
    clip = Media(Kind.VIDEO, await shelf.put(b"x" * (UPLOAD_BYTES + 1), "video/mp4"), "clip.mp4")

    async with connect() as channel:
        await channel.send(ROOM, clip, key="1:0")

    assert len(api.messages(CHANNEL_ID)) == 1


async def test_media_that_is_gone_from_the_disk_is_undeliverable(channel: DiscordChannel, shelf: Shelf) -> None:
    note = await voice(shelf)
    shelf.files.clear()

    with pytest.raises(Undeliverable):
        await channel.send(DIRECT, note, key="1:0")


async def test_the_limit_of_each_server_is_known_before_a_file_is_made_to_fit(
    api: DiscordApi, connect: Connect
) -> None:
    api.world.premium_tier = 3

    async with connect() as channel:
        room = channel.limits_in(Conversation("discord", CHANNEL_ID))
        thread = channel.limits_in(Conversation("discord", THREAD_ID))
        direct = channel.limits_in(Conversation("discord", DM_ID))
        person = channel.limits_in(Conversation("discord", "not an id"))

    assert [place.upload_bytes >> 20 for place in (room, thread, direct, person)] == [100, 100, 10, 10]
    assert room.text == channel.limits.text
