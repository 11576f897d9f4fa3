"""One daemon for each state directory, which nobody else can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.core.errors import StateError
from bot.store import open_store
from bot.store.lock import hold
from tests.fakes.clock import FakeClock


async def test_a_second_daemon_is_told_who_runs(tmp_path: Path, clock: FakeClock) -> None:
    async with open_store(tmp_path, clock):
        with pytest.raises(StateError, match=rf"already running \(pid {os.getpid()}\)"):
            async with open_store(tmp_path, clock):
                pass

    async with open_store(tmp_path, clock) as store:
        assert (await store.ping()).ok


async def test_a_store_that_cannot_open_lets_the_directory_go(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "voxline.db").write_bytes(b"not a database at all" * 500)

    with pytest.raises(StateError, match="damaged"):
        async with open_store(tmp_path, clock):
            pass

    with hold(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_the_directory_and_the_lock_are_private(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    state.mkdir(parents=True, mode=0o755)

    with hold(state):
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert stat.S_IMODE((state / "lock").stat().st_mode) == 0o600


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot use the state directory"), hold(tmp_path / "file"):
        pass


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match="cannot open"), hold(tmp_path):
        pass

    assert not (tmp_path / "elsewhere").exists()
