"""Taking what a person says: everything is stored before the page may forget it."""

from __future__ import annotations

import json

import pytest

from bot.core.messages import Kind
from bot.store import SqliteStore
from tests.channels.web.conftest import UPLOAD_BYTES, Desk, open_desk
from tests.fakes.clock import FakeClock

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def test_a_message_is_accepted_before_the_page_hears_so(desk: Desk, clock: FakeClock) -> None:
    status, answer = await desk.say("m1", " hello \n")

    assert (status, answer) == (202, {"id": "m1"})
    [said] = desk.accepted
    assert (said.id, said.text, said.private, said.to_me) == ("m1", "hello", True, True)
    assert (str(said.conversation), said.sender.id, said.sent_at) == ("web/c1", "you", clock.now())


async def test_the_same_id_twice_is_one_message(desk: Desk) -> None:
    await desk.say("m1", "hello")
    await desk.say("m1", "hello")

    assert [said.id for said in desk.accepted] == ["m1"]
    assert [entry["text"] for entry in await desk.entries()] == ["hello"]


async def test_a_full_disk_is_told_and_the_retry_is_taken(desk: Desk) -> None:
    desk.refusals = 1

    refused, why = await desk.say("m1", "hello")
    taken, _ = await desk.say("m1", "hello")

    assert (refused, taken) == (503, 202)
    assert "disk" in why["error"]
    assert len(desk.accepted) == len(await desk.entries()) == 1


async def test_files_are_stored_and_become_attachments(desk: Desk, store: SqliteStore) -> None:
    files = [("files", "fox.png", "image/png", PNG), ("files", "notes.txt", "text/plain", b"words")]

    status, _ = await desk.say("m1", "look", files=files)

    assert status == 202
    picture, paper = desk.accepted[0].attachments
    assert (picture.kind, picture.mime, picture.name, picture.size) == (Kind.PICTURE, "image/png", "fox.png", len(PNG))
    assert (paper.kind, paper.mime) == (Kind.DOCUMENT, "text/plain")
    assert paper.blob is not None
    assert await store.read(paper.blob) == b"words"
    assert [entry["kind"] for entry in await desk.entries()] == ["text", "picture", "document"]


async def test_a_recording_is_a_voice_note_with_its_length_and_loudness(desk: Desk) -> None:
    recording = [("voice", "voice.webm", "audio/webm;codecs=opus", b"\x1aE\xdf\xa3 sound")]

    status, _ = await desk.say("m1", files=recording, seconds="2.5", waveform="00ff10")

    assert status == 202
    [attachment] = desk.accepted[0].attachments
    assert (attachment.kind, attachment.mime) == (Kind.VOICE, "audio/webm")
    [entry] = await desk.entries()
    assert (entry["kind"], entry["seconds"], entry["waveform"]) == ("voice", 2.5, [0, 255, 16])


async def test_a_file_that_is_too_large_is_refused_whole(desk: Desk) -> None:
    status, why = await desk.say("m1", "look", files=[("files", "big.bin", "image/png", b"x" * (UPLOAD_BYTES + 1))])

    assert status == 413
    assert "too large" in why["error"]
    assert (desk.accepted, await desk.entries()) == ([], [])


async def test_a_file_of_exactly_the_limit_is_taken(desk: Desk) -> None:
    status, _ = await desk.say("m1", files=[("files", "big.bin", "image/png", b"x" * UPLOAD_BYTES)])

    assert status == 202


@pytest.mark.parametrize(
    "form",
    [
        {"identity": ""},
        {"identity": "../../x"},
        {"identity": "m" * 65},
        {"identity": "m1", "text": "  \n "},
        {"identity": "m1", "text": "hello", "chat": ""},
        {"identity": "m1", "text": "hello", "chat": "c/1"},
        {"identity": "m1", "text": "hello", "waveform": "zz"},
        {"identity": "m1", "text": "hello", "seconds": "soon"},
        {"identity": "m1", "text": "x" * 500_000},
        {"identity": "m1", "text": "hello", "files": [("files", f"{n}.txt", "text/plain", b"x") for n in range(11)]},
    ],
    ids=["no id", "odd id", "long id", "no words", "no chat", "odd chat", "waveform", "seconds", "long", "many files"],
)
async def test_a_form_that_makes_no_sense_is_refused(desk: Desk, form: dict[str, str]) -> None:
    status, _ = await desk.say(**form)

    assert status == 400
    assert desk.accepted == []


async def test_a_body_that_is_no_form_is_refused(desk: Desk) -> None:
    async with desk.session.post(f"{desk.url}/api/messages", json={"id": "m1"}) as response:
        assert response.status == 415
    async with desk.session.post(
        f"{desk.url}/api/messages", data=b"--x", headers={"Content-Type": "multipart/form-data; boundary=y"}
    ) as response:
        assert response.status == 400


async def test_a_reload_gives_everything_in_order(desk: Desk) -> None:
    for number in range(30):
        await desk.say(f"m{number}", f"word {number}")

    assert [entry["text"] for entry in await desk.entries()] == [f"word {number}" for number in range(30)]


async def test_a_new_start_of_the_daemon_still_shows_what_was_said(
    desk: Desk, store: SqliteStore, clock: FakeClock
) -> None:
    await desk.say("m1", "hello")

    async with open_desk(store, clock) as later:
        await later.enter()
        assert [entry["text"] for entry in await later.entries()] == ["hello"]


async def test_conversations_are_listed_newest_first_by_their_first_words(desk: Desk) -> None:
    await desk.say("m1", "/voice always", chat="old")
    await desk.say("m2", "draw\n  a fox", chat="old")
    await desk.say("m3", "hello", chat="new")
    await desk.say("m4", "and a hen", chat="old")

    status, body = await desk.get("/api/chats")

    assert status == 200
    assert json.loads(body)["chats"] == [{"chat": "old", "title": "draw a fox"}, {"chat": "new", "title": "hello"}]
    assert json.loads(body)["upload_bytes"] == UPLOAD_BYTES


async def test_one_conversation_does_not_show_another(desk: Desk) -> None:
    await desk.say("m1", "here", chat="c1")
    await desk.say("m2", "there", chat="c2")

    assert [entry["text"] for entry in await desk.entries("c2")] == ["there"]


@pytest.mark.parametrize(
    "query", ["", "?chat=", "?chat=a/b", "?chat=c1&after=-1", "?chat=c1&after=x", "?chat=c1&after=²"]
)
async def test_entries_need_a_conversation_and_a_number(desk: Desk, query: str) -> None:
    assert (await desk.get(f"/api/entries{query}"))[0] == 400
