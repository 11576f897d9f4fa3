"""The command line as a whole: help, exit statuses, errors, and how fast it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __version__
from bot.cli.main import GROUPS
from tests.bot.cli.conftest import Voxline


def test_every_group_explains_itself(voxline: Voxline) -> None:
    for group in GROUPS:
        status, out, _ = voxline(group, "--help")
        assert (status, out.startswith("usage:")) == (0, True), group


def test_the_version_is_told_without_loading_anything_heavy() -> None:
    code = "import sys; from bot.cli.main import run\ntry: run(['--version'])\nfinally: print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True).stdout
    version, modules = told.splitlines()
    assert version == f"voxline {__version__}"
    assert not {"pydantic", "aiohttp", "asyncio", "discord", "telegram", "PIL", "sqlite3"} & set(modules.split())


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["models"], ["models", "set"], ["infer", "model", "run"]])
def test_wrong_usage_ends_with_2(voxline: Voxline, argv: list[str]) -> None:
    status, out, err = voxline(*argv)
    assert (status, out) == (2, "")
    assert err.startswith("usage:")


def test_a_configuration_that_cannot_be_used_ends_with_78_and_one_block(voxline: Voxline, config: Path) -> None:
    config.write_text("{\n owner: [],\n limit: {}\n}")
    status, out, err = voxline("config", "check")
    assert (status, out) == (78, "")
    assert err.splitlines()[0].split(":")[1].endswith("voxline.json5")
    assert "unknown key 'owner'. Did you mean 'owners'?" in err
    assert "unknown key 'limit'. Did you mean 'limits'?" in err


def test_with_json_even_an_error_is_json(voxline: Voxline, config: Path) -> None:
    config.write_text("{owner: []}")
    status, out, err = voxline("status", "--json")
    assert (status, err) == (78, "")
    assert json.loads(out)["error"]["type"] == "ConfigError"


def test_a_state_that_cannot_be_used_ends_with_78(voxline: Voxline, home: Path) -> None:
    (home / "state").mkdir()
    (home / "state" / "auth-profiles.json").write_text("{}")
    (home / "state" / "auth-profiles.json").chmod(0o644)
    status, _, err = voxline("models", "auth", "list")
    assert status == 78
    assert "chmod 600" in err


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    command = f"{sys.executable} -m bot config schema | head -c 1"
    told = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30, check=False)
    assert (told.stdout, told.stderr) == ("{", "")
