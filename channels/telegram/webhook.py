"""Webhook: the listener answers a pushed update with 200 only after it is stored.

Listens on this machine alone; a proxy in front of it speaks TLS. Telegram sends a push again, for a day, until it
is answered 2xx; 410 would make it give the webhook up, so that status is never sent.
Source: Telegram Bot API, setWebhook.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.core.errors import ChannelDown, StoreUnavailable
from bot.core.ports.channel import Accept
from bot.core.ports.clock import Clock
from bot.net.listener import listening
from bot.net.port_in_use import why_not
from channels.telegram.batch import acknowledge, read_batch
from channels.telegram.inbound import Me
from channels.telegram.settings import WebhookSettings

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_BYTES = 1024 * 1024
RETRY_SECONDS = 5
# An album comes as one push for each file, the next only after the one before was answered.
ALBUM_SECONDS = 1.0
SHUTDOWN_SECONDS = 5.0


class WebhookListener:
    """Takes pushes. `trouble` is why it cannot at the moment ("" when it can), `heard_at` when the last one came."""

    def __init__(self, settings: WebhookSettings, *, me: Me, clock: Clock) -> None:
        self._settings, self._me, self._clock = settings, me, clock
        self.heard_at: float | None = None
        self.trouble = ""

    @asynccontextmanager
    async def serving(self, accept: Accept, answer: Callable[[str], None]) -> AsyncIterator[None]:
        """Listens until the block ends. `answer` gets the id of each pressed button once it is stored.
        Raises `ChannelDown` when the port is taken."""

        async def take(request: web.Request) -> web.Response:
            if refusal := self._refusal(request):
                log.info("webhook.refused", extra={"status": refusal.status})
                return refusal
            return await self._take(await request.read(), accept, answer)

        application = web.Application(client_max_size=BODY_BYTES + 1)
        application.router.add_route("*", "/{any:.*}", take)
        async with AsyncExitStack() as opened:
            try:
                listener = listening(application, HOST, self._settings.port, shutdown_seconds=SHUTDOWN_SECONDS)
                await opened.enter_async_context(listener)
            except OSError as error:
                raise ChannelDown(
                    f"Telegram: {await why_not(self._settings.port, error)}. End that program, or choose another port "
                    "in channels.telegram.webhook.port, and tell the proxy."
                ) from None
            yield

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The refusal of a request that is not Telegram's, decided without reading the body."""
        if request.path != self._settings.path:
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        shown = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(shown.encode(errors="replace"), self._settings.secret.encode()):
            return web.Response(status=401)
        if request.content_type != "application/json":
            return web.Response(status=415)
        if (request.content_length or 0) > BODY_BYTES:
            return web.Response(status=413)
        return None

    async def _take(self, body: bytes, accept: Accept, answer: Callable[[str], None]) -> web.Response:
        update = _parsed(body)
        arrivals = read_batch([update], self._me, self._clock.now())
        grows = any(inbound.group for inbound in arrivals.inbounds)
        try:
            await accept(replace(arrivals, settle_seconds=ALBUM_SECONDS if grows else 0.0))
        except StoreUnavailable as error:
            if not self.trouble:
                log.warning("webhook.paused", extra={"reason": str(error)})
            self.trouble = f"arriving messages cannot be stored: {error}"
            return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})
        self.trouble, self.heard_at = "", self._clock.monotonic()
        acknowledge(update, answer)
        return web.Response()


def _parsed(body: bytes) -> Any:
    """The JSON value; the text itself where there is none, which is set aside like any other oddity."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
