"""OAuth callback server: it waits on localhost for the browser to come back from signing in."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.openrouter.signin.exchange import SignInFailed

CALLBACK_PATH = "/openrouter-oauth/callback"
PORT = 3000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html><meta charset="utf-8"><title>Voxline</title>
<body style="font-family: sans-serif; margin: 4em auto; max-width: 30em"><h1>{title}</h1><p>{text}</p>"""


class CallbackListener:
    """Waits for one sign-in on 127.0.0.1, and on ::1 where there is one, because browsers may pick either.

    Use as an async context manager; entering raises `SignInFailed` when the port is taken. A request with a
    foreign state is turned away without ending the wait: any web page could send one.
    """

    def __init__(self, is_own_state: Callable[[str], bool], *, port: int = PORT) -> None:
        self.port = port
        self._is_own_state = is_own_state
        self._runner: web.ServerRunner | None = None
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
        except OSError as error:
            await runner.cleanup()
            raise SignInFailed(f"port {self.port} cannot be used here") from error
        self._runner = runner
        try:
            await web.TCPSite(runner, "::1", self.port).start()
        except OSError:
            # A machine without IPv6 sends its browser to 127.0.0.1.
            pass
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._answer.done() and not self._answer.cancelled():
            # A failure that came too late is read here, so that asyncio does not log it as never retrieved.
            self._answer.exception()

    async def code(self, seconds: float) -> str:
        """The code, once the browser brings it. Raises `SignInFailed` when it brings an error, or nothing in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._answer
        except TimeoutError as error:
            raise SignInFailed(f"no sign-in arrived within {seconds:g} seconds") from error

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        query = request.rel_url.query
        if request.path != CALLBACK_PATH:
            return web.Response(status=404, text="Not found", headers=_HEADERS)
        if request.method != "GET":
            return web.Response(status=405, text="Only GET", headers={**_HEADERS, "Allow": "GET"})
        if query.get("error", "").strip():
            return self._fail(f"OpenRouter said {query['error'].strip()[:100]!r}")
        code = query.get("code", "").strip()
        if not code:
            return self._fail("missing OAuth code")
        if not self._is_own_state(query.get("state", "")):
            return web.Response(status=400, text="invalid OAuth state", headers=_HEADERS)
        if not self._answer.done():
            self._answer.set_result(code)
        return _page(200, "Signed in", "You can close this page and go back to the terminal.")

    def _fail(self, reason: str) -> web.Response:
        if not self._answer.done():
            self._answer.set_exception(SignInFailed(reason))
        return web.Response(status=400, text=reason, headers=_HEADERS)


def _page(status: int, title: str, text: str) -> web.Response:
    page = _PAGE.format(title=html.escape(title), text=html.escape(text))
    return web.Response(status=status, text=page, content_type="text/html", headers=_HEADERS)
