"""What the local page needs to know."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


def new_token() -> str:
    """32 random bytes, for one life of the daemon."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`port` 0 takes any free one. `token` is what the address in the terminal carries."""

    port: int = 8765
    token: str = field(default_factory=new_token, repr=False)
    upload_bytes: int = 20 * 1024 * 1024
