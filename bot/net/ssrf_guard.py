"""SSRF guard: the one way out to addresses that a person, a model or a server's answer named.

The check sits where the socket is made, so that literals, names, names that change their mind (DNS
rebinding), redirects and every spelling of an address pass the same gate. Redirects are followed here,
hop by hop; proxies, cookies and credentials of the machine are never used.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.core.errors import Blocked, FetchFailed, MediaError
from bot.net.addresses import is_public

log = logging.getLogger(__name__)

REDIRECTS_AT_MOST = 3
_CONNECT_SECONDS = 10
_LONGEST_URL = 8_192
_CHUNK_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may go along when a redirect leads to another origin: nothing that says who we are.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent", "range"})
_OWN_HEADERS = {"User-Agent": "Voxline", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back. `content_type` is what the server claims, `url` where the last redirect led."""

    data: bytes
    content_type: str
    url: str


class _NotPublic(OSError):
    """Raised instead of making a socket. The text is always the same: aiohttp merges equal errors only."""

    def __init__(self) -> None:
        super().__init__("the address is not public")


def _guarded_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, address = info
    if family not in (socket.AF_INET, socket.AF_INET6) or not is_public(str(address[0])):
        log.warning("fetch.blocked", extra={"address": str(address[0])})
        raise _NotPublic
    return socket.socket(family=family, type=kind, proto=protocol)


class SsrfGuard:
    """Fetches from the public internet over https. Use as an async context manager.

    `allow_private` names origins such as http://127.0.0.1:8080 that the operator vouches for: only they may
    lie at a private address, and, without `plain`, be plain http. `resolver` replaces the machine's name lookup.
    """

    def __init__(
        self, *, allow_private: tuple[str, ...] = (), plain: bool = False, resolver: AbstractResolver | None = None
    ) -> None:
        self._allowed = frozenset(_origin(URL(origin)) for origin in allow_private)
        self._schemes = ("https", "http") if plain else ("https",)
        self._resolver = resolver
        self._stack = AsyncExitStack()
        self._public: aiohttp.ClientSession | None = None
        self._private: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._public = await self._stack.enter_async_context(self._session(guarded=True))
        self._private = await self._stack.enter_async_context(self._session(guarded=False))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _session(self, *, guarded: bool) -> aiohttp.ClientSession:
        """A session without memory. Connections are not kept: a kept one would pass the gate unasked."""
        connector = aiohttp.TCPConnector(
            force_close=True,
            use_dns_cache=False,
            resolver=self._resolver,
            socket_factory=_guarded_socket if guarded else None,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS),
        )

    async def fetch(
        self, url: str, *, cap_bytes: int, timeout_seconds: float = 120, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """What lies behind `url`, after at most three redirects.

        `headers` go to the first origin; another origin gets the harmless ones only. Raises `Blocked` for an
        address that may not be opened, `MediaError` above `cap_bytes`, `FetchFailed` for everything else.
        """
        first = self._checked(url)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._follow(first, cap_bytes, dict(headers or {}))
        except TimeoutError as error:
            message = f"{_shown(first)} took longer than {timeout_seconds:g} seconds. Try again later"
            raise FetchFailed(message) from error

    async def _follow(self, first: URL, cap_bytes: int, headers: dict[str, str]) -> Fetched:
        seen: set[URL] = set()
        here = first
        while len(seen) <= REDIRECTS_AT_MOST:
            if here in seen:
                raise FetchFailed(f"{_shown(first)} redirects in circles. The link is broken")
            seen.add(here)
            answer = await self._ask(here, cap_bytes, headers)
            if isinstance(answer, Fetched):
                return answer
            there = self._checked(urljoin(str(here), answer))
            if _origin(there) != _origin(here):
                headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
            here = there
        raise FetchFailed(f"{_shown(first)} redirects more than {REDIRECTS_AT_MOST} times. The link is broken")

    def _checked(self, url: str) -> URL:
        """The address as aiohttp will use it, so that no two readers of it disagree."""
        if len(url) > _LONGEST_URL or any(character <= " " or character in "\x7f\\" for character in url):
            raise Blocked(f"an address of {len(url)} characters is too long or has characters that no address has")
        try:
            # Taken letter by letter: encoding it anew would break signed links.
            parsed = URL(url, encoded=url.isascii()).with_fragment(None)
            host, port = parsed.host, parsed.port
        except ValueError as error:
            raise Blocked("this is not an address that can be opened") from error
        if not host or not port or parsed.user is not None or parsed.password is not None or "%" in host:
            raise Blocked(f"{_shown(parsed)} has no host, or has a user name in it")
        if parsed.scheme not in self._schemes and _origin(parsed) not in self._allowed:
            raise Blocked(f"{_shown(parsed)} is not an https address")
        return parsed

    async def _ask(self, url: URL, cap_bytes: int, headers: Mapping[str, str]) -> Fetched | str:
        """The answer of one hop: its content, or the address it redirects to."""
        session = self._private if _origin(url) in self._allowed else self._public
        if session is None:
            raise FetchFailed("the guard is not open. Enter it with `async with` first")
        sent = {name: value for name, value in headers.items() if name.lower() not in ("host", "accept-encoding")}
        try:
            async with session.get(url, headers=_OWN_HEADERS | sent, allow_redirects=False) as got:
                location = got.headers.get("Location", "")
                if got.status in _REDIRECTS and location:
                    return location
                if got.status != 200:
                    raise FetchFailed(f"{_shown(url)} answered {got.status}. The link may have expired")
                return Fetched(await _read(got, cap_bytes), got.content_type, str(url))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _NotPublic):
                raise Blocked(f"{_shown(url)} is not a public address") from error
            raise FetchFailed(f"cannot connect to {_shown(url)}: {type(error.os_error).__name__}") from error
        except aiohttp.InvalidURL as error:
            raise Blocked(f"{_shown(url)} is spelled in a way that is not allowed") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"{_shown(url)} broke off: {type(error).__name__}") from error


async def _read(got: aiohttp.ClientResponse, cap_bytes: int) -> bytes:
    """The body. Raises `MediaError` as soon as it is known to be larger than the cap."""
    if got.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise FetchFailed(f"{_shown(got.url)} sent a compressed body without being asked for one")
    if (got.content_length or 0) > cap_bytes:
        raise _too_large(cap_bytes)
    data = bytearray()
    async for chunk in got.content.iter_chunked(_CHUNK_BYTES):
        if len(data) + len(chunk) > cap_bytes:
            raise _too_large(cap_bytes)
        data += chunk
    return bytes(data)


def _too_large(cap_bytes: int) -> MediaError:
    return MediaError(
        f"a file behind a link is larger than {cap_bytes} bytes",
        tell=f"That file is too large for me: I can take {cap_bytes / 1e6:.0f} MB.",
    )


def _origin(url: URL) -> tuple[str, str, int]:
    return url.scheme, url.host or "", url.port or 0


def _shown(url: URL) -> str:
    """What errors and logs may show of an address: never its path, query or user, which can be secrets."""
    return f"{url.scheme}://{url.host or ''}"[:200]
