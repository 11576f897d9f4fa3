"""The page as a channel: what the bot says is shown once, changes in place, and is heard at once."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import FetchFailed
from bot.core.messages import Attachment, Choice, Doing, Kind, Media, Text, Voice
from bot.store import SqliteStore
from channels.web.adapter import LISTENER_BACKLOG
from tests.channels.web.conftest import Desk, to

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def test_what_is_sent_twice_with_one_key_shows_once(desk: Desk) -> None:
    first = await desk.channel.send(to(), Text("hello"), key="t1:0")
    again = await desk.channel.send(to(), Text("hello"), key="t1:0", maybe_sent=True)

    assert first == again
    assert [entry["text"] for entry in await desk.entries()] == ["hello"]


async def test_an_edit_changes_the_message_in_its_place(desk: Desk) -> None:
    sent = await desk.channel.send(to(), Text("hel …"), key="t1:0")
    await desk.channel.send(to(), Text("later"), key="t2:0")

    await desk.channel.edit(to(), sent.message_id, Text("hello"))

    assert [entry["text"] for entry in await desk.entries()] == ["hello", "later"]


async def test_who_was_away_reads_only_what_changed(desk: Desk) -> None:
    await desk.channel.send(to(), Text("one"), key="k1")
    await desk.channel.send(to(), Text("two"), key="k2")
    seen = max(entry["changed"] for entry in await desk.entries())

    await desk.channel.edit(to(), "k1", Text("one more"))
    await desk.channel.send(to(), Text("three"), key="k3")

    assert [entry["text"] for entry in await desk.entries(after=seen)] == ["one more", "three"]


async def test_every_kind_of_part_is_told_as_the_page_draws_it(desk: Desk, store: SqliteStore) -> None:
    blob = await store.put(PNG, "image/png")
    sound = await store.put(b"OggS", "audio/ogg")

    await desk.channel.send(to(), Text("pick", (Choice("Yes", "/yes"),)), key="k1")
    await desk.channel.send(to(), Voice(sound, 1.5, b"\x01\x02", "hello"), key="k2")
    await desk.channel.send(to(), Media(Kind.PICTURE, blob, "fox.png", "a **fox**"), key="k3")

    words, voice, picture = await desk.entries()
    assert (words["who"], words["choices"]) == ("bot", [{"label": "Yes", "say": "/yes"}])
    assert (voice["seconds"], voice["waveform"], voice["words"]) == (1.5, [1, 2], "hello")
    assert (picture["name"], picture["text"], picture["size"]) == ("fox.png", "a **fox**", len(PNG))


async def test_both_sides_are_heard_by_every_open_page(desk: Desk) -> None:
    async with desk.events() as here, desk.events() as there:
        await desk.say("m1", "hello")
        await desk.channel.busy(to(), Doing.RECORDING)
        await desk.channel.send(to(), Text("hi"), key="t1:0")

        for page in (here, there):
            said, doing, answer = [await anext(page) for _ in range(3)]
            assert (said[0], said[1]["who"], said[1]["key"]) == ("entry", "person", "in:m1:0")
            assert doing == ("busy", {"chat": "c1", "doing": "recording"})
            assert (answer[1]["who"], answer[1]["text"]) == ("bot", "hi")


async def test_an_event_survives_line_breaks_and_every_script(desk: Desk) -> None:
    text = "a\n\nb\r\nevent: x\ndata: {}\u2028 ☃ 🦊"

    async with desk.events() as events:
        await desk.channel.send(to(), Text(text), key="k1")

        assert (await anext(events))[1]["text"] == text


async def test_a_page_that_stopped_reading_is_hung_up_on_and_reads_the_log(desk: Desk) -> None:
    with desk.channel.listening() as slow:
        for number in range(LISTENER_BACKLOG + 1):
            await desk.channel.busy(to(), Doing.TYPING if number else Doing.RECORDING)

        assert slow.get_nowait() == b""
        await desk.channel.busy(to(), Doing.TYPING)
        assert slow.empty()


async def test_a_page_that_was_closed_is_no_error(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    async with desk.events() as events:
        await desk.channel.busy(to(), Doing.TYPING)
        await anext(events)
    for _ in range(20):
        await desk.channel.busy(to(), Doing.TYPING)
        assert (await desk.get("/api/chats"))[0] == 200

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_leaving_ends_the_streams_of_open_pages(desk: Desk) -> None:
    async with desk.events() as events:
        leaving = asyncio.create_task(desk.channel.__aexit__(None, None, None))

        assert [event async for event in events] == []
        await leaving


async def test_pictures_and_sound_open_in_the_page_and_keep(desk: Desk, store: SqliteStore) -> None:
    blob = await store.put(PNG, "image/png")
    await desk.channel.send(to(), Media(Kind.PICTURE, blob, "fox.png"), key="k1")
    [entry] = await desk.entries()

    async with desk.session.get(desk.url + entry["url"]) as response:
        assert (response.status, response.content_type, await response.read()) == (200, "image/png", PNG)
        assert "immutable" in response.headers["Cache-Control"]
        assert "Content-Disposition" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/pdf", "audio/ogg; x", "audio/x, text/html", "video/", ""]
)
async def test_everything_else_is_only_a_download(desk: Desk, store: SqliteStore, mime: str) -> None:
    blob = await store.put(b"<script>alert(1)</script>", "text/html")

    async with desk.session.get(f"{desk.url}/media/{blob.sha256}", params={"type": mime}) as response:
        assert (response.status, response.content_type) == (200, "application/octet-stream")
        assert response.headers["Content-Disposition"] == "attachment"


async def test_sound_can_be_entered_in_the_middle(desk: Desk, store: SqliteStore) -> None:
    blob = await store.put(b"0123456789", "audio/ogg")

    async with desk.session.get(
        f"{desk.url}/media/{blob.sha256}?type=audio/ogg", headers={"Range": "bytes=4-6"}
    ) as response:
        assert (response.status, await response.read()) == (206, b"456")


@pytest.mark.parametrize("name", ["0" * 64, "0" * 63, "x" * 64, "A" * 64])
async def test_a_file_nobody_stored_is_not_found(desk: Desk, name: str) -> None:
    assert (await desk.get(f"/media/{name}?type=image/png"))[0] == 404


async def test_nothing_has_to_be_fetched_later(desk: Desk) -> None:
    with pytest.raises(FetchFailed, match=r"'old\.png'"):
        desk.channel.fetch(Attachment(Kind.PICTURE, name="old.png"))


async def test_the_page_is_well_and_names_its_address_without_the_key(desk: Desk) -> None:
    health = await desk.channel.ping()

    assert health.ok
    assert desk.url in health.detail
    assert desk.channel.address.rpartition("/")[2] not in health.detail
