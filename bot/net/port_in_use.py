"""Port in use: why the daemon cannot listen on a port, and which program holds it."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
_LISTENS = "0A"  # the state of a socket. Source: Linux, include/net/tcp_states.h


async def why_not(port: int, error: OSError) -> str:
    """Why the port cannot be used, naming the program that holds it where this user can see it."""
    if error.errno != errno.EADDRINUSE:
        return f"port {port} cannot be used ({os.strerror(error.errno or 0)})"
    return f"port {port} is taken by {await asyncio.to_thread(holder, port) or 'another program'}"


def holder(port: int, proc: Path = PROC) -> str:
    """The program that listens on a port, and its process; "" where this user cannot see it. Source: proc(5)."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port, proc)}
    for process in proc.glob("[0-9]*") if wanted else ():
        try:
            if any(os.readlink(handle) in wanted for handle in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()}, pid {process.name}"
        except OSError:  # another user's, or gone by now
            continue
    return ""


def _listening(port: int, proc: Path) -> Iterator[str]:
    """The inodes of the sockets that listen on a port."""
    for table in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTENS and fields[1].endswith(f":{port:04X}"):
                yield fields[9]
