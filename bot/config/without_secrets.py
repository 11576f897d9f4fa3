"""The configuration's text without secrets, for a backup: each is replaced by the name of a variable to set."""

from __future__ import annotations

from pydantic import JsonValue

from bot.config import json5
from bot.config.edit import as_text
from bot.config.exposure import secrets_in
from bot.config.known_secrets import known_secrets
from bot.config.load import parse

PLACEHOLDER = "${PUT_THE_SECRET_HERE}"


def without_secrets(text: str) -> str:
    """The same settings without comments, in which a secret may stand too. Raises `ConfigError`."""
    config = parse(text)
    secrets = {*known_secrets(config, {}), *(secret.value for secret in secrets_in(config))} - {""}
    return f"{as_text(_replaced(json5.parse(text), secrets))}\n"


def _replaced(value: JsonValue, secrets: set[str]) -> JsonValue:
    match value:
        case str():
            return PLACEHOLDER if value.strip() in secrets else value
        case dict():
            return {key: _replaced(inner, secrets) for key, inner in value.items()}
        case list():
            return [_replaced(inner, secrets) for inner in value]
        case _:
            return value
