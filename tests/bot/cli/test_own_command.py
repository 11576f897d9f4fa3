"""The command that a person is told works where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bot.cli import onboard


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installation that no shell finds by name."""
    folder = tmp_path / "my clone" / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "voxline").write_text("#!/bin/sh\n")
    (folder / "voxline").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_name_that_the_shell_finds_is_enough(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{installed}{os.pathsep}{os.defpath}")
    assert onboard.own_command() == "voxline"


def test_the_same_name_of_another_installation_is_not_told(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "voxline").write_text("#!/bin/sh\n")
    (other / "voxline").chmod(0o755)
    monkeypatch.setenv("PATH", str(other))
    assert onboard.own_command() == "'my clone/.venv/bin/voxline'"


def test_a_path_is_told_from_here_or_whole(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(installed.parents[1])
    assert onboard.own_command() == ".venv/bin/voxline"
    monkeypatch.chdir("/usr")
    assert onboard.own_command() == f"'{installed}/voxline'"


def test_without_a_script_the_module_is_run(installed: Path) -> None:
    (installed / "voxline").unlink()
    assert onboard.own_command() == f"'{installed}/python' -m bot"
