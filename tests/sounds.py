"""Recordings to send: real speech by the sandbox's voice, and files that are not what they seem."""

from __future__ import annotations

import subprocess
from functools import cache

import imageio_ffmpeg

from bot.sandbox.mouth import Mouth, _speak


def ffmpeg(*arguments: str, given: bytes = b"") -> bytes:
    """What ffmpeg writes to its standard output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments, "pipe:1"]
    if given:
        command.remove("-nostdin")
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@cache
def spoken(words: str) -> bytes:
    """A voice note: OGG/Opus as a phone records it."""
    mouth = Mouth()
    try:
        samples, rate = mouth._thread.submit(_speak, words, "af_alloy", 1.0).result()
    finally:
        mouth.close()
    raw = ("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0")
    return ffmpeg(*raw, "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-f", "ogg", given=samples)
