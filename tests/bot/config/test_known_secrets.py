"""Every secret is known, wherever it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.known_secrets import known_secrets
from bot.config.load import parse
from bot.config.profiles import StoredKey

WRITTEN = """{
  env: { ANYTHING: "from the env block", vars: { MORE: "from its vars" } },
  models: { providers: { openrouter: { apiKey: "the model key", headers: { "X-Pass": "a header" } } } },
  messages: { tts: { providers: { openrouter: { apiKey: { file: "speech.key" } } } } },
  tools: { media: { audio: { models: [{ model: "a/b", headers: { "X-Ear": "a listener's header" } }] } } },
  channels: {
    telegram: { botToken: "1:token", webhook: { url: "https://x/y", port: 1, secret: "${HOOK}" } },
    discord: { token: { source: "env", id: "DC" } },
  },
}"""


def known(written: str, environ: dict[str, str], *stored: StoredKey) -> set[str]:
    return set(known_secrets(parse(written), environ, stored))


def test_whatever_the_configuration_names_is_known(tmp_path: Path) -> None:
    (tmp_path / "speech.key").write_text("the speech key\n")

    found = known(WRITTEN, {"CREDENTIALS_DIRECTORY": str(tmp_path), "HOOK": "the hook", "DC": "discord token"})

    assert found == {
        *("from the env block", "from its vars", "the model key", "a header", "the speech key"),
        *("a listener's header", "1:token", "the hook", "discord token"),
    }


def test_what_points_nowhere_is_nobodys_secret() -> None:
    assert known(WRITTEN, {}) == {
        *("from the env block", "from its vars", "the model key", "a header", "a listener's header", "1:token")
    }


def test_what_only_the_environment_has_is_known() -> None:
    environ = {"OPENROUTER_API_KEY": "k1", "TELEGRAM_BOT_TOKEN": "2:t", "DISCORD_BOT_TOKEN": "d", "EDITOR": "vi"}

    assert known("{channels: {telegram: {}, discord: {}}}", environ) == {"k1", "2:t", "d"}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxys_password_is_known_as_written_and_as_meant(name: str) -> None:
    assert known("{}", {name: "http://me:p%40ss@proxy:1"}) - {""} == {"p%40ss", "p@ss"}
    assert known("{}", {name: "http://[::1"}) == set()
    assert known("{}", {f"NO_{name}": "http://me:pass@proxy:1"}) == set()


def test_stored_keys_are_known_also_where_they_lie_in_a_variable() -> None:
    stored = (StoredKey("a", key="stored key"), StoredKey("b", env="ELSEWHERE"))

    assert known("{}", {"ELSEWHERE": "kept elsewhere"}, *stored) == {"stored key", "kept elsewhere"}
