"""Client of the control socket: one question to the running daemon."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from bot.core.errors import StateError
from bot.ops.control import socket_address

SECONDS = 60.0


class NotRunning(StateError):
    """No daemon answers on this state directory."""


def ask(state: Path, do: str, **more: str) -> dict[str, Any]:
    """The daemon's reply: `ok` and its facts. Raises `NotRunning`, and `StateError` for a reply that is no object."""
    try:
        with socket_address(state) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(SECONDS)
            line.connect(address)
            line.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
            with line.makefile("rb") as answers:
                reply = json.loads(answers.readline())
    except OSError as error:
        raise NotRunning(
            f"no daemon answers on {state} ({error.strerror or error}); start it with `voxline run`"
        ) from error
    except ValueError as error:
        raise StateError(f"the daemon on {state} answered something that makes no sense; look into its log") from error
    if not isinstance(reply, dict):
        raise StateError(f"the daemon on {state} answered something that makes no sense; look into its log")
    return reply
