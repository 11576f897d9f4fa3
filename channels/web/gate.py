"""The gate, authentication of the page: this machine, the right host name, the token, and no other site's script.

A page on any web site can send requests to 127.0.0.1, and a host name can be made to point there: so the
Host header, the Origin header and a cookie that other sites cannot send are all checked.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
LOCKED = "Open the address that `voxline page` prints. It carries the key.\n"
WRONG_NAME = "This page answers at 127.0.0.1 and localhost only.\n"


def cookie(request: web.Request) -> str:
    """The cookie's name. Browsers share cookies among the ports of a host; two daemons must not lock each other out."""
    _, _, port = request.host.rpartition(":")
    return f"voxline-{port if port.isdecimal() else 80}"


def gate(token: Callable[[], str]) -> Middleware:
    """The middleware. `/enter/<token>` is the only door without the cookie."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = refusal(request, token())
        if refused is not None:
            return refused
        return await handler(request)

    return check


async def protect(_: web.Request, response: web.StreamResponse) -> None:
    """The signal before any response goes out, a stream or a refusal too: none is sent without the headers."""
    for header, value in HEADERS.items():
        response.headers.setdefault(header, value)


def refusal(request: web.Request, token: str) -> web.Response | None:
    """Why a request is turned away, or None. 421 for a foreign name (DNS rebinding), 403 for another site's
    script, 401 without the key."""
    name, _, _ = request.host.rpartition(":") if not request.host.endswith("]") else (request.host, "", "")
    if (name or request.host) not in NAMES:
        return web.Response(status=421, text=WRONG_NAME)
    if not _from_here(request):
        return web.Response(status=403, text="Another site may not do this.\n")
    if request.path.startswith("/enter/"):
        return None
    if not hmac.compare_digest(request.cookies.get(cookie(request), "").encode(errors="replace"), token.encode()):
        return web.Response(status=401, text=LOCKED)
    return None


def _from_here(request: web.Request) -> bool:
    """Whether a script that asks belongs to this page. Reading by a plain link is allowed."""
    origin = request.headers.get("Origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == request.host
        except ValueError:  # not an address at all
            return False
    fetched_by = request.headers.get("Sec-Fetch-Site", "same-origin")
    return request.method in ("GET", "HEAD") or fetched_by in ("same-origin", "none")
