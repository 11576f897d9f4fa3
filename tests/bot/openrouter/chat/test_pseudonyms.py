"""Who asks, as the provider sees it."""

from __future__ import annotations

import stat
from pathlib import Path

from bot.core.chat import ChatRequest
from bot.openrouter.chat.completions import ChatSettings
from bot.openrouter.chat.pseudonyms import KEY_FILE, Pseudonyms, read_pseudonyms
from tests.bot.openrouter.dialogue import CHAT, answers, dialogue
from tests.bot.openrouter.recording_server import RecordingServer

ANN = ChatRequest("m", (), person="telegram:4711", session="telegram/4711:0")
BOB = ChatRequest("m", (), person="telegram:4712", session="telegram/4711:9")


def test_two_people_and_two_sessions_differ_and_stay_over_a_restart(tmp_path: Path) -> None:
    first, again = read_pseudonyms(tmp_path), read_pseudonyms(tmp_path)

    assert first.fields(ANN) == again.fields(ANN)
    assert {*first.fields(ANN).values()} & {*first.fields(BOB).values()} == set()
    assert len({*first.fields(ANN).values()}) == 2
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_another_installation_names_them_otherwise_and_no_id_is_in_a_name(tmp_path: Path) -> None:
    here, there = read_pseudonyms(tmp_path), Pseudonyms()

    assert here.fields(ANN) != there.fields(ANN)
    assert all("4711" not in name or len(name) == 40 for name in here.fields(ANN).values())
    assert here.fields(ChatRequest("m", ())) == {}


def test_a_key_that_cannot_be_kept_or_is_broken_costs_no_start(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    (tmp_path / "file").write_bytes(b"")

    assert read_pseudonyms(tmp_path).key == read_pseudonyms(tmp_path).key
    assert read_pseudonyms(tmp_path / "file" / "below").fields(ANN)
    assert read_pseudonyms(None).fields(ANN)


async def test_the_request_carries_them_to_openrouter_and_to_no_proxy(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    settings = ChatSettings(pseudonyms=Pseudonyms(b"k" * 32))
    async with dialogue(server, settings) as talk:
        await talk.ask(person=ANN.person, session=ANN.session)
        assert {name: talk.bodies[0][name] for name in ("user", "session_id")} == settings.pseudonyms.fields(ANN)
        assert b"4711" not in talk.asked[0].body.replace(talk.bodies[0]["user"].encode(), b"")
    async with dialogue(server, settings, verified=False) as talk:
        await talk.ask(person=ANN.person, session=ANN.session)
        assert {"user", "session_id"} & talk.bodies[-1].keys() == set()
