"""ffmpeg on a short leash: what comes from outside is decoded in a process that cannot grow, run long, or read
anything but the one file.

Never with pydub: one hour of silence in a voice note of 1.4 MB took it 4 GB, and a playlist named .mp3 made
ffmpeg read another file of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from bot.core.errors import MediaError

MEMORY_KB = 512 * 1024
CPU_SECONDS = 60
FILE_BLOCKS = 200 * 1024  # of 512 bytes: 100 MiB
PROBE_SECONDS = 5.0
DECODE_SECONDS = 60.0
AT_ONCE = 2
STREAMS_AT_MOST = 4
_PIPE_BYTES = 65_536
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127  # what a shell says. Source: POSIX, exec

DEMUXERS = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "audio/webm": "matroska",
}
WHITELIST = ",".join(sorted(set(DEMUXERS.values())))

# The shell sets the limits and becomes ffmpeg: a preexec function would not be safe in a process with threads.
LEASH = (
    f'ulimit -v {MEMORY_KB}; ulimit -t {CPU_SECONDS}; ulimit -f {FILE_BLOCKS}; ulimit -c 0; exec nice -n 10 "$0" "$@"'
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What ffmpeg says of a file. `seconds` None: the file does not tell, and an estimate is no length."""

    seconds: float | None
    streams: int
    has_audio: bool
    channels: int = 1


