"""voxline models: what answers, what may be chosen, and the stored keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.main import parse
from bot.cli.models_auth import sign_in
from bot.config.key_cooldown import KeyUse
from bot.config.load import load
from bot.config.profiles import StoredKey, read_profiles, save_uses, store_key
from bot.sandbox import Sandbox
from bot.sandbox.faults import StatusError
from tests.bot.cli.conftest import Voxline
from tests.bot.cli.sitter import Sitter

COMMENTED = """// my bot
{
  agents: {
    defaults: {
      model: { primary: "openrouter/auto", fallbacks: ["openrouter/a/b"] }, // the router
      models: { "openrouter/moonshotai/kimi-k2.6": { alias: "kimi" } },
    },
  },
}
"""


def test_setting_the_model_keeps_the_files_comments(voxline: Voxline, config: Path) -> None:
    config.write_text(COMMENTED)

    status, out, _ = voxline("models", "set", "KIMI")

    assert status == 0
    assert out.startswith("openrouter/moonshotai/kimi-k2.6 answers from now on, then openrouter/a/b")
    assert "In a chat" not in out
    assert config.read_text() == COMMENTED.replace(
        'primary: "openrouter/auto"', 'primary: "openrouter/moonshotai/kimi-k2.6"'
    )


def test_the_fusion_command_of_the_provider_page_works(voxline: Voxline, config: Path) -> None:
    status, out, _ = voxline("models", "set", "openrouter/openrouter/fusion")
    assert (status, "In a chat nobody can choose another any more" in out) == (0, True)
    defaults = load(config).agents.defaults
    assert defaults.model.primary == "openrouter/openrouter/fusion"
    assert list(defaults.models) == ["openrouter/openrouter/fusion"]


def test_a_model_nobody_knows_is_wrong_usage_and_changes_nothing(voxline: Voxline, config: Path) -> None:
    config.write_text(COMMENTED)
    status, _, err = voxline("models", "set", "moonshotai/kimi-k2.6")
    assert status == 2
    assert "Did you mean 'openrouter/moonshotai/kimi-k2.6'?" in err
    assert config.read_text() == COMMENTED


def test_the_models_are_listed_with_their_role(voxline: Voxline, config: Path) -> None:
    config.write_text(COMMENTED)
    rows = json.loads(voxline("models", "list", "--json")[1])["models"]
    assert [(row["ref"], row["alias"], row["role"]) for row in rows] == [
        ("openrouter/auto", "", "answers"),
        ("openrouter/a/b", "", "fallback"),
        ("openrouter/moonshotai/kimi-k2.6", "kimi", ""),
    ]


def test_the_status_shows_the_key_masked_with_its_place(
    voxline: Voxline, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert voxline("models", "status", "--offline")[0] == 1
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-SECRETVALUE-9876")
    status, out, _ = voxline("models", "status", "--offline")
    assert status == 0
    assert "sk-or-…9876 from environment variable OPENROUTER_API_KEY" in out
    assert "SECRETVALUE" not in out


def test_a_key_in_a_dotenv_file_is_found_beside_the_configuration_and_not_in_the_working_directory(
    voxline: Voxline, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (elsewhere / ".env").write_text("OPENROUTER_API_KEY=sk-or-v1-SECRETVALUE-0000\n")
    assert voxline("models", "status", "--offline")[0] == 1

    (home / ".env").write_text("OPENROUTER_API_KEY=sk-or-v1-SECRETVALUE-9876\n")
    status, out, _ = voxline("models", "status", "--offline")

    assert status == 0
    assert "sk-or-…9876 from environment variable OPENROUTER_API_KEY" in out


def test_stored_keys_are_listed_masked_and_removed(voxline: Voxline, home: Path) -> None:
    file = home / "state" / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:default", key="sk-or-v1-SECRETVALUE-9876", display_name="OpenRouter me"))

    assert voxline("models", "auth", "list")[1] == "openrouter:default  sk-or-…9876  OpenRouter me\n"
    assert "SECRETVALUE" not in voxline("models", "auth", "list", "--json")[1]
    assert voxline("models", "auth", "remove", "openrouter:default")[:2] == (0, "openrouter:default is forgotten.\n")
    assert voxline("models", "auth", "remove", "openrouter:default")[0] == 1
    assert read_profiles(file).stored == ()


def test_a_key_that_rests_is_listed_last_with_the_reason(voxline: Voxline, home: Path) -> None:
    file = home / "state" / "auth-profiles.json"
    for name in ("ready", "rested", "poor"):
        store_key(file, StoredKey(f"openrouter:{name}", key=f"sk-or-v1-{name}"))
    poor = KeyUse(disabled_until_ms=4_102_444_800_000, disabled_reason="billing", errors=1, bills=1)
    save_uses(file, {"openrouter:poor": poor, "openrouter:rested": KeyUse(cooldown_until_ms=5, errors=1)})

    lines = voxline("models", "auth", "list")[1].splitlines()
    rows = json.loads(voxline("models", "auth", "list", "--json")[1])["profiles"]

    assert lines[-1] == "openrouter:poor  …  (rests until 2100-01-01T00:00Z, billing)"
    assert [(row["id"], row["restsUntil"]) for row in rows][1:] == [
        ("openrouter:ready", None),
        ("openrouter:poor", "2100-01-01T00:00Z"),
    ]


def test_a_login_rotates_the_key_and_leaves_the_model_alone(config: Path, home: Path) -> None:
    config.write_text(COMMENTED.replace("openrouter/auto", "openrouter/x/y"))
    file = home / "state" / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:default", key="old"))
    sitter = Sitter([("API key", ""), ("API key", ' export OPENROUTER_API_KEY="sk-or-new"; ')])

    assert sign_in(parse(["models", "auth", "login", "--provider", "openrouter", "--method", "api-key"]), sitter) == 0

    assert sitter.done
    assert [(key.id, key.key) for key in read_profiles(file).stored] == [("openrouter:default", "sk-or-new")]
    defaults = load(config).agents.defaults
    assert defaults.model.primary == "openrouter/x/y"
    assert defaults.models["openrouter/auto"].alias == "OpenRouter"
    assert "openrouter/x/y answers, as before" in sitter.all
    assert "Run this again to replace it." in sitter.all


def test_a_pasted_key_is_stored_beside_the_others_and_tried_first(home: Path) -> None:
    file = home / "state" / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:default", key="old"))

    assert sign_in(parse(["models", "auth", "paste-api-key"]), Sitter([("API key", "sk-or-new")])) == 0

    profiles = read_profiles(file)
    assert {key.id: key.key for key in profiles.stored} == {
        "openrouter:default": "old",
        "openrouter:manual": "sk-or-new",
    }
    assert list(profiles.order["openrouter"]) == ["openrouter:manual", "openrouter:default"]


def test_a_login_may_set_the_default_and_forget_older_keys(config: Path, home: Path) -> None:
    file = home / "state" / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:old", key="old"))
    options = ["--method", "api-key", "--profile-id", "openrouter:new", "--force", "--set-default"]

    assert sign_in(parse(["models", "auth", "login", *options]), Sitter([("API key", "sk-or-new")])) == 0

    assert [key.id for key in read_profiles(file).stored] == ["openrouter:new"]
    assert load(config).agents.defaults.model.primary == "openrouter/auto"


def test_a_login_without_anybody_there_says_how_to_do_it(voxline: Voxline) -> None:
    status, _, err = voxline("models", "auth", "login", "--method", "api-key")
    assert status == 2
    assert "--openrouter-api-key" in err
    assert voxline("models", "auth", "login", "--method", "api-key", "--openrouter-api-key", "sk-or-x")[0] == 0


@pytest.fixture
def connected(config: Path, sandbox: Sandbox) -> Path:
    config.write_text(
        f"{{ models: {{ providers: {{ openrouter: {{ baseUrl: '{sandbox.base_url}', apiKey: 'sandbox-key' }} }} }} }}"
    )
    return config


def test_all_models_can_be_searched_with_their_prices(voxline: Voxline, connected: Path) -> None:
    everything = json.loads(voxline("models", "list", "--all", "--json")[1])["models"]
    status, out, _ = voxline("models", "list", "--search", "KIMI")

    assert {"ref", "name", "input", "output", "context", "reasoning", "prices"} == set(everything[0])
    assert len({row["ref"] for row in everything}) == len(everything) > len(out.splitlines()) >= 1
    assert status == 0
    assert out.startswith("openrouter/moonshotai/kimi-k2.6  text+image to text  $0.80 in, $3.50 out")
    assert voxline("models", "list", "--search", "no such model")[0] == 1


def test_the_list_is_kept_and_asked_for_anew_on_demand(voxline: Voxline, connected: Path, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert voxline("models", "list", "--all")[0] == 0
    assert len(sandbox.requests) == 1

    assert voxline("models", "list", "--refresh")[0] == 0
    assert len(sandbox.requests) == 2

    sandbox.faults.add("/models", do=StatusError(503, "down"), times=None)
    status, out, err = voxline("models", "list", "--refresh", "--search", "kimi")
    assert (status, "moonshotai/kimi-k2.6" in out) == (1, True)
    assert "this is what was known before" in err


def test_the_status_asks_what_the_account_has_left(voxline: Voxline, connected: Path, sandbox: Sandbox) -> None:
    told = json.loads(voxline("models", "status", "--json")[1])
    assert told["credit"].startswith("Credit left: ")
    assert "$" in told["credit"]
    sandbox.forget()

    status, out, _ = voxline("models", "status", "--offline")
    assert (status, "Credit" in out, sandbox.requests) == (0, False, [])


def test_a_refused_key_shows_in_the_status(voxline: Voxline, connected: Path) -> None:
    connected.write_text(connected.read_text().replace("sandbox-key", "wrong-key"))
    assert "Credit left: not known." in voxline("models", "status")[1]
