"""The control socket: how the command line asks a running daemon, so that it never touches a live database.

One JSON object in a line asks, one answers: {"ok": true, …} or {"ok": false, "error": "…"}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.errors import VoxlineError

log = logging.getLogger(__name__)

SOCKET = "control.sock"
LINE_BYTES = 65_536
SECONDS = 60.0

Facts = Mapping[str, object]
Answer = Callable[[Mapping[str, str]], Awaitable[Facts]]


@asynccontextmanager
async def control(state_dir: Path, answers: Mapping[str, Answer]) -> AsyncIterator[None]:
    """Answers what is asked under `do` until the block ends. The state directory must be held: a socket that lies
    there is a dead process's. A place where no socket can lie only costs the commands that need it."""
    path = state_dir / SOCKET

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(json.dumps(await _answered(await reader.readline(), answers)).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:  # too long a line, or nobody listens any more
            log.info("control.broken", extra={"why": type(error).__name__})
        finally:
            writer.close()

    try:
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(serve, path, limit=LINE_BYTES)
        finally:
            os.umask(before)
    except OSError as error:  # too long a path, or a file system without sockets
        log.warning("control.unavailable", extra={"path": str(path), "why": str(error)})
        yield
        return
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _answered(line: bytes, answers: Mapping[str, Answer]) -> Facts:
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
            raise ValueError("not an object of texts")
    except ValueError as error:
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
