"""Pseudonyms for the provider: `user` and `session_id` as keyed hashes, so that no id of a platform leaves.

With `user` a block for abuse hits the one person and not the account; `session_id` keeps a conversation at one
provider, whose prompt cache knows it. Source: OpenRouter docs, user tracking; prompt caching, sticky routing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.chat import ChatRequest

log = logging.getLogger(__name__)

KEY_FILE = "pseudonym-key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names people and conversations by the key of this installation."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(_KEY_BYTES), repr=False)

    def fields(self, request: ChatRequest) -> dict[str, str]:
        """The fields of a request made for a person; none for a request of the program itself."""
        named = {"user": request.person, "session_id": request.session}
        return {name: self._hash(name, value) for name, value in named.items() if value}

    def _hash(self, name: str, value: str) -> str:
        return hmac.new(self.key, f"{name}:{value}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]


def read_pseudonyms(folder: Path | None) -> Pseudonyms:
    """With the key of this installation, made at the first time; with one that is forgotten where it cannot be kept."""
    if folder is None:
        return Pseudonyms()
    file = folder / KEY_FILE
    try:
        if file.exists():
            key = file.read_bytes()
            if len(key) == _KEY_BYTES:
                return Pseudonyms(key)
        made = Pseudonyms()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(made.key)
        fresh.replace(file)
    except OSError as error:
        log.warning("pseudonym_key.not_kept", extra={"reason": type(error).__name__})
        return Pseudonyms()
    return made
