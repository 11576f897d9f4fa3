"""HTTP client of the provider: one session, bounded answers, and a key that never leaves its origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from bot.core.errors import (
    BadAnswer,
    Blocked,
    FetchFailed,
    KeyRefused,
    MediaError,
    ProviderBusy,
    ProviderError,
)
from bot.core.ports.channel import Health
from bot.core.ports.clock import Clock
from bot.net.proxy import ProxyRules, shown
from bot.net.tls_errors import distrust
from bot.openrouter.http.failure import ERROR_READ_BYTES, Distrusted, Unreached, failure_from
from bot.openrouter.http.json_body import read_object, written
from bot.openrouter.http.key_rotation import KeyRotation, one_key
from bot.openrouter.http.route import PROTECTED, Route, merge_headers, same_origin

JSON_CAP_BYTES = 16 * 1024 * 1024
HEADERS_SECONDS = 30.0
CONNECT_SECONDS = 10.0
NO_KEY = "I have no key for a model yet. The owner of this bot needs to run `voxline onboard`."
_REDIRECTS = 3
_PREVIEW_SECONDS = 5.0
_MOVED = frozenset({301, 302, 303, 307, 308})
_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_NO_HEADERS: Mapping[str, str] = {}
NO_PROXY = ProxyRules()


class TooLarge(BadAnswer):
    """More bytes than the caller carries."""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A JSON object. `headers` are looked up in any case."""

    body: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BinaryAnswer:
    """Bytes, with their Content-Type as sent ("" when absent)."""

    data: bytes
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ByteStream:
    """An answer under way. `chunks` raises `ProviderBusy` when the connection breaks."""

    content_type: str
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class PublicAnswer(Protocol):
    """What a public fetch brings back."""

    @property
    def data(self) -> bytes:
        """The body."""

    @property
    def content_type(self) -> str:
        """The Content-Type as sent, "" when absent."""


class PublicFetch(Protocol):
    """Fetches from hosts that are not ours to trust: the guard of `bot.net`.

    Raises `Blocked` for an address that may not be opened, `MediaError` above the cap, `FetchFailed` otherwise.
    """

    async def fetch(self, url: str, *, cap_bytes: int, timeout_seconds: float) -> PublicAnswer:
        """The bytes behind `url`."""


