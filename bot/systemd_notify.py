"""systemd notifications: ready, stopping and the watchdog; a no-op without systemd.

Source: sd_notify(3): datagrams to the socket named by NOTIFY_SOCKET.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY, STOPPING, WATCHDOG = "READY=1", "STOPPING=1", "WATCHDOG=1"


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Sends the lines as one message, such as READY and status("…"); whether anybody was there to hear it.

    Never raises and never blocks: a watchdog ping that cannot be sent is a ping that was not sent.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    try:  # a process that may open no more files has no socket either
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sender:
            sender.sendto("\n".join(lines).encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
    except OSError:
        return False
    return True


def status(text: str) -> str:
    """What `systemctl status` shows, in one line."""
    return f"STATUS={' '.join(text.split())}"


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """How often to send WATCHDOG: half of what systemd waits for, or None when it does not watch us."""
    microseconds, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (pid.isdigit() and int(pid) != os.getpid()):
        return None
    return int(microseconds) / 2_000_000
