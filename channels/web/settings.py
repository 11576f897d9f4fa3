"""What the local page needs to know."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


def new_token() -> str:
    """32 random bytes."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`port` 0 takes any free one. `token` is what the address of the page carries."""

    port: int = 8765
    token: str = field(default_factory=new_token, repr=False)
    upload_bytes: int = 20 * 1024 * 1024
