"""Real sound for tests, made by the real ffmpeg and by arithmetic."""

from __future__ import annotations

import math
import random
import subprocess
from array import array
from pathlib import Path

import imageio_ffmpeg

from bot.media.audio import wav

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()


def ffmpeg(*arguments: str, stdin: bytes = b"") -> bytes:
    """What ffmpeg writes to standard output. Raises when it fails."""
    command = [FFMPEG, "-v", "error", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def tone(seconds: float, *, rate: int = 16_000, hertz: float = 220, loud: float = 0.3) -> bytes:
    """Signed 16-bit mono PCM of a sine."""
    step = 2 * math.pi * hertz / rate
    return array("h", (int(32767 * loud * math.sin(step * at)) for at in range(int(rate * seconds)))).tobytes()


def hiss(seconds: float, *, rate: int = 16_000, loud: float = 0.003) -> bytes:
    """Noise as of an open microphone in a quiet room."""
    dice = random.Random(1)
    return array("h", (int(32767 * loud * dice.uniform(-1, 1)) for _ in range(int(rate * seconds)))).tobytes()


def silence(seconds: float, *, rate: int = 16_000) -> bytes:
    return bytes(2 * int(rate * seconds))


def talk(seconds: float, *, rate: int = 16_000) -> bytes:
    """Bursts of sound with pauses between, like syllables in a quiet room."""
    beat = tone(0.2, rate=rate) + hiss(0.15, rate=rate)
    return (beat * (int(seconds / 0.35) + 1))[: 2 * int(seconds * rate)]


def as_format(pcm: bytes, *arguments: str, rate: int = 16_000) -> bytes:
    """PCM in another format, written to a pipe."""
    return ffmpeg("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "-", *arguments, "-", stdin=pcm)


def put(folder: Path, data: bytes, name: str = "sound") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def put_wav(folder: Path, pcm: bytes, rate: int = 16_000) -> Path:
    return put(folder, wav(pcm, rate), "sound.wav")
