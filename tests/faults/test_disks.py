"""The real daemon on disks that are not as it needs them. What a test mounts is seen by the daemon alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.exit_codes import UNUSABLE
from bot.sandbox import Sandbox
from tests.daemon import ROOT, configure, daemon, open_telegram
from tests.fakes.telegram_api import TelegramApi

NOWHERE = {"base_url": "http://127.0.0.1:9/api/v1", "key": "sk-or-test"}


def may_mount() -> bool:
    """Whether this process may have mounts of its own."""
    unshare = shutil.which("unshare")
    return os.geteuid() == 0 and unshare is not None and not subprocess.run([unshare, "-m", "true"]).returncode


needs_mounts = pytest.mark.skipif(not may_mount(), reason="needs root and a mount namespace")


def mounting(commands: str) -> str:
    """What a shell does so that what comes after it runs behind these mounts, and nobody else sees them."""
    return f"""if [ -z "$MOUNTED" ]; then MOUNTED=1 exec unshare -m sh -ec '{commands}; exec "$@"' sh "$@"; fi"""


def doctor(folder: Path, before: str) -> str:
    """What `voxline doctor` says behind the same mounts."""
    asked = [sys.executable, "-m", "bot", "doctor", "--offline", "--config", str(folder / "voxline.json5")]
    asked += ["--state-dir", str(folder / "state")]
    shell = ["sh", "-ec", f'{before}; exec "$@"', "sh"]
    return subprocess.run([*shell, *asked], capture_output=True, cwd=ROOT, text=True).stdout


@needs_mounts
async def test_a_state_directory_on_a_network_share_ends_with_78_and_nothing_is_made_there(tmp_path: Path) -> None:
    configure(tmp_path, **NOWHERE)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {tmp_path} rw - nfs4 server:/x rw\n")
    lie = mounting(f"mount --bind {mounts} /proc/$$/mountinfo")

    async with daemon(tmp_path, before=lie) as refused:
        assert await refused.ended() == UNUSABLE, refused.said()
        assert "network share (nfs4)" in refused.said()
    assert not (tmp_path / "state").exists()
    assert "network share (nfs4)" in doctor(tmp_path, lie)

    configure(tmp_path, **NOWHERE, store={"allowNetworkShare": True}, channels={"web": {"port": 0}})
    async with daemon(tmp_path, before=lie) as taken:
        await taken.ready()


@needs_mounts
async def test_a_state_directory_that_can_only_be_read_ends_with_78_and_says_so(tmp_path: Path) -> None:
    configure(tmp_path, **NOWHERE)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)

    async with daemon(tmp_path, before=mounting(f"mount --bind -o ro {state} {state}")) as refused:
        assert await refused.ended() == UNUSABLE, refused.said()
        assert "Read-only file system" in refused.said()


async def test_a_daemon_whose_log_fills_its_disk_goes_on_answering(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, TelegramApi() as api:
        mute = {"ffmpegPath": str(tmp_path / "none")}  # what is told at the start has nowhere to go either
        configure(
            tmp_path,
            base_url=sandbox.base_url,
            key=sandbox.key,
            channels={"telegram": open_telegram(api.root)},
            media=mute,
        )
        async with daemon(tmp_path, log=Path("/dev/full")) as running:
            await api.wait_for(lambda: api.polling, 30)
            api.say(7, "reply with exactly: still here")
            await api.wait_for(lambda: any(one.text == "still here" for one in api.messages(7)), 30)

            running.signal(signal.SIGTERM)
            assert await running.ended() == 0
