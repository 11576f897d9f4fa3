"""Variables of the login shell: one subprocess, bounded in time and size, whose output is never shown."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

LARGEST_BYTES = 1024 * 1024
_PLAIN_SHELL = "/bin/sh"
# The mark keeps what a profile prints of its own from running into the first variable.
_MARK = b"\0voxline\0"
_COMMAND = "printf '\\0voxline\\0'; env -0"


class NoAnswer(Exception):
    """The shell listed no variables. The text says why and repeats nothing of its output."""


def login_shell(environ: Mapping[str, str], *, timeout_seconds: float) -> dict[str, str]:
    """The variables of a fresh login shell, that of SHELL. Blocks. Raises `NoAnswer`."""
    named = environ.get("SHELL", "")
    shell = named if os.path.isabs(named) and os.access(named, os.X_OK) else _PLAIN_SHELL
    try:
        process = subprocess.Popen(
            [shell, "-l", "-c", _COMMAND],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswer(f"the login shell {shell!r} cannot be run ({error.strerror})") from None
    with process:
        try:
            printed = _printed(process, time.monotonic() + timeout_seconds, timeout_seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    _, mark, listed = printed.partition(_MARK)
    if not mark:
        raise NoAnswer(f"the login shell {shell!r} does not list its variables")
    pairs = (entry.decode("utf-8", "replace").partition("=") for entry in listed.split(b"\0"))
    return {name: value for name, equals, value in pairs if equals}


def _printed(process: subprocess.Popen[bytes], deadline: float, timeout_seconds: float) -> bytes:
    """All that the shell prints, until it ends: something it left running may hold its output open for ever."""
    assert process.stdout is not None
    handle, pieces = process.stdout.fileno(), bytearray()
    while True:
        ended = process.poll() is not None
        wait = 0.0 if ended else min(0.1, deadline - time.monotonic())
        if wait < 0:
            raise NoAnswer(f"the login shell did not answer within {timeout_seconds:g} s")
        ready = bool(select.select([handle], [], [], wait)[0])
        piece = os.read(handle, 65_536) if ready else b""
        pieces += piece
        if len(pieces) > LARGEST_BYTES:
            raise NoAnswer(f"the login shell prints more than {LARGEST_BYTES // 1024} KiB")
        if not piece and (ready or ended):
            return bytes(pieces)