class Ffmpeg:
    """Runs ffmpeg, at most two at once. `path` "" takes the one that came with the program.

    A run that takes longer than `seconds` is killed with everything it started."""

    def __init__(self, path: str = "", *, seconds: float = DECODE_SECONDS) -> None:
        self._path, self._seconds = path, seconds
        self._room = asyncio.Semaphore(AT_ONCE)

    async def path(self) -> str:
        """The executable. Raises `MediaError` when there is none."""
        if not self._path:
            try:
                # Looking for it runs it once: not on the event loop.
                self._path = await asyncio.to_thread(imageio_ffmpeg.get_ffmpeg_exe)
            except RuntimeError as error:
                raise MediaError("there is no ffmpeg: reinstall imageio-ffmpeg or set media.ffmpegPath") from error
        return self._path

    async def works(self) -> str:
        """The executable, once it has run and can write voice notes. Raises `MediaError` with what to do."""
        path = await self.path()
        code, _, log_text = await self._run(["-encoders"], b"", cap=_PIPE_BYTES, seconds=self._seconds)
        if code != 0 or b"libopus" not in log_text:
            raise MediaError(f"{path!r} cannot write Opus: set media.ffmpegPath to an ffmpeg that can (libopus)")
        return path

    async def probe(self, source: Path, mime: str) -> Probe:
        """Duration and streams of a file, read for five seconds at most. Raises `MediaError`."""
        seconds = min(PROBE_SECONDS, self._seconds)
        _, log_text, _ = await self._run(_input(source, mime), b"", cap=0, seconds=seconds)
        return read_probe(log_text)

    async def decode(self, source: Path, mime: str, *, rate: int, seconds: float, channel: int | None = None) -> bytes:
        """At most `seconds` of a file's first sound as signed 16-bit mono PCM: all channels together, or one of them.
        Raises `MediaError`."""
        alone = [] if channel is None else ["-af", f"pan=mono|c0=c{channel}"]
        arguments = [*_input(source, mime), *alone, *_pcm(rate, seconds)]
        return await self._checked(arguments, b"", cap=_pcm_bytes(rate, seconds))

    async def decode_bytes(self, data: bytes, mime: str, *, rate: int, seconds: float) -> bytes:
        """As `decode`, from memory, through a file: MP4 may keep its table of contents at the end."""
        with tempfile.TemporaryDirectory(prefix="voxline-") as folder:
            source = Path(folder, "sound")
            await asyncio.to_thread(source.write_bytes, data)
            return await self.decode(source, mime, rate=rate, seconds=seconds)

    async def encode(self, pcm: bytes, *, rate: int, codec: Sequence[str], cap: int) -> bytes:
        """Our own PCM in another format. Raises `MediaError`."""
        source = ["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
        return await self._checked([*source, *codec, "pipe:1"], pcm, cap=cap)

    async def _checked(self, arguments: list[str], data: bytes, *, cap: int) -> bytes:
        code, log_text, out = await self._run(arguments, data, cap=cap, seconds=self._seconds)
        if code != 0 and not out:
            last = log_text.strip().splitlines()[-1:] or ["no word"]
            raise MediaError(f"ffmpeg ended with status {code}: {last[0][:200]}")
        return out

    async def _run(self, arguments: list[str], data: bytes, *, cap: int, seconds: float) -> tuple[int, str, bytes]:
        """Status, standard error and at most `cap` bytes of standard output. The whole process group dies with us."""
        command = [await self.path(), "-nostdin", "-hide_banner", "-threads", "1", *arguments]
        async with self._room:
            try:
                process = await asyncio.create_subprocess_exec(
                    "/bin/sh",
                    "-c",
                    LEASH,
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    env={"LC_ALL": "C", "PATH": os.defpath},
                )
            except OSError as error:
                raise MediaError(f"ffmpeg cannot be started: {error.strerror}") from error
            try:
                async with asyncio.timeout(seconds):
                    log_text, out = await _talk(process, data, cap)
                    code = await process.wait()
            except TimeoutError as error:
                raise MediaError(f"ffmpeg did not finish within {seconds:.0f} s") from error
            finally:
                await _end(process)
        if code in (_NOT_EXECUTABLE, _NOT_FOUND):
            raise MediaError(f"ffmpeg cannot be started from {command[0]!r}: set media.ffmpegPath to an executable")
        return code, log_text, out


async def _talk(process: asyncio.subprocess.Process, data: bytes, cap: int) -> tuple[str, bytes]:
    """Feeds and reads all three pipes at once."""
    assert process.stdin and process.stdout and process.stderr

    async def feed(stdin: asyncio.StreamWriter) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for at in range(0, len(data), _PIPE_BYTES):  # piece by piece: a whole write would be held twice
                stdin.write(data[at : at + _PIPE_BYTES])
                await stdin.drain()
        stdin.close()

    _, out, log_text = await asyncio.gather(
        feed(process.stdin), _read(process.stdout, cap), _read(process.stderr, 64 * 1024)
    )
    return log_text.decode(errors="replace"), out


async def _read(stream: asyncio.StreamReader, cap: int) -> bytes:
    """At most `cap` bytes; the rest is read and dropped, so that the process is not held up."""
    kept = bytearray()
    while chunk := await stream.read(_PIPE_BYTES):
        kept += chunk[: max(cap - len(kept), 0)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills the group even when its leader has gone: what it started may live on and hold our pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PROBE_SECONDS):
            await process.communicate()  # only pipes that were read to their end are closed


def _input(source: Path, mime: str) -> list[str]:
    if mime not in DEMUXERS:
        raise MediaError(f"{mime!r} is not a sound format that is read here")
    whitelists = ["-protocol_whitelist", "file,pipe", "-format_whitelist", WHITELIST]
    return ["-f", DEMUXERS[mime], *whitelists, "-i", f"file:{source.absolute()}"]


def _pcm(rate: int, seconds: float) -> list[str]:
    only_sound = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-t", f"{seconds:.3f}"]
    return [*only_sound, "-ac", "1", "-ar", str(rate), "-f", "s16le", "pipe:1"]


def _pcm_bytes(rate: int, seconds: float) -> int:
    return int(rate * 2 * (seconds + 1))


def read_probe(log_text: str) -> Probe:
    """Duration and streams out of what `ffmpeg -i` prints. Raises `MediaError` when it could not read the file."""
    streams = len(re.findall(r"^\s*Stream #\d+:\d+", log_text, re.MULTILINE))
    if not streams:
        raise MediaError("ffmpeg finds no stream in the file")
    has_audio = re.search(r"^\s*Stream #\d+:\d+.*: Audio:", log_text, re.MULTILINE) is not None
    duration = re.search(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", log_text)
    seconds = None
    if duration is not None and "Estimating duration from bitrate" not in log_text:
        seconds = int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3])
    channels = 1 if re.search(r"^\s*Stream #\d+:\d+.*: Audio:.* mono\b", log_text, re.MULTILINE) else 2
    return Probe(seconds, streams, has_audio, channels)
