"""Another library's `channels` over ours: one sentence, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.import_names import channels_folder, clash

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A place before ours on the path, with Django's package of the name, which must not be run."""
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "__init__.py").write_text('__version__ = "4.3"\nraise RuntimeError("it was run")\n')
    return tmp_path


def _voxline(foreign: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from bot.__main__ import main; sys.exit(main())"
    path = os.pathsep.join([str(foreign), str(ROOT)])
    environ = {**os.environ, "PYTHONPATH": path, "VOXLINE_CONFIG": str(foreign / "v.json5"), "PYTHONSAFEPATH": "1"}
    environ["VOXLINE_STATE_DIR"] = str(foreign / "state")
    return subprocess.run(
        [sys.executable, "-c", code, *argv], capture_output=True, text=True, env=environ, timeout=60, check=False
    )


def test_here_channels_is_ours() -> None:
    assert (clash(), channels_folder()) == ("", ROOT / "channels")


@pytest.mark.parametrize("argv", [["demo", "--no-browser"], ["run"], ["status"], ["onboard"]])
def test_another_library_of_the_same_name_is_one_sentence(foreign: Path, argv: list[str]) -> None:
    ended = _voxline(foreign, *argv)

    assert (ended.returncode, ended.stdout) == (78, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "'channels'" in ended.stderr and str(foreign) in ended.stderr and "pipx install voxline" in ended.stderr


def test_doctor_names_it_beside_everything_else(foreign: Path) -> None:
    ended = _voxline(foreign, "doctor", "--offline", "--json")

    findings = {row["about"]: row for row in json.loads(ended.stdout)["findings"]}
    assert (ended.returncode, ended.stderr) == (1, "")
    assert findings["package"]["level"] == "fail" and str(foreign) in findings["package"]["detail"]
    assert {"python", "ffmpeg", "state"} <= findings.keys()
