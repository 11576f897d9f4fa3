"""The sandbox itself: one aiohttp server on loopback that speaks OpenRouter's wire.

It shares no code with the adapter it is used against, so that it stays an independent witness.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from aiohttp import web

from bot.core.clock import SystemClock
from bot.core.ports.clock import Clock
from bot.sandbox import account, chat, control, image_api, signin, videos
from bot.sandbox.audio import routes
from bot.sandbox.fault_player import early, later
from bot.sandbox.faults import Faults
from bot.sandbox.state import ApiCall, Handler, QueuedAnswer, RecordedRequest, SandboxState
from bot.sandbox.wire import Json, Rejected, error_body

log = logging.getLogger(__name__)

LARGEST_BODY = 32 * 2**20
OPEN = ("/models", "/auth/keys")  # no key asked for. Source: OpenRouter docs, API reference


class Sandbox:
    """An offline OpenRouter. Entering starts it; `base_url` is what goes into the configuration.

    `port` 0 takes any free one. `words_per_second` 0 streams without delay; `render_seconds` is how long
    a clip takes. With `warm` the voice and the recogniser load at once, else when first needed.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        key: str = "sandbox-key",
        words_per_second: float = 0.0,
        render_seconds: float = 0.0,
        warm: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._port = port
        self._warm = warm
        self._state = SandboxState(key, words_per_second, render_seconds, clock or SystemClock(), keys={key})
        self._stack = AsyncExitStack()

    @property
    def base_url(self) -> str:
        """Where the API begins."""
        return f"{self._state.origin}/api/v1"

    @property
    def origin(self) -> str:
        """Scheme, host and port; the sign-in page is at /auth below it."""
        return self._state.origin

    @property
    def key(self) -> str:
        """The bearer key it accepts (keys issued at sign-in are accepted as well)."""
        return self._state.key

    @property
    def faults(self) -> Faults:
        """The failures to come."""
        return self._state.faults

    @property
    def requests(self) -> list[RecordedRequest]:
        """What arrived below /api/v1, oldest first; the last 500."""
        return list(self._state.seen)

    def asked(self, path: str) -> list[RecordedRequest]:
        """The requests to this path below /api/v1, oldest first."""
        return [request for request in self._state.seen if request.path == path]

    def admit(self, key: str) -> None:
        """One more bearer key that is accepted; it keeps one client's requests apart from another's."""
        self._state.keys.add(key)

    def forget(self) -> None:
        """Empties the record of requests."""
        self._state.seen.clear()

    def say_next(self, *texts: str) -> None:
        """The next chat answers are exactly these texts, one for each request."""
        self._state.answers.extend(QueuedAnswer(text=text) for text in texts)

    def call_next(self, tool: str, arguments: Mapping[str, object] | str, *, call_id: str = "") -> None:
        """The next chat answer calls this tool; `arguments` as a mapping, or word for word as text; `call_id` as
        another family of models would name it."""
        text = arguments if isinstance(arguments, str) else json.dumps(dict(arguments))
        self._state.answers.append(QueuedAnswer(tool=tool, arguments=text, call_id=call_id))

    async def __aenter__(self) -> Sandbox:
        async with AsyncExitStack() as stack:
            stack.callback(self._state.synthesizer.close)
            stack.push_async_callback(self._state.recognizer.close)
            runner = web.AppRunner(self._app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            self._port = runner.addresses[0][1]
            self._state.origin = f"http://127.0.0.1:{self._port}"
            if self._warm:
                self._state.synthesizer.warm()
                await self._state.recognizer.warm()
            self._stack = stack.pop_all()
        log.info("sandbox.started", extra={"port": self._port})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[only_here])
        for area in (chat, routes, image_api, videos, account, signin):
            for place, handler in area.routes(self._state).items():
                method, path = place.split()
                app.router.add_route(method, f"/api/v1{path}", self._door(handler))
        app.router.add_route("*", "/api/v1/{rest:.*}", self._door(nowhere))
        app.add_routes([*signin.pages(self._state), *control.pages(self._state)])
        return app

    def _door(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """`handler` behind the door that records, refuses and breaks requests."""

        async def enter(request: web.Request) -> web.StreamResponse:
            path = request.path.removeprefix("/api/v1")
            try:
                body = await self._read(request, path)
                call = ApiCall(request, body, self._state.faults.take(path, _model(body)))
                instead = await early(call, self._state.clock)
                return instead if instead is not None else await later(call, await handler(call))
            except Rejected as refused:
                return refusal(refused)

        return enter

    async def _read(self, request: web.Request, path: str) -> Json:
        """The JSON body, {} for a GET, after the checks that come before every route. Raises `Rejected`."""
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise Rejected(413, "Request entity too large") from None
        body = _parsed(raw)
        self._state.remember(
            RecordedRequest(request.method, path, request.headers.copy(), body, dict(request.query), len(raw))
        )
        if path not in OPEN:
            self._admit(request.headers.get("Authorization", ""))
        if request.method != "POST":
            return {}
        if request.content_type != "application/json":
            raise Rejected(400, f"Expected application/json, not {request.content_type}")
        if not isinstance(body, dict):
            raise Rejected(400, "The request body is not a JSON object")
        return body

    def _admit(self, authorization: str) -> None:
        """Raises `Rejected` 401 unless the header carries a known key."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Rejected(401, "No auth credentials found")
        if key.strip() not in self._state.keys:
            raise Rejected(401, "User not found.")


@web.middleware
async def only_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses requests for another host name, so that no web page reaches the sandbox by rebinding its name."""
    if request.url.host not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden(text="The sandbox answers on 127.0.0.1 only\n")
    return await handler(request)


async def nowhere(call: ApiCall) -> web.Response:
    """Refuses a path that OpenRouter does not have."""
    raise Rejected(404, f"There is no {call.http.method} {call.http.path}")


def refusal(refused: Rejected) -> web.Response:
    """The refusal as OpenRouter answers it."""
    headers = {"Retry-After": refused.retry_after} if refused.retry_after else {}
    body = error_body(refused.status, refused.message, refused.metadata)
    return web.json_response(body, status=refused.status, headers=headers)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _model(body: Json) -> str:
    model = body.get("model", "")
    return model if isinstance(model, str) else ""
