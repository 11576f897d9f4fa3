"""A decoder that does on request what a leash is there to stop."""

from __future__ import annotations

import os
import socket


def prepare() -> None:
    """A no-op: it has nothing to load."""


def work(task: str, data: bytes, number: int) -> tuple[str, bytes]:
    match task:
        case "pid":
            return str(os.getpid()), b""
        case "memory":
            return str(len(bytearray(700 * 1024 * 1024))), b""
        case "open":
            with open("/etc/hostname") as file:
                return file.read(), b""
        case "connect":
            return str(socket.socket()), b""
        case "die":
            os._exit(1)
        case "spin":
            while True:
                pass
        case _:
            return str(number), data
