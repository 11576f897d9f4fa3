"""What the event loop says when it may open nothing more: once in a while, instead of a hundred times a second.

A listening socket whose accept() fails for want of descriptors is left alone for a second by asyncio, which logs
every single connection that waits. Source: CPython, asyncio/selector_events.py, `_accept_connection`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
SECONDS_BETWEEN = 60.0

ExceptionHandler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]


def sparing_words() -> ExceptionHandler:
    """An exception handler for a loop: exhaustion is logged once a minute, everything else as always."""
    silent_until = 0.0

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal silent_until
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in EXHAUSTED:
            loop.default_exception_handler(context)
        elif loop.time() >= silent_until:
            silent_until = loop.time() + SECONDS_BETWEEN
            why = f"{error.strerror}: new connections wait; raise the limit (LimitNOFILE), or end what holds them"
            log.error("descriptors.exhausted", extra={"why": why})

    return handle
