"""The control socket: how the command line asks a running daemon, so that it never touches a live database.

One JSON object in a line asks, one answers: {"ok": true, …} or {"ok": false, "error": "…"}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bot.core.errors import VoxlineError

log = logging.getLogger(__name__)

SOCKET = "control.sock"
PATH_BYTES = 100  # 108 on Linux and 104 elsewhere are what a socket's address can hold
LINE_BYTES = 65_536
SECONDS = 60.0

Facts = Mapping[str, object]
Answer = Callable[[Mapping[str, str]], Awaitable[Facts]]


@asynccontextmanager
async def control(state_dir: Path, answers: Mapping[str, Answer]) -> AsyncIterator[None]:
    """Answers what is asked under `do` until the block ends. The state directory must be held: a socket that lies
    there is a dead process's. A place where no socket can lie only costs the commands that need it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(json.dumps(await _answered(await reader.readline(), answers)).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:  # too long a line, or the caller has hung up
            log.info("control.broken", extra={"why": type(error).__name__})
        finally:
            writer.close()

    path = state_dir / SOCKET
    try:
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            with socket_address(state_dir) as address:
                server = await asyncio.start_unix_server(serve, address, limit=LINE_BYTES)
        finally:
            os.umask(before)
    except OSError as error:  # a file system without sockets
        log.warning("control.unavailable", extra={"path": str(path), "why": str(error)})
        yield
        return
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


@contextmanager
def socket_address(state_dir: Path) -> Iterator[str]:
    """The address of the control socket, good until the block ends: its path, or where that is too long for a socket,
    the way to it by an open descriptor of the state directory. Raises `OSError`."""
    path = state_dir / SOCKET
    if len(os.fsencode(path)) <= PATH_BYTES:
        yield str(path)
        return
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


async def _answered(line: bytes, answers: Mapping[str, Answer]) -> Facts:
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
            raise ValueError("not an object of texts")
    except (ValueError, RecursionError) as error:
        return {"ok": False, "error": f"not a request: {error}"}
    answer = answers.get(asked.get("do", ""))
    if answer is None:
        return {"ok": False, "error": f"{asked.get('do')!r} is not among {', '.join(answers)}: use the same version"}
    try:
        return {"ok": True, **await answer(asked)}
    except VoxlineError as error:
        return {"ok": False, "error": str(error)}
    except Exception:  # a door: a broken answer must not end the daemon
        log.exception("control.failed", extra={"do": asked["do"]})
        return {"ok": False, "error": "it failed; the daemon's log says why"}
