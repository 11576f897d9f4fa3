"""Sandboxed decoder processes, kept for the next file: limits of memory, CPU time and open files.

A decoder is a module with `work(task, data, number) -> (label, data)`, run in a process of its own that can open
nothing more (no file, no connection) once its imports are done. Cancelling a run kills the process, so that /stop
and the end of the daemon wait for no decoder.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from bot.core.errors import MediaError

MEMORY_BYTES = 640 * 1024 * 1024
CPU_SECONDS = 10
WALL_SECONDS = 30.0
JOBS_AT_MOST = 200  # then a fresh process, whatever its memory became
KEPT_KIB = 256 * 1024  # a process that needed more is not kept: it would hold on to it
TOO_MUCH = "That file takes too much work to open. Please send a smaller or simpler one."
_HEAD = struct.Struct(">HHQq")  # length of the label, status, length of the data, number
DONE, REFUSED = 0, 1


class Leash:
    """One decoder process of `module`, started at the first use. One run at a time; the next waits."""

    def __init__(self, module: str, *, seconds: float = WALL_SECONDS) -> None:
        self._module, self._seconds = module, seconds
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="voxline-decoder")
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._current: threading.Event | None = None  # the run that the process works on
        self._jobs = 0

    async def run(self, task: str, data: bytes, number: int = 0) -> tuple[str, bytes]:
        """The label and the bytes that the decoder returns. Raises `MediaError` for what it refused, and when it took
        too long or too much memory."""
        ended = threading.Event()
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._run, task, data, number, ended)
        try:
            status, label, result = await asyncio.shield(running)
        except asyncio.CancelledError:
            self._end(ended)
            raise
        if status == REFUSED:
            raise MediaError(label, tell=result.decode())
        return label, result

    def close(self) -> None:
        """Ends the process. Another run would start a new one."""
        with self._lock:
            self._drop()

    def _run(self, task: str, data: bytes, number: int, ended: threading.Event) -> tuple[int, str, bytes]:
        with self._lock:
            if ended.is_set():
                return REFUSED, "the run was cancelled while it waited", b""
            process, self._current = self._started(), ended
        timer = threading.Timer(self._seconds, self._end, (ended,))
        timer.start()
        keep = False
        try:
            assert process.stdin and process.stdout
            write(process.stdin, DONE, task, data, number)
            status, label, result, peak_kib = read(process.stdout)
            keep = peak_kib <= KEPT_KIB
        except (EOFError, OSError, ValueError):
            return REFUSED, "the decoder ended: the file took too much memory or time", TOO_MUCH.encode()
        finally:
            timer.cancel()
            with self._lock:
                self._current = None
                if ended.is_set() or not keep:
                    self._drop()
        return status, label, result

    def _end(self, ended: threading.Event) -> None:
        """Kills the process when it works on this run; a run that still waits is not begun."""
        with self._lock:
            ended.set()
            if self._current is ended and self._process is not None:
                self._process.kill()  # its thread collects it: the event loop waits for nothing

    def _started(self) -> subprocess.Popen[bytes]:
        """The process: a new one after its last run, or its end."""
        if self._process is not None and (self._jobs >= JOBS_AT_MOST or self._process.poll() is not None):
            self._drop()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", "-m", "bot.media.decoder", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={"LC_ALL": "C.UTF-8", "PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            self._jobs = 0
        self._jobs += 1
        return self._process

    def _drop(self) -> None:
        """Ends and collects the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        assert process.stdin and process.stdout
        process.stdout.close()
        with contextlib.suppress(OSError):
            process.stdin.close()


def write(pipe: IO[bytes], status: int, label: str, data: bytes, number: int = 0) -> None:
    """One message to the other side. Not pickle: a decoder that was taken over must not run code in the daemon."""
    name = label.encode(errors="replace")[:2000]
    pipe.write(_HEAD.pack(len(name), status, len(data), number) + name)
    pipe.write(data)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[int, str, bytes, int]:
    """Status, label, data and number of one message. Raises `EOFError` when the other side has gone."""
    names, status, size, number = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    return status, _exactly(pipe, names).decode(errors="replace"), _exactly(pipe, size), number


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError("the other side has gone")
    return data
