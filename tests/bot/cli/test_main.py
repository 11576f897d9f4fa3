"""The command line as a whole: help, exit statuses, errors, and how fast it starts."""

from __future__ import annotations

import json
import os
import signal
import socket
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
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True, env=unmeasured
    ).stdout
    version, modules = told.splitlines()
    assert version == f"voxline {__version__}"
    assert not {"pydantic", "aiohttp", "asyncio", "discord", "telegram", "PIL", "sqlite3"} & set(modules.split())


def test_help_is_help(voxline: Voxline) -> None:
    assert voxline("help")[:2] == voxline("--help")[:2]
    assert voxline("help", "doctor")[:2] == voxline("doctor", "--help")[:2]


def test_a_misspelt_command_is_answered_with_the_nearest(voxline: Voxline) -> None:
    assert "there is no command 'statsu': did you mean 'status'?" in voxline("statsu")[2]


def test_voxline_alone_shows_what_there_is_and_where_to_begin(voxline: Voxline) -> None:
    shown = voxline()[2]
    assert all(f"\n    {group} " in shown for group in GROUPS)
    assert "Begin with `voxline demo`" in shown


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


@pytest.mark.parametrize(
    ("channel", "key", "fix"),
    [
        ("telegram: { botToken: 'hunter2' }", "channels.telegram.botToken", "@BotFather"),
        ("discord: { token: 'hunter 2' }", "channels.discord.token", "Bot page"),
        ("telegram: { botToken: '${NOT_SET_ANYWHERE}' }", "channels.telegram.botToken", "Set NOT_SET_ANYWHERE"),
    ],
)
def test_a_token_that_cannot_be_one_is_named_by_file_line_and_key_and_never_shown(
    voxline: Voxline, config: Path, channel: str, key: str, fix: str
) -> None:
    config.write_text(f"{{\n channels: {{\n  {channel} }},\n}}")
    status, _, err = voxline("run")
    told = err.splitlines()[-1]
    assert status == 78
    assert f"{config}:3: {key}: the " in told
    assert fix in told
    assert "hunter" not in told


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


def test_a_crash_of_a_command_shows_no_secret(
    voxline: Voxline, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('{env: {SOME_PASSWORD: "winterpalace"}}')
    voxline("status")

    sys.excepthook(RuntimeError, RuntimeError("boom winterpalace sk-or-v1-0123456789abcdef"), None)

    assert capsys.readouterr().err == "RuntimeError: boom [redacted] [redacted]\n"


def test_a_crash_before_the_configuration_was_read_shows_nothing_that_looks_like_a_secret(
    voxline: Voxline, capsys: pytest.CaptureFixture[str]
) -> None:
    voxline("config", "path")

    sys.excepthook(RuntimeError, RuntimeError("boom sk-or-v1-0123456789abcdef"), None)

    assert capsys.readouterr().err == "RuntimeError: boom [redacted]\n"


def test_ctrl_c_ends_a_command_with_130_and_no_traceback(home: Path, config: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config.write_text(f"{{models: {{providers: {{openrouter: {{baseUrl: '{address}', apiKey: 'k-1234'}}}}}}}}")
        command = [sys.executable, "-m", "bot", "infer", "model", "run", "--prompt", "hello"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:
            silent.settimeout(30)
            with silent.accept()[0]:
                asked.send_signal(signal.SIGINT)
                out, err = asked.communicate(timeout=30)
    assert (asked.returncode, out, err) == (130, "", "\n")


def test_a_terminal_without_the_letters_is_no_traceback(home: Path) -> None:
    command = [sys.executable, "-m", "bot", "doctor", "--offline"]
    poor = {**os.environ, "PYTHONIOENCODING": "ascii"}
    told = subprocess.run(command, capture_output=True, text=True, env=poor, timeout=60, check=False)
    assert (told.returncode, told.stderr) == (1, "")
    assert "? Run `voxline onboard`" in told.stdout


def test_a_port_that_cannot_be_one_is_wrong_usage(voxline: Voxline) -> None:
    for written in ("65536", "-1", "http"):
        status, _, err = voxline("demo", f"--port={written}")
        assert status == 2
        assert f"{written!r} is no port: write 0 to 65535" in err
