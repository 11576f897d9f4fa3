"""Which variables the program knows, and which place wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.config.environment import Environment, surroundings
from bot.config.load import parse

ASKS = "channels: {telegram: {botToken: '${BOT}'}}"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The folder of the configuration, and the working directory."""
    beside, working = tmp_path / "config", tmp_path / "work"
    beside.mkdir()
    working.mkdir()
    return beside, working


def around(text: str, folders: tuple[Path, Path], environ: dict[str, str] | None = None) -> Environment:
    beside, working = folders
    return surroundings(parse(f"{{{text}}}"), environ or {}, beside=beside, working=working)


def script(folder: Path, text: str) -> str:
    """A shell of the test's own."""
    file = folder / "shell"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return str(file)


def profile(folder: Path, text: str) -> dict[str, str]:
    """An environment whose login shell reads this profile."""
    (folder / ".profile").write_text(text)
    return {"HOME": str(folder), "SHELL": "/bin/sh", "PATH": os.environ["PATH"]}


def test_each_place_wins_over_those_after_it(folders: tuple[Path, Path], tmp_path: Path) -> None:
    beside, working = folders
    text = f"{ASKS}, env: {{BOT: 'file', shellEnv: {{enabled: true}}}}"
    environ = profile(tmp_path, "export BOT=shell OPENROUTER_API_KEY=shell\n")
    found = [around(text.replace("BOT: 'file', ", ""), folders, environ).environ["BOT"]]
    found.append(around(text, folders, environ).environ["BOT"])
    (beside / ".env").write_text("BOT=beside\n")
    found.append(around(text, folders, environ).environ["BOT"])
    (working / ".env").write_text("BOT=working\n")
    found.append(around(text, folders, environ).environ["BOT"])
    found.append(around(text, folders, {**environ, "BOT": "process"}).environ["BOT"])

    assert found == ["shell", "file", "beside", "working", "process"]
    assert around(text, folders, environ).environ["OPENROUTER_API_KEY"] == "shell"


def test_a_dotenv_file_of_the_working_directory_gives_no_key_and_nothing_to_the_process(
    folders: tuple[Path, Path],
) -> None:
    names = ["OPENROUTER_API_KEY", "OPENROUTER_API_KEYS", "OPENROUTER_API_KEY_2", "MINE", "VOICE", "BOT", "OTHER"]
    (folders[1] / ".env").write_text(
        "".join(f"{name}=working\n" for name in (*names, "LD_PRELOAD", "DISCORD_BOT_TOKEN"))
    )
    text = (
        f"{ASKS}, models: {{providers: {{openrouter: {{apiKey: '${{MINE}}'}}}}}},"
        " messages: {tts: {providers: {openrouter: {apiKey: '${VOICE}'}}}}"
    )

    found = around(text, folders)

    assert set(found.environ) == {"BOT", "DISCORD_BOT_TOKEN"}
    assert found.exported == {}


def test_a_dotenv_file_beside_the_configuration_gives_keys_as_written(folders: tuple[Path, Path]) -> None:
    beside, _ = folders
    (beside / ".env").write_text("# mine\nexport OPENROUTER_API_KEY='sk-or-$HOME'\nNOTHING\nHTTPS_PROXY=http://p:1\n")

    found = around("", (beside, beside))

    assert found.environ == {"OPENROUTER_API_KEY": "sk-or-$HOME", "HTTPS_PROXY": "http://p:1"} == found.exported
    assert "sk-or" not in repr(found)


@pytest.mark.parametrize(
    ("content", "told"), [(b"A=\xff\n", "cannot be read"), (b"A=1\n" * 20_000, "larger than 64 KiB")]
)
def test_a_dotenv_file_that_cannot_be_used_is_left_out_with_a_word(
    folders: tuple[Path, Path], content: bytes, told: str
) -> None:
    (folders[0] / ".env").write_bytes(content)
    found = around("", folders)
    assert found.environ == {}
    assert told in found.notes[0]


def test_only_what_something_here_reads_comes_from_the_login_shell(folders: tuple[Path, Path], tmp_path: Path) -> None:
    environ = profile(tmp_path, "echo welcome\nexport BOT='two\nlines' OPENROUTER_API_KEY_2=spare AWS_SECRET=no\n")

    found = around(f"{ASKS}, env: {{shellEnv: {{enabled: true}}}}", folders, environ)

    assert {name: found.environ[name] for name in found.environ.keys() - environ.keys()} == {
        "BOT": "two\nlines",
        "OPENROUTER_API_KEY_2": "spare",
    }
    assert found.notes == ()


def test_the_login_shell_is_not_asked_unasked_or_for_nothing(folders: tuple[Path, Path], tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    environ = {"SHELL": script(tmp_path, f"touch {asked}"), "OPENROUTER_API_KEY": "k", "BOT": "b"}
    telegram = ASKS.replace("{botToken", "{enabled: false, botToken")

    around(ASKS, folders, environ)
    around(f"{telegram}, env: {{shellEnv: {{enabled: true}}}}", folders, environ)

    assert not asked.exists()


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("sleep 60", "did not answer within 0.3 s"),
        ("sleep 60 & exec sleep 60", "did not answer within 0.3 s"),
        ("echo SECRETVALUE", "does not list its variables"),
        ("exit 3", "does not list its variables"),
        ("yes SECRETVALUE", "prints more than"),
    ],
)
def test_a_login_shell_that_misbehaves_is_left_out_and_never_quoted(
    folders: tuple[Path, Path], tmp_path: Path, does: str, told: str
) -> None:
    environ = {"SHELL": script(tmp_path, does), "PATH": os.environ["PATH"]}

    found = around("env: {shellEnv: {enabled: true, timeoutMs: 300}}", folders, environ)

    assert told in found.notes[0]
    assert "SECRETVALUE" not in found.notes[0]
    assert found.environ == environ


def test_what_a_login_shell_leaves_running_is_not_waited_for(folders: tuple[Path, Path], tmp_path: Path) -> None:
    environ = profile(tmp_path, "sleep 60 &\nexport OPENROUTER_API_KEY=shell\n")
    found = around("env: {shellEnv: {enabled: true, timeoutMs: 5000}}", folders, environ)
    assert found.environ["OPENROUTER_API_KEY"] == "shell"
