"""A key out of whatever was pasted."""

from __future__ import annotations

import pytest

from bot.core.errors import ConfigError
from bot.openrouter.signin.key_text import key_from


@pytest.mark.parametrize(
    "pasted",
    [
        "sk-or-v1-abc",
        "  sk-or-v1-abc\r\n",
        "sk-or-\nv1-abc",
        "sk-or-v1-\u2028abc\u2029",
        "sk-or-v1-abc\u200b",
        "OPENROUTER_API_KEY=sk-or-v1-abc",
        "export OPENROUTER_API_KEY=sk-or-v1-abc",
        'export OPENROUTER_API_KEY="sk-or-v1-abc";',
        "OPENROUTER_API_KEY = 'sk-or-v1-abc'",
        "`sk-or-v1-abc`",
        "sk-or-v1-abc;",
        "sk-or-v1-\x00abc\x7f",
    ],
)
def test_only_the_key_is_kept(pasted: str) -> None:
    assert key_from(pasted) == "sk-or-v1-abc"


@pytest.mark.parametrize(
    ("pasted", "key"), [("my-proxy-key", "my-proxy-key"), ('"a', '"a'), ("a=b=c", "b=c"), ("é", "é")]
)
def test_no_prefix_is_asked_for_and_half_a_quote_stays(pasted: str, key: str) -> None:
    assert key_from(pasted) == key


@pytest.mark.parametrize("pasted", ["", "  ", '""', "KEY=''", ";", "\u2028", "日本"])
def test_nothing_is_no_key(pasted: str) -> None:
    with pytest.raises(ConfigError):
        key_from(pasted)
