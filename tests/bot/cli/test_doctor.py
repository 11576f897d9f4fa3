"""voxline doctor and voxline status: how things are, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from bot.store.lock import hold
from tests.bot.cli.conftest import Voxline
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.fakes.discord_api import DiscordApi
from tests.fakes.telegram_api import TOKEN as TELEGRAM_TOKEN
from tests.fakes.telegram_api import TelegramApi


def _findings(out: str) -> dict[str, tuple[str, str, str]]:
    return {row["about"]: (row["level"], row["detail"], row["fix"]) for row in json.loads(out)["findings"]}


@pytest.fixture
def connected(config: Path, sandbox: Sandbox, telegram: TelegramApi, discord: DiscordApi) -> Path:
    config.write_text(
        f"""{{
          models: {{ providers: {{ openrouter: {{ baseUrl: "{sandbox.base_url}", apiKey: "sandbox-key" }} }} }},
          channels: {{
            telegram: {{ apiRoot: "{telegram.root}", botToken: "{TELEGRAM_TOKEN}", allowFrom: [7] }},
            discord: {{ apiBase: "{discord.base}", token: "{DISCORD_TOKEN}", allowFrom: [7] }},
          }},
        }}"""
    )
    config.chmod(0o600)
    return config


def test_when_everything_works_it_says_so(voxline: Voxline, connected: Path) -> None:
    status, out, _ = voxline("doctor")
    assert (status, out.splitlines()[-1]) == (0, "Everything works.")
    assert "ok    telegram       @vox_bot" in out
    assert "ok    openrouter     the key is accepted, $10.00 left of its limit, $25.00 on the account" in out
    assert TELEGRAM_TOKEN not in out
    assert DISCORD_TOKEN not in out
    assert "sandbox-key" not in out


def test_what_of_pictures_and_songs_cannot_be_followed_is_told(voxline: Voxline, config: Path, home: Path) -> None:
    written = f"musicGenerationModel: {{timeoutMs: 5000}}, mediaLocalRoots: ['{home}', '{home}/nowhere']"
    config.write_text(f"{{agents: {{defaults: {{{written}}}}}}}")

    found = _findings(voxline("doctor", "--offline", "--json")[1])

    assert found["songs"][:2] == ("warn", "5 s are too short for any song: 120 s are waited")
    assert found["pictures"][:2] == ("warn", f"{home}/nowhere is no folder")


def test_a_refused_key_and_refused_tokens_are_told_with_the_fix(voxline: Voxline, connected: Path) -> None:
    text = connected.read_text()
    for good in ("sandbox-key", TELEGRAM_TOKEN, DISCORD_TOKEN):
        text = text.replace(good, "1:SECRETVALUE")
    connected.write_text(text)

    status, out, _ = voxline("doctor", "--json")

    found = _findings(out)
    assert status == 1
    assert [found[name][0] for name in ("openrouter", "telegram", "discord")] == ["fail"] * 3
    assert "@BotFather" in found["telegram"][2]
    assert "SECRETVALUE" not in out


def test_a_missing_intent_and_privacy_mode_are_told(voxline: Voxline, connected: Path, discord: DiscordApi) -> None:
    discord.gateway.content_allowed = False
    connected.write_text(
        connected.read_text().replace("allowFrom: [7] },", "allowFrom: [7], groups: { '*': {} } },", 1)
    )

    status, out, _ = voxline("doctor")

    assert status == 1
    assert "switch on Message Content Intent" in out
    assert "/setprivacy" in out


def test_services_that_do_not_answer_are_no_fault_of_the_configuration(voxline: Voxline, config: Path) -> None:
    config.write_text(
        """{ models: { providers: { openrouter: { baseUrl: "http://127.0.0.1:1", apiKey: "k" } } },
             channels: { telegram: { apiRoot: "http://127.0.0.1:1", botToken: "1:x", allowFrom: [7] } } }"""
    )
    status, out, _ = voxline("doctor", "--json")
    found = _findings(out)
    assert status == 0
    assert found["openrouter"][0] == found["telegram"][0] == "warn"


def test_offline_it_still_finds_what_is_missing(voxline: Voxline, config: Path) -> None:
    config.write_text("{ channels: { telegram: {}, discord: { dmPolicy: 'allowlist' } } }")
    status, out, _ = voxline("doctor", "--offline")
    assert status == 1
    assert "no key for OpenRouter" in out
    assert "telegram: nobody can let newcomers in" in out
    assert "discord: nobody may write in private" in out


def test_a_broken_configuration_is_a_finding_too(voxline: Voxline, config: Path) -> None:
    config.write_text("{\n\n limit: {}\n}")
    status, out, _ = voxline("doctor", "--json")
    assert status == 78
    assert _findings(out)["configuration"][0] == "fail"
    assert "voxline.json5:3" in _findings(out)["configuration"][1]


def test_an_open_state_folder_and_a_broken_ffmpeg_are_told(voxline: Voxline, config: Path, home: Path) -> None:
    (home / "state").mkdir()
    (home / "state").chmod(0o755)
    config.write_text("{ media: { ffmpegPath: '/nowhere/ffmpeg' } }")
    found = _findings(voxline("doctor", "--offline", "--json")[1])
    assert found["state"][0] == "warn" and "chmod 700" in found["state"][2]
    assert found["ffmpeg"][0] == "fail" and "set media.ffmpegPath" in found["ffmpeg"][1]


def test_the_status_names_the_daemon_that_runs(voxline: Voxline, home: Path, config: Path) -> None:
    config.write_text("{ channels: { discord: {}, web: { enabled: true } } }")
    status, out, _ = voxline("status", "--json")
    assert (status, json.loads(out)["running"]) == (1, False)
    assert json.loads(out)["channels"] == ["discord", "web"]

    with hold(home / "state"):
        status, out, _ = voxline("status")
        assert voxline("status", "--ready")[0] == 1  # it holds the directory and answers nothing yet

    assert status == 0
    assert out.startswith("daemon         running, pid ")


def test_keys_that_other_users_may_read_are_told_by_doctor(voxline: Voxline, connected: Path) -> None:
    connected.chmod(0o644)
    status, out, _ = voxline("doctor", "--offline", "--json")
    assert status == 0
    assert _findings(out)["secrets"] == ("warn", f"other users may read {connected}", f"Run: chmod 600 {connected}")


def test_a_model_that_the_provider_does_not_list_is_told_with_the_nearest(voxline: Voxline, connected: Path) -> None:
    text = connected.read_text()
    wrong = "agents: { defaults: { model: 'openrouter/antropic/claude-sonet-4.6' } },"
    connected.write_text(text.replace("channels:", f"{wrong} channels:", 1))

    status, out, _ = voxline("doctor", "--json")

    level, detail, fix = _findings(out)["model"]
    assert (status, level) == (0, "warn")
    assert "antropic/claude-sonet-4.6 is not in OpenRouter's list" in detail and "Did you mean 'openrouter/" in fix
