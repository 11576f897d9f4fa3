"""The public internet, as far as a test needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.errors import Blocked, MediaError


@dataclass(frozen=True)
class Page:
    data: bytes
    content_type: str


@dataclass
class Stranger:
    """Fetches what `pages` holds, and notes every address it was asked for. No headers can reach it."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str, *, cap_bytes: int, timeout_seconds: float) -> Page:
        self.asked.append(url)
        if url not in self.pages:
            raise Blocked(f"{url!r} is not public")
        if len(self.pages[url].data) > cap_bytes:
            raise MediaError("too large")
        return self.pages[url]
