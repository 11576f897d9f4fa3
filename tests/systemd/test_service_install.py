"""`voxline service install`: a unit that systemd understands, with this installation's own paths."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import run

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def install(folder: Path, *more: str) -> Path:
    assert run(["service", "install", "--folder", str(folder), *more]) == 0
    return folder / "voxline.service"


@needs_systemd
@pytest.mark.parametrize("user", [True, False])
def test_systemd_understands_what_is_written(tmp_path: Path, user: bool) -> None:
    places = ("--user", "--config", str(tmp_path / "a file.json5"), "--state-dir", str(tmp_path / "100%"))
    file = install(tmp_path, *(places if user else ()))

    judged = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True, timeout=60, check=False
    )

    assert (judged.returncode, judged.stderr) == (0, "")


def test_it_starts_this_very_installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = install(tmp_path, "--user", "--config", str(tmp_path / "v 1.json5"), "--state-dir", "/srv/v%x").read_text()
    assert f'ExecStart={sys.executable} -m bot run --config "{tmp_path}/v 1.json5" --state-dir /srv/v%%x\n' in text
    assert "WantedBy=default.target" in text and "DynamicUser" not in text
    assert "systemctl --user daemon-reload" in capsys.readouterr().out

    text = install(tmp_path).read_text()
    assert "DynamicUser=yes" in text and "WantedBy=multi-user.target" in text


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["service", "install", "--folder", str(tmp_path / "file")]) == 78
    assert "use --user, or run it with sudo" in capsys.readouterr().err
