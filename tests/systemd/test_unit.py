"""The unit, judged by systemd's own tools where they exist."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.assembly import DRAIN_SECONDS

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "voxline.service"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    installed = tmp_path / "voxline.service"
    installed.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text()))

    judged = _analyze("verify", "--man=no", str(installed))

    assert (judged.returncode, judged.stderr) == (0, "")


@needs_systemd
def test_the_service_exposes_almost_nothing() -> None:
    judged = _analyze("security", "--offline=true", "--threshold=15", str(UNIT))

    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


def test_a_configuration_that_cannot_be_used_is_not_started_again() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(UNIT.read_text())
    service = dict(unit["Service"])

    assert service["RestartPreventExitStatus"] == "78"
    assert service["Restart"] == "always"
    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == ("notify", "main", "60")
    assert (service["DynamicUser"], service["StateDirectory"], service["StateDirectoryMode"]) == (
        "yes",
        "voxline",
        "0700",
    )
    assert (service["KillMode"], service["TimeoutStopSec"]) == ("mixed", "90")


def test_the_leash_of_ffmpeg_may_lower_its_priority() -> None:
    filters = re.findall(r"(?m)^SystemCallFilter=(.*)$", UNIT.read_text())
    allowed = [line.split() for line in filters[filters.index(next(f for f in filters if f.startswith("~"))) + 1 :]]
    assert ["nice", "setpriority"] in allowed, "what ~@resources takes away comes back after it"


def test_the_guide_names_the_time_that_the_daemon_drains() -> None:
    guide = UNIT.with_name("README.md").read_text()
    assert f"({DRAIN_SECONDS:.0f} seconds at most)" in guide
    assert int(re.search(r"TimeoutStopSec=(\d+)", UNIT.read_text())[1]) > DRAIN_SECONDS  # type: ignore[index]
