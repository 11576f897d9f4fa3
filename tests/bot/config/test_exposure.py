"""Files of keys that other users may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.exposure import exposed_files, exposure
from bot.config.load import parse

WITH_A_KEY = (
    '{models: {providers: {openrouter: {apiKey: "sk-or-v1-0"}}}}',
    '{channels: {discord: {token: "abc"}}}',
    '{env: {OPENROUTER_API_KEY: "sk-or-v1-0"}}',
    '{env: {vars: {A_PASSWORD: "x"}}}',
    '{network: {proxy: "http://anna:winter@p:1"}}',
    '{models: {providers: {openrouter: {headers: {"X-Api-Key": "x"}}}}}',
    '{channels: {telegram: {webhook: {url: "https://h", port: 1, secret: "s"}}}}',
)
WITHOUT = ("{}", '{env: {TZ: "UTC"}}', '{channels: {discord: {token: "${DISCORD_BOT_TOKEN}"}}}')


@pytest.mark.parametrize("text", WITH_A_KEY)
def test_a_configuration_that_holds_a_key_must_be_private(tmp_path: Path, text: str) -> None:
    file = tmp_path / "voxline.json5"
    file.write_text(text)
    for mode, exposed in ((0o644, True), (0o640, True), (0o600, False)):
        file.chmod(mode)
        assert exposed_files(file, parse(text), {}) == ((file,) if exposed else ())
    file.chmod(0o644)
    assert exposure(file, parse(text), {}).endswith(f"Run: chmod 600 {file}")


@pytest.mark.parametrize("text", WITHOUT)
def test_a_configuration_without_a_key_may_be_read_by_all(tmp_path: Path, text: str) -> None:
    file = tmp_path / "voxline.json5"
    file.write_text(text)
    file.chmod(0o644)
    assert exposure(file, parse(text), {}) == ""


def test_a_file_of_a_key_and_the_env_file_beside_it_must_be_private(tmp_path: Path) -> None:
    for name in ("key", ".env"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    config = parse('{channels: {telegram: {botToken: {file: "key"}}}}')

    shown = exposed_files(tmp_path / "voxline.json5", config, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert shown == (tmp_path / ".env", tmp_path / "key")
