"""API key parsing: the key out of a pasted line."""

from __future__ import annotations

import re

from bot.core.errors import ConfigError

_ASSIGNMENT = re.compile(r"(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(.+)")
_QUOTES = "\"'`"
_CONTROL = dict.fromkeys((*range(32), *range(127, 160)))


def key_from(text: str) -> str:
    """The key alone: without line breaks, without the NAME= or export NAME= of a shell line, quotes or semicolon.

    What cannot stand in a header (control characters, everything beyond Latin-1) is dropped. Any prefix is
    taken: the provider decides what a key is. Raises `ConfigError` when nothing is left.
    """
    key = "".join(character for character in text.strip() if ord(character) <= 255).translate(_CONTROL).strip()
    assigned = _ASSIGNMENT.fullmatch(key)
    if assigned:
        key = assigned[1].strip()
    key = key.removesuffix(";").strip()
    if len(key) > 1 and key[0] == key[-1] and key[0] in _QUOTES:
        key = key[1:-1].strip()
    if not key:
        raise ConfigError("the API key is empty", fix="Paste the key as it is shown at openrouter.ai/keys.")
    return key