class OpenRouterClient:
    """Asks the provider. Use as an async context manager.

    Every method raises `ProviderError`; a connection that breaks or a timeout is `ProviderBusy` with
    status None, and `Unreached` when it was never made. POST never follows a redirect: the key and a
    paid request would go with it. With `keys` each request takes the one whose turn it is in place of the route's;
    one that is refused is asked again at once with the next key. `proxies` hold for the provider alone: what strangers
    name is fetched by `public`.
    """

    def __init__(
        self,
        route: Route,
        *,
        clock: Clock,
        public: PublicFetch | None = None,
        keys: KeyRotation | None = None,
        proxies: ProxyRules = NO_PROXY,
    ) -> None:
        self.route = route
        self._clock, self._public, self._proxies = clock, public, proxies
        self._keys = keys or one_key(route.key, clock)
        self._session: aiohttp.ClientSession | None = None
        self.trouble = ""

    @property
    def health(self) -> Health:
        """Whether the provider showed, the last time, that it is the provider."""
        return Health(not self.trouble, self.trouble or _host(self.route.base_url))

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            trust_env=False,
            auto_decompress=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=256),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post_json(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        label: str,
        timeout_seconds: float,
        headers: Mapping[str, str] = _NO_HEADERS,
        cap_bytes: int = JSON_CAP_BYTES,
    ) -> JsonAnswer:
        """The JSON object that answers `body`."""

        async def ask(route: Route) -> JsonAnswer:
            sent = merged_headers(route, headers, categories=False)
            async with _within(timeout_seconds, label), await self._post(path, body, sent, label) as got:
                return JsonAnswer(await read_object(await _read(got, cap_bytes, label), label), got.headers)

        return await self._keys.answered(ask, self.route)

    async def post_bytes(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        label: str,
        timeout_seconds: float,
        headers: Mapping[str, str] = _NO_HEADERS,
        cap_bytes: int = JSON_CAP_BYTES,
    ) -> BinaryAnswer:
        """The bytes that answer `body`."""

        async def ask(route: Route) -> BinaryAnswer:
            sent = merged_headers(route, headers, categories=False)
            async with _within(timeout_seconds, label), await self._post(path, body, sent, label) as got:
                return _binary(await _read(got, cap_bytes, label), got)

        return await self._keys.answered(ask, self.route)

    async def get_json(
        self, path_or_url: str, *, label: str, timeout_seconds: float, cap_bytes: int = JSON_CAP_BYTES
    ) -> JsonAnswer:
        """The JSON object at a path below the base URL, or at a URL of the same origin.

        Another origin raises `Blocked`; a redirect is a failure. Without a key the request goes out bare.
        """
        url = self._url(path_or_url)

        async def ask(route: Route) -> JsonAnswer:
            sent = {**route.headers(categories=False), "Accept": "application/json"}
            async with _within(timeout_seconds, label), await self._open("GET", url, sent, label) as got:
                return JsonAnswer(await read_object(await _read(got, cap_bytes, label), label), got.headers)

        return await self._keys.found(ask, self.route)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        label: str,
        headers: Mapping[str, str] = _NO_HEADERS,
        categories: bool = False,
        headers_seconds: float = HEADERS_SECONDS,
    ) -> AsyncIterator[ByteStream]:
        """A successful answer as it arrives. Only connecting and the headers are timed here: how long to wait
        between bytes, and for how much progress, is the reader's decision."""

        async def ask(route: Route) -> aiohttp.ClientResponse:
            sent = merged_headers(route, {"Accept": "text/event-stream", **headers}, categories=categories)
            async with _within(headers_seconds, label):
                return await self._post(path, body, sent, label)

        got, key = await self._keys.first_answer(ask, self.route)
        try:
            with self._keys.judging(key):
                yield ByteStream(got.headers.get("Content-Type", ""), got.headers, _chunks(got, label))
        finally:
            got.close()

    async def download(self, url: str, *, cap_bytes: int, timeout_seconds: float, label: str) -> BinaryAnswer:
        """The bytes behind `url`. Headers and key go to the base URL's own origin only; any other host, also one
        reached by a redirect, is fetched as a stranger would. Raises `TooLarge` above `cap_bytes`."""
        async with _within(timeout_seconds, label):
            seen: set[str] = set()
            while same_origin(url, self.route.base_url):
                if url in seen or len(seen) > _REDIRECTS:
                    raise BadAnswer(f"{label}: redirected in circles or more than {_REDIRECTS} times")
                seen.add(url)
                async with await self._keys.found(partial(self._opened, url, label), self.route) as got:
                    if got.status < 300:
                        return _binary(await _read(got, cap_bytes, label), got)
                    url = urljoin(url, got.headers.get("Location", ""))
            return await self.fetch_public(url, cap_bytes=cap_bytes, timeout_seconds=timeout_seconds, label=label)

    async def fetch_public(self, url: str, *, cap_bytes: int, timeout_seconds: float, label: str) -> BinaryAnswer:
        """The bytes behind `url`, asked for as a stranger would: without key or headers, and only from public hosts."""
        if self._public is None:
            raise BadAnswer(f"{label}: {_host(url)!r} is not the provider's host, and nothing here may fetch elsewhere")
        try:
            got = await self._public.fetch(url, cap_bytes=cap_bytes, timeout_seconds=timeout_seconds)
        except MediaError as error:
            raise TooLarge(f"{label}: {error}", tell=error.tell) from error
        except Blocked as error:
            raise BadAnswer(f"{label}: {error}") from error
        except FetchFailed as error:
            raise ProviderBusy(f"{label}: {error}") from error
        return BinaryAnswer(got.data, got.content_type, {})

    async def _opened(self, url: str, label: str, route: Route) -> aiohttp.ClientResponse:
        return await self._open("GET", url, route.headers(categories=False), label, follow=True)

    async def _post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str], label: str
    ) -> aiohttp.ClientResponse:
        if not any(name.lower() == "authorization" for name in headers):
            raise KeyRefused(f"{label}: no OpenRouter key. Sign in or set OPENROUTER_API_KEY", tell=NO_KEY)
        payload = await written(self.route.private(path, body), label)
        sent = merge_headers({"Accept": "application/json"}, dict(headers), {"Content-Type": "application/json"})
        return await self._open("POST", self._url(path), sent, label, payload=payload)

    async def _open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        label: str,
        *,
        payload: bytes | None = None,
        follow: bool = False,
    ) -> aiohttp.ClientResponse:
        """A successful answer with its body unread, or a redirect when the caller says it can `follow` one."""
        if self._session is None:
            raise ProviderError(f"{label}: the client is not open. Enter it with `async with` first")
        try:
            got = await self._session.request(
                method,
                _exact(url),
                headers=headers,
                data=payload and BytesIO(payload),
                allow_redirects=False,
                proxy=self._proxies.proxy_for(url),
            )
            self.trouble = ""
            if got.status < 300 or (follow and got.status in _MOVED and got.headers.get("Location")):
                return got
            async with got:
                preview = await _preview(got)
        except _NEVER_CONNECTED as error:
            if why := distrust(error):
                self.trouble = f"cannot reach {_host(url)}: {why}"
                raise Distrusted(f"{label}: {self.trouble}") from error
            proxy = self._proxies.proxy_for(url)
            where = f"{_host(url)} through the proxy {shown(proxy)}" if proxy else _host(url)
            raise Unreached(f"{label}: cannot reach {where}: {type(error).__name__}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _broken(label, error) from error
        if got.status < 400:
            target = _host(urljoin(url, got.headers.get("Location", "")))
            raise BadAnswer(
                f"{label} (HTTP {got.status}): redirected to {target!r}, which is not followed with the key. "
                "Set the base URL to the final address",
                status=got.status,
            )
        raise failure_from(
            got.status, preview, got.headers, label=label, now=self._clock.now(), secret=_bearer(headers)
        )

    def _url(self, path_or_url: str) -> str:
        if not path_or_url.startswith("/"):
            if same_origin(path_or_url, self.route.base_url):
                return path_or_url
            raise Blocked(f"{_host(path_or_url)!r} is not the provider's host {_host(self.route.base_url)!r}")
        return self.route.base_url + path_or_url


def merged_headers(route: Route, extra: Mapping[str, str], *, categories: bool) -> dict[str, str]:
    """The route's headers under `extra`, one spelling each. On a verified route nothing replaces attribution.

    Source: OpenRouter docs, app attribution.
    """
    allowed = {name: value for name, value in extra.items() if not (route.verified and name.lower() in PROTECTED)}
    return merge_headers(route.headers(categories=categories), allowed)


@asynccontextmanager
async def _within(seconds: float, label: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProviderBusy(f"{label}: timed out after {round(seconds * 1000)}ms") from error


async def _chunks(got: aiohttp.ClientResponse, label: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in got.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, OSError) as error:
        raise _broken(label, error) from error


async def _read(got: aiohttp.ClientResponse, cap_bytes: int, label: str) -> bytes:
    """The whole body. A length that is announced too large is refused before a byte is read."""
    if (got.content_length or 0) > cap_bytes:
        raise TooLarge(f"{label}: the answer is larger than {cap_bytes} bytes")
    pieces, size = [], 0
    async for chunk in _chunks(got, label):
        size += len(chunk)
        if size > cap_bytes:
            raise TooLarge(f"{label}: the answer is larger than {cap_bytes} bytes")
        pieces.append(chunk)
    return b"".join(pieces)


async def _preview(got: aiohttp.ClientResponse) -> bytes:
    """The first 16 KiB of a refusal; what cannot be read does not hide the status."""
    pieces = bytearray()
    try:
        async with asyncio.timeout(_PREVIEW_SECONDS):
            async for chunk in got.content.iter_any():
                pieces += chunk
                if len(pieces) >= ERROR_READ_BYTES:
                    break
    except (aiohttp.ClientError, OSError):
        pass
    return bytes(pieces[:ERROR_READ_BYTES])


def _bearer(headers: Mapping[str, str]) -> str:
    """The key that went out."""
    sent = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    return sent.partition(" ")[2]


def _binary(data: bytes, got: aiohttp.ClientResponse) -> BinaryAnswer:
    return BinaryAnswer(data, got.headers.get("Content-Type", ""), got.headers)


def _exact(url: str) -> URL:
    """`url` byte for byte, because normalising would break a signature in its query."""
    return URL(url, encoded=url.isascii() and url.isprintable() and " " not in url)


def _host(url: str) -> str:
    try:
        return URL(url).host or ""
    except ValueError:
        return ""


def _broken(label: str, error: Exception) -> ProviderBusy:
    return ProviderBusy(f"{label}: the connection broke: {type(error).__name__}")
