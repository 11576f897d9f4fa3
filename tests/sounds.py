"""Recordings to send: real speech by the sandbox's voice, and files that are not what they seem."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import imageio_ffmpeg

from bot.sandbox.audio.synthesizer import SpeechSynthesizer, _speak


def ffmpeg(*arguments: str, given: bytes = b"") -> bytes:
    """What ffmpeg writes to its standard output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments, "pipe:1"]
    if given:
        command.remove("-nostdin")
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@cache
def spoken(words: str) -> bytes:
    """A voice note: OGG/Opus as a phone records it."""
    mouth = SpeechSynthesizer()
    try:
        samples, rate = mouth._thread.submit(_speak, words, "af_alloy", 1.0).result()
    finally:
        mouth.close()
    raw = ("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0")
    return ffmpeg(*raw, "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-f", "ogg", given=samples)


def decoded(sound: bytes) -> tuple[str, int, int, float]:
    """Codec, rate, channels and true length in seconds, as an independent decoder finds them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", "pipe:0", "-f", "s16le", "-ar", "48000", "pipe:1"]
    done = subprocess.run(command, input=sound, capture_output=True, check=True)
    stream = re.search(r"Audio: (\w+).*?, (\d+) Hz, (mono|stereo)", done.stderr.decode())
    assert stream is not None
    channels = 1 if stream[3] == "mono" else 2
    return stream[1], int(stream[2]), channels, len(done.stdout) / 2 / channels / 48_000
