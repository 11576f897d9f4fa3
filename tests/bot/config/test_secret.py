"""Secrets: where they lie, and that they are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.channels import token_of
from bot.config.load import parse
from bot.config.secret import Secret, mask
from bot.core.errors import ConfigError


def _key(written: str) -> Secret:
    secret = parse(
        f"{{models: {{providers: {{openrouter: {{apiKey: {written}}}}}}}}}"
    ).models.providers.openrouter.api_key
    assert secret is not None
    return secret


@pytest.mark.parametrize(
    "written",
    [
        "'sk-or-v1-abcdef'",
        "' sk-or-v1-abcdef\\n'",
        "'${KEY}'",
        "{source: 'env', id: 'KEY'}",
        "{source: 'env', provider: 'default', id: 'KEY'}",
        "{file: 'key'}",
    ],
)
def test_a_secret_is_a_value_a_variable_or_a_file(written: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-or-v1-abcdef\n")
    environ = {"KEY": "sk-or-v1-abcdef", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert _key(written).reveal(environ) == "sk-or-v1-abcdef"


def test_what_a_secret_points_at_is_looked_up_only_when_it_is_needed(tmp_path: Path) -> None:
    variable, file = _key("'${GONE}'"), _key(f"{{file: '{tmp_path}/gone'}}")
    with pytest.raises(ConfigError, match="the environment variable GONE is not set"):
        variable.reveal({})
    with pytest.raises(ConfigError, match="gone' cannot be read"):
        file.reveal({})


def test_an_empty_secret_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(ConfigError, match="is empty"):
        Secret(file=str(tmp_path / "empty")).reveal({})


@pytest.mark.parametrize(
    "written", ["''", "' '", "1", "{file: ''}", "{source: 'exec', id: 'x'}", "{file: 'a', id: 'b'}", "{env: 'KEY'}"]
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="apiKey"):
        _key(written)


def test_a_mask_lets_the_owner_recognise_a_key_and_nobody_use_it() -> None:
    assert mask("sk-or-v1-0123456789abcdef") == "sk-or-…cdef"
    assert mask("123456789:AAabcdefghijklmnop") == "…mnop"
    assert mask("short") == "…"


@pytest.mark.parametrize(("channel", "name"), [("telegram", "TELEGRAM_BOT_TOKEN"), ("discord", "DISCORD_BOT_TOKEN")])
def test_a_channel_without_a_token_takes_it_from_the_environment(channel: str, name: str) -> None:
    configured = getattr(parse(f"{{channels: {{{channel}: {{}}}}}}").channels, channel)
    assert token_of(configured, {name: " 1:x "}) == "1:x"
    with pytest.raises(ConfigError, match=name):
        token_of(configured, {})
