"""Base URL and authentication, where requests go: with which key, and whether that place is really OpenRouter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bot.core.errors import ConfigError

CANONICAL = "https://openrouter.ai/api/v1"
_LEGACY = "https://openrouter.ai/v1"
_PORTS = {"http": 80, "https": 443}
_ROUTED = frozenset({"/chat/completions", "/images", "/audio/speech", "/audio/transcriptions"})
_PATH = "models.providers.openrouter.baseUrl"
_FIX = f"Write it as https://host/path, or leave it out for {CANONICAL}."


@dataclass(frozen=True, slots=True)
class Attribution:
    """How the program names itself to OpenRouter. Source: OpenRouter docs, app attribution."""

    referer: str = "https://openclaw.ai"
    title: str = "OpenClaw"
    categories: str = (
        "cli-agent,cloud-agent,programming-app,creative-writing,writing-assistant,general-chat,personal-agent"
    )

    def headers(self, *, categories: bool) -> dict[str, str]:
        """The attribution headers; an empty value leaves its header out."""
        named = {"HTTP-Referer": self.referer, "X-OpenRouter-Title": self.title}
        if categories:
            named["X-OpenRouter-Categories"] = self.categories
        return {name: value for name, value in named.items() if value}


PROTECTED = frozenset({"http-referer", "x-openrouter-title", "x-openrouter-categories"})


@dataclass(frozen=True, slots=True)
class Route:
    """A base URL with its key. `custom` are configured headers; `canonical` is what counts as OpenRouter itself; `zdr`
    allows only providers that keep nothing (zero data retention).

    Raises `ConfigError` when the base URL cannot be used.
    """

    base_url: str = CANONICAL
    key: str = field(default="", repr=False)
    attribution: Attribution = Attribution()
    custom: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    canonical: str = CANONICAL
    zdr: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", normalise_base_url(self.base_url))
        object.__setattr__(self, "canonical", normalise_base_url(self.canonical))
        for name, value in self.custom:
            if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum() or _unprintable(value):
                raise ConfigError(
                    f"the header {name!r} cannot be sent",
                    path="models.providers.openrouter.headers",
                    fix="Use letters, digits and dashes in its name, and one line of text as its value.",
                )

    @property
    def verified(self) -> bool:
        """Whether requests reach OpenRouter itself. Everything that only OpenRouter understands asks here."""
        return self.base_url == self.canonical

    def private(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of a request with the data policy in it, where it is one that is routed to providers.

        It stands over everything that was configured for one model. Source: OpenRouter docs, zero data retention."""
        if not (self.zdr and self.verified and path in _ROUTED):
            return body
        routing = body.get("provider")
        return {**body, "provider": {**(routing if isinstance(routing, Mapping) else {}), "zdr": True}}

    def headers(self, *, categories: bool) -> dict[str, str]:
        """Bearer, attribution on verified routes only, and the configured headers, each name once in any case.

        Configured headers win, except over attribution on a verified route. Media calls send no categories.
        """
        own = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if not self.verified:
            return merge_headers(own, dict(self.custom))
        allowed = {name: value for name, value in self.custom if name.lower() not in PROTECTED}
        return merge_headers(own, allowed, self.attribution.headers(categories=categories))


def merge_headers(*layers: dict[str, str]) -> dict[str, str]:
    """All headers; a later layer replaces an earlier spelling of the same name."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        merged.update({name.lower(): (name, value) for name, value in layer.items()})
    return dict(merged.values())


def normalise_base_url(text: str) -> str:
    """`text` without trailing slashes and default port; the legacy form of OpenRouter's URL becomes the canonical one.

    Raises `ConfigError` for anything but a plain http(s) address, without naming what it may hide.
    """
    parts = _parts(text.strip())
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError("the base URL is not an http(s) address", path=_PATH, fix=_FIX)
    if "@" in parts.netloc or parts.query or parts.fragment or text.strip().endswith(("?", "#")):
        raise ConfigError("the base URL carries a user name, a query or a fragment", path=_PATH, fix=_FIX)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
    return CANONICAL if url == _LEGACY else url


def same_origin(url: str, base_url: str) -> bool:
    """Whether two URLs share scheme, host and port. Anything that is not an http(s) URL shares nothing."""
    first, second = _origin(url), _origin(base_url)
    return first is not None and first == second


def _origin(url: str) -> tuple[str, str, int] | None:
    parts = _parts(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _parts(url: str) -> SplitResult | None:
    if _unprintable(url) or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None


def _unprintable(text: Iterable[str]) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
