"""Things that go wrong between a client and Discord's REST API, by script."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from aiohttp import web


class Do(StrEnum):
    """What happens instead of an ordinary answer."""

    STATUS = "status"  # refused before anything was done
    RESET_BEFORE = "reset_before"  # the connection is reset before anything was done
    ACCEPT_THEN_RESET = "accept_then_reset"  # done, and then the answer is lost
    ACCEPT_THEN_STATUS = "accept_then_status"  # done, and then an error is told


@dataclass(slots=True)
class Fault:
    """`path` is a pattern below the API base such as /channels/*/messages. Counts requests from 1:
    strikes from the `nth` on, `times` times. `via` is how Discord's own 429 differs from Cloudflare's."""

    method: str
    path: str
    do: Do
    status: int = 503
    body: str = '{"message": "scripted", "code": 0}'
    nth: int = 1
    times: int = 1
    via: bool = True
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        if method != self.method or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


def answer(fault: Fault) -> web.Response:
    headers = {"Content-Type": "application/json", "Via": "1.1 google"} if fault.via else {"Content-Type": "text/html"}
    return web.Response(status=fault.status, body=fault.body.encode(), headers=headers)


def reset(request: web.Request) -> None:
    """Ends the connection with RST, which the other side sees as ECONNRESET."""
    transport = request.transport
    if transport is not None:
        wire = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


async def strike(
    fault: Fault, request: web.Request, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    match fault.do:
        case Do.STATUS:
            await request.read()
            return answer(fault)
        case Do.RESET_BEFORE:
            await request.read()
            reset(request)
        case Do.ACCEPT_THEN_RESET:
            await handle(request)
            reset(request)
        case Do.ACCEPT_THEN_STATUS:
            await handle(request)
            return answer(fault)
    return web.Response()
