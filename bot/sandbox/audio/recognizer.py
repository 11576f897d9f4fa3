"""A real recogniser without a network: PocketSphinx with the English model in its wheel, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from bot.sandbox.answers.phrases import sentences
from bot.sandbox.audio.arpa_model import arpa
from bot.sandbox.wire import Rejected

PROGRAM = Path(__file__).with_name("recognizer_process.py")
PATIENCE_SECONDS = 180.0
MISSING = 'The sandbox cannot hear here: {why}. Install it with pip install "voxline[demo]"'


class Recognizer:
    """Listens to one sound at a time. The process starts when first needed, or at `warm`."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def hear(self, samples: bytes) -> str:
        """The words in 16 kHz mono signed 16-bit samples; "" for silence. Raises `Rejected` 408, 501 or 503."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    line = await self._ask(samples)
            except TimeoutError:
                await self._end()
                raise Rejected(408, f"The sandbox's recogniser took more than {PATIENCE_SECONDS:.0f} s") from None
            except asyncio.CancelledError:
                await self._end()  # an unread answer must not be taken for the next one's
                raise
        if not line:
            await self.close()
            raise Rejected(503, "The sandbox's recogniser ended unexpectedly")
        answer = json.loads(line)
        if "missing" in answer:
            raise Rejected(501, MISSING.format(why=answer["missing"]))
        return str(answer["text"])

    async def warm(self) -> None:
        """Starts the process, so that it loads before the first recording."""
        async with self._turn:
            await self._running()

    async def close(self) -> None:
        """Ends the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, samples: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(struct.pack(">I", len(samples)) + samples)
            await process.stdin.drain()
        except ConnectionError:
            return b""
        return await process.stdout.readline()

    async def _running(self) -> Process:
        if self._process is None:
            self._folder = tempfile.TemporaryDirectory(prefix="voxline-sandbox-")
            expected = Path(self._folder.name, "expected.arpa")
            await asyncio.to_thread(lambda: expected.write_text(arpa(sentences())))
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(PROGRAM), str(expected)), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        return self._process

    async def _end(self) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.communicate()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
