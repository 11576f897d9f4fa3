"""HTTP to the Bot API over aiohttp, and the one thing a sender must know: was it sent?

`telegram.Bot` gets this instead of its own httpx transport because that one logs the address, token
included, and cannot tell a request that never left from one whose answer was lost.
No error that leaves this module holds an address.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Mapping
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import aiohttp
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.net.tls_errors import distrust

JSON_HEADERS = {"Content-Type": "application/json"}
CHUNK_BYTES = 64 * 1024


class RequestNotWritten(TelegramError):
    """The request never left: no connection came about."""


class Unanswered(TelegramError):
    """The request left, and its outcome is unknown."""


class Refused(TelegramError):
    """Telegram said no. `description` is its own wording without the leading phrase."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{status} {description}")
        self.status, self.description = status, description
        details = parameters or {}
        self.retry_after: float | None = details.get("retry_after")
        self.migrate_to: int | None = details.get("migrate_to_chat_id")

    def says(self, *phrases: str) -> bool:
        """Whether the wording holds one of these (lower case)."""
        wording = self.description.lower()
        return any(phrase in wording for phrase in phrases)


class Transport(BaseRequest):
    """Kept-alive connections to one API server. `answer_seconds` bounds the wait for an answer, None for ever; `proxy`
    is the address of a proxy to go through, None for none."""

    def __init__(
        self,
        *,
        connections: int,
        connect_seconds: float,
        answer_seconds: float | None,
        upload_seconds: float,
        proxy: str | None = None,
    ) -> None:
        self._connections, self._proxy = connections, proxy
        self._plain = _timeout(connect_seconds, answer_seconds)
        self._upload = _timeout(connect_seconds, upload_seconds)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._plain.total

    async def initialize(self) -> None:
        if self._session is None:
            # aiohttp does not read the environment's proxies by itself: the token is part of every address.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._plain,
                proxy=self._proxy,
            )

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def rebuild(self) -> None:
        """Drops every connection; calls under way end as `Unanswered`."""
        await self.shutdown()
        await self.initialize()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()

    async def call(self, url: str, parameters: Mapping[str, object]) -> Any:
        """The bare result of one method. Raises `RequestNotWritten`, `Unanswered`, `Refused`."""
        payload = await self._post(url, json.dumps(parameters).encode(), JSON_HEADERS, self._plain)
        return self.parse_json_payload(payload)["result"]

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """A file in pieces. Raises as `call`."""
        try:
            async with self._open().get(url, allow_redirects=False, timeout=self._upload) as answer:
                if answer.status != 200:
                    raise _refusal(answer.status, await answer.read())
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(_named(error)) from None

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        """What `telegram.Bot` calls: status 200 and the answer. Raises as `call`."""
        if request_data is None:
            return 200, await self._post(url, b"", {}, self._plain)
        if request_data.contains_files:
            return 200, await self._post(url, _form(request_data), {}, self._upload)
        # Nested values stay JSON: cheaper than the library's JSON inside a form.
        return 200, await self._post(url, json.dumps(request_data.parameters).encode(), JSON_HEADERS, self._plain)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as an object with a result. Raises `Unanswered` for anything else."""
        try:
            answer = json.loads(payload)
        except ValueError:
            raise Unanswered("the answer is not JSON") from None
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unanswered("the answer holds no result")
        return answer

    async def _post(
        self, url: str, body: bytes | aiohttp.FormData, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> bytes:
        try:
            async with self._open().post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                payload = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise RequestNotWritten(_named(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(_named(error)) from None
        if answer.status != 200:
            raise _refusal(answer.status, payload)
        return payload

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RequestNotWritten("the connection is closed")
        return self._session


def _timeout(connect_seconds: float, total_seconds: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds, sock_connect=connect_seconds)


def _named(error: BaseException) -> str:
    """The kind of a network error and its reason, never its own text: that may hold the address, and aiohttp says
    even as `strerror` where it could not write to."""
    if why := distrust(error):
        return why
    reason = ""
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.strerror or ""  # of looking up and connecting: knows a host and a port
    elif isinstance(error, OSError) and error.errno:
        reason = os.strerror(error.errno)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _form(request_data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows %20 in a file name as it stands
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, data, mime) in request_data.multipart_data.items():
        content = BytesIO(data) if isinstance(data, bytes) else data
        form.add_field(name, content, filename=file_name, content_type=mime)
    return form


def _refusal(status: int, payload: bytes) -> Refused:
    try:
        answer = json.loads(payload)
        description, parameters = str(answer["description"]), answer.get("parameters")
    except (ValueError, KeyError, TypeError):
        return Refused(status, "no reason given")
    head, _, rest = description.partition(": ")
    phrases = ("Bad Request", "Forbidden", "Conflict", "Unauthorized", "Too Many Requests")
    wording = rest if head in phrases else description
    return Refused(status, wording, parameters if isinstance(parameters, dict) else None)
