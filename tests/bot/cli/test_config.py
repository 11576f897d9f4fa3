"""voxline config: check, places, schema, and what comes over from OpenClaw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config.load import load
from tests.bot.cli.conftest import Voxline


def test_a_good_file_and_no_file_are_both_fine(
    voxline: Voxline, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("VOXLINE_CONFIG")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert "does not exist: the defaults are used." in voxline("config", "check")[1]
    monkeypatch.setenv("VOXLINE_CONFIG", str(config))
    config.write_text("{}")
    assert voxline("config", "check")[:2] == (0, f"{config} can be used.\n")


def test_the_places_are_told(voxline: Voxline, config: Path, home: Path) -> None:
    _, out, _ = voxline("config", "path")
    assert str(config) in out
    assert str(home / "state") in out


def test_editors_get_a_schema_with_the_names_of_the_file(voxline: Voxline) -> None:
    schema = json.loads(voxline("config", "schema")[1])
    assert "$schema" in schema["properties"]
    assert "botToken" in schema["$defs"]["Telegram"]["properties"]


def test_an_openclaw_file_is_brought_over_and_every_key_is_told(voxline: Voxline, config: Path, home: Path) -> None:
    theirs = home / "openclaw.json"
    theirs.write_text("{gateway: {port: 1}, channels: {telegram: {botToken: '1:SECRETVALUE', streaming: 'off'}}}")

    status, out, _ = voxline("config", "import", "-v", str(theirs))

    assert status == 0
    assert out.splitlines()[:3] == [
        "taken          channels.telegram.botToken",
        "does not apply channels.telegram.streaming  there is no such setting for telegram",
        "does not apply gateway  there is no gateway: the daemon talks to the channels itself",
    ]
    assert "SECRETVALUE" not in out
    assert load(config).channels.telegram is not None
    assert config.stat().st_mode & 0o777 == 0o600


def test_a_configuration_that_is_there_is_replaced_only_when_asked(voxline: Voxline, config: Path, home: Path) -> None:
    config.write_text("{limits: {turnsAtOnce: 3}}")
    theirs = home / "openclaw.json"
    theirs.write_text("{logging: {level: 'debug'}}")

    assert voxline("config", "import", str(theirs), "--dry-run")[0] == 0
    assert voxline("config", "import", str(theirs))[0] == 78
    assert load(config).limits.turns_at_once == 3

    assert voxline("config", "import", str(theirs), "--force")[0] == 0
    assert load(config).logging.level == "debug"


def test_a_file_that_does_not_exist_is_told(voxline: Voxline, home: Path) -> None:
    status, _, err = voxline("config", "import", str(home / "none.json"))
    assert status == 78
    assert "there is no such file" in err


NEWEST = """{
  agents: { entries: { other: { name: "Two" }, main: { identity: { name: "Samantha", emoji: "x" } } } },
  tools: { media: { models: [
    { provider: "openrouter", model: "openai/whisper-large-v3", capabilities: ["audio"] },
    { provider: "google", model: "gemini", capabilities: ["image"] },
  ] } },
  channels: { telegram: { botToken: "1:x", proxy: "http://p:1" } },
  session: { reset: { mode: "daily" } }, cron: { enabled: true }, messages: { ackReaction: "x" }, ui: { a: 1 },
}"""


def test_the_newest_shape_keeps_its_name_its_ears_and_its_proxy(voxline: Voxline, config: Path, home: Path) -> None:
    (home / "openclaw").mkdir()
    (home / "openclaw" / "openclaw.json").write_text(NEWEST)

    status, out, _ = voxline("config", "import", str(home / "openclaw"))

    ours = load(config)
    assert (status, ours.agents.active.id, ours.agents.active.name) == (0, "main", "Samantha")
    assert [model.model for model in ours.tools.media.audio.models] == ["openai/whisper-large-v3"]
    assert ours.network.proxy is not None and ours.network.proxy.value == "http://p:1"
    lines = out.splitlines()
    assert lines[0].startswith("Goes on as before: ") and "-v says it key by key." in lines
    different = [line for line in lines if line.startswith("  - ")]
    assert [any(word in line for line in different) for word in ("/new", "reminders", "reaction", "One agent")] == [
        True
    ] * 4
    assert "ui" in out and "SECRET" not in out


def test_a_second_import_changes_nothing(voxline: Voxline, config: Path, home: Path) -> None:
    (home / "openclaw.json").write_text(NEWEST)
    voxline("config", "import", str(home / "openclaw.json"))
    before = config.read_bytes()

    status, out, _ = voxline("config", "import", str(home / "openclaw.json"))

    assert (status, config.read_bytes()) == (0, before)
    assert "says all of this already" in out
