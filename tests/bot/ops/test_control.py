"""The control socket, over a real one."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.cli.control import ask
from bot.core.errors import StateError
from bot.ops.control import SOCKET, control, socket_address


async def asked(state: Path, line: bytes) -> dict[str, object]:
    with socket_address(state) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    try:
        writer.write(line + b"\n")
        reply = json.loads(await reader.readline())
        assert isinstance(reply, dict)
        return reply
    finally:
        writer.close()
        await writer.wait_closed()


async def hello(request: Mapping[str, str]) -> dict[str, object]:
    return {"hello": request["name"]}


async def refuse(_: Mapping[str, str]) -> dict[str, object]:
    raise StateError("not today")


async def breaks(_: Mapping[str, str]) -> dict[str, object]:
    raise RuntimeError("bug with a sk-secret")


async def test_what_is_asked_is_answered_in_one_line(tmp_path: Path) -> None:
    async with control(tmp_path, {"hello": hello, "refuse": refuse, "breaks": breaks}):
        assert await asked(tmp_path, b'{"do": "hello", "name": "Ann"}') == {"ok": True, "hello": "Ann"}
        assert await asked(tmp_path, b'{"do": "refuse"}') == {"ok": False, "error": "not today"}
        assert "secret" not in str(await asked(tmp_path, b'{"do": "breaks"}'))


async def test_nonsense_is_refused_and_the_next_is_answered(tmp_path: Path) -> None:
    async with control(tmp_path, {"hello": hello}):
        for nonsense in (b"", b"[]", b"{", b'{"do": 1}', b'{"do": "rm"}', b"\xff", b"[" * 30_000, b'{"a":' * 9_000):
            assert (await asked(tmp_path, nonsense))["ok"] is False
        assert (await asked(tmp_path, b'{"do": "hello", "name": "Bo"}'))["ok"] is True


async def test_only_the_owner_may_ask_and_a_dead_socket_is_replaced(tmp_path: Path) -> None:
    (tmp_path / SOCKET).touch()
    async with control(tmp_path, {"hello": hello}):
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
    assert not (tmp_path / SOCKET).exists()


@pytest.mark.parametrize("length", [90, 99, 100, 101, 104, 108, 142, 900])
async def test_a_state_directory_of_any_length_has_a_socket(tmp_path: Path, length: int) -> None:
    state = tmp_path
    while len(str(state / SOCKET)) < length - 1:
        state = state / ("x" * min(200, length - 1 - len(str(state / SOCKET))))
    state.mkdir(parents=True, exist_ok=True)
    async with control(state, {"hello": hello}):
        replies = [
            await asked(state, b'{"do": "hello", "name": "Ann"}'),
            await asyncio.to_thread(ask, state, "hello", name="Bo"),
        ]
        assert stat.S_IMODE((state / SOCKET).stat().st_mode) == 0o600

    assert [reply["hello"] for reply in replies] == ["Ann", "Bo"]
    assert list(state.iterdir()) == []


async def test_a_place_where_no_socket_can_lie_costs_only_the_socket(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with control(tmp_path / "gone" / ("x" * 120), {"hello": hello}):
        assert "control.unavailable" in caplog.text
