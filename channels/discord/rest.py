"""REST API client with classified failures: certainly not done, perhaps done, refused for good.

Source: Discord docs, Rate Limits, Opcodes and Status Codes; discord.py 2.7, http.py.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from yarl import URL

from bot.core.errors import ChannelError, MaybeSent, NotSent, Undeliverable
from bot.core.ports.clock import Clock
from bot.net.tls_errors import distrust

log = logging.getLogger(__name__)

ANSWER_SECONDS, UPLOAD_SECONDS = 60.0, 300.0
BAN_SECONDS = 900.0
BUSY_SECONDS = 30.0
REFUSALS, REFUSAL_SECONDS = 50, 600.0
UNKNOWN_CHANNEL, UNKNOWN_GUILD, CANNOT_MESSAGE_USER, NO_SHARED_SERVER = 10003, 10004, 50007, 50278
MISSING_ACCESS, MISSING_PERMISSIONS, INVALID_WEBHOOK_TOKEN = 50001, 50013, 50027
FORBIDDEN = "I am not allowed to do that here."
_GONE = (UNKNOWN_CHANNEL, UNKNOWN_GUILD, CANNOT_MESSAGE_USER, NO_SHARED_SERVER)
_BLAMED = re.compile(r"^In (\w+)", re.MULTILINE)  # as the library words the errors of a form


class DiscordRefused(Undeliverable):
    """Discord refused this request as written. `code` is Discord's own error code, 0 without one, `fields` names the
    fields of the request that are to blame."""

    def __init__(self, message: str, *, status: int, code: int, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message, tell=FORBIDDEN if status == 403 else None, gone=code in _GONE)
        self.status, self.code, self.fields = status, code, fields

    @property
    def shuts_out(self) -> bool:
        """Whether the bot may not write in that place, whatever it writes."""
        return self.code in (UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS)


class PlacedHTTPClient(HTTPClient):
    """The library's HTTP client, talking to the server that `api_base` names.

    discord.py keeps its REST address in the class attribute `Route.BASE` and its gateway in
    `DiscordWebSocket.DEFAULT_GATEWAY`. Changing those would move every client in the process, so each
    request is moved on its way out instead.
    """

    api_base = Route.BASE
    gateway = ""

    async def request(self, route: Route, **kwargs: Any) -> Any:
        if route.url.startswith(Route.BASE):
            route.url = self.api_base + route.url.removeprefix(Route.BASE)
        # the library leaves it at aiohttp's five minutes, files or not: a chat would be silent for as long
        seconds = UPLOAD_SECONDS if "form" in kwargs else ANSWER_SECONDS
        kwargs.setdefault("timeout", aiohttp.ClientTimeout(total=seconds))
        return await super().request(route, **kwargs)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        asked = URL(url)
        if self.gateway and asked.host == DiscordWebSocket.DEFAULT_GATEWAY.host:
            url = str(URL(self.gateway).with_query(asked.query))
        return await super().ws_connect(url, compress=compress)


class DiscordRest:
    """Requests by path; raises the channel errors. Stops by itself before Discord bans the address.

    Above 10 000 refused requests in ten minutes Cloudflare bans the address: 429 without `Via`. So after such
    an answer nothing is sent for 15 minutes, and a channel that refused 50 times in ten minutes is left alone.
    """

    def __init__(self, http: HTTPClient, clock: Clock) -> None:
        self._http, self._clock = http, clock
        self._banned_until = float("-inf")
        self._refusals: dict[str, deque[float]] = {}

    async def call(self, route: Route, **kwargs: Any) -> Any:
        """The decoded JSON answer. `json` and `params` as in aiohttp; `form` is a multipart body.

        Raises `NotSent`, `MaybeSent`, `Undeliverable` (as `DiscordRefused` when the refusal is Discord's own).
        """
        # the path as a pattern: filled in, it holds the tokens of interactions
        what = f"{route.method} {route.path}" + (f" (channel {route.channel_id})" if route.channel_id else "")
        self._check_standing(what, _place(route))
        try:
            return await self._http.request(route, **kwargs)
        except discord.RateLimited as error:
            raise NotSent(f"{what}: Discord asks to wait", retry_after=error.retry_after) from error
        except discord.HTTPException as error:
            raise self._classified(what, _place(route), error) from error
        except aiohttp.ClientConnectorError as error:
            why = distrust(error) or f"{error.__class__.__name__}; check the network"
            raise NotSent(f"{what}: cannot reach Discord ({why})") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MaybeSent(f"{what}: the connection broke ({error.__class__.__name__})") from error
        except ValueError as error:  # something between here and Discord answered in its place
            raise MaybeSent(f"{what}: the answer is not the JSON it claims to be") from error
        except RuntimeError as error:  # aiohttp says so when the session is closed: the channel is down
            raise NotSent(f"{what}: not connected to Discord", retry_after=60.0) from error

    def _check_standing(self, what: str, place: str) -> None:
        now = self._clock.monotonic()
        if now < self._banned_until:
            raise NotSent(f"{what}: Cloudflare has blocked this address", retry_after=self._banned_until - now)
        refusals = self._refusals.get(place, deque())
        while refusals and now - refusals[0] > REFUSAL_SECONDS:
            refusals.popleft()
        if len(refusals) >= REFUSALS:
            why = f"{what}: refused {REFUSALS} times in ten minutes; check the bot's permissions there"
            raise DiscordRefused(why, status=403, code=MISSING_PERMISSIONS)

    def _classified(self, what: str, place: str, error: discord.HTTPException) -> ChannelError:
        text = f"{what}: Discord answered {error.status}, code {error.code}: {error.text[:200]}"
        if error.status == 429 and error.response.headers.get("Via"):
            return NotSent(text, retry_after=BUSY_SECONDS)  # the library has waited and asked five times
        if error.status == 429:
            self._banned_until = self._clock.monotonic() + BAN_SECONDS
            log.error("discord.banned", extra={"seconds": BAN_SECONDS})
            return NotSent(f"{text}; nothing is sent for {BAN_SECONDS:.0f} s", retry_after=BAN_SECONDS)
        if error.status >= 500:
            return MaybeSent(text)
        if error.status == 401 and error.code != INVALID_WEBHOOK_TOKEN:
            return NotSent(f"{text}; the token was reset: put the new one into the settings", retry_after=BAN_SECONDS)
        if error.status == 403:
            if len(self._refusals) > 1000:
                self._refusals.clear()
            self._refusals.setdefault(place, deque(maxlen=REFUSALS)).append(self._clock.monotonic())
        fields = frozenset(_BLAMED.findall(error.text))
        return DiscordRefused(text, status=error.status, code=error.code, fields=fields)

    async def quietly(self, route: Route, *, seconds: float, **kwargs: Any) -> bool:
        """Whether the request worked, for requests that may fail without harm. Takes at most `seconds`; logs instead of
        raising."""
        try:
            async with asyncio.timeout(seconds):
                await self.call(route, **kwargs)
        except (ChannelError, TimeoutError) as error:
            log.info("discord.skipped", extra={"error": str(error) or error.__class__.__name__})
            return False
        return True


def _place(route: Route) -> str:
    """What Discord counts refusals by: the channel, or the kind of request."""
    return str(route.channel_id or route.path)
