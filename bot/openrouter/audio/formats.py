"""Audio formats, what sound is by its first bytes, and a WAV header around bare samples."""

from __future__ import annotations

import io
import re
import wave

from bot.media.sniff import HEAD_BYTES, sniff

_RATE = re.compile(r"(?i)\brate=(\d{4,6})\b")
_CHANNELS = re.compile(r"(?i)\bchannels=([12])\b")
_SPEECH_RATE = 24_000
_EXTENSIONS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
}


def audio_mime(data: bytes) -> str:
    """The MIME type that the first bytes show, "" when they show no sound."""
    seen = sniff(data[:HEAD_BYTES])
    return seen if seen.startswith("audio/") else ""


def audio_extension(mime: str) -> str:
    """The usual file extension without a dot, "bin" for what is not known here."""
    return _EXTENSIONS.get(mime, "bin")


def wav_around(samples: bytes, content_type: str) -> bytes:
    """A WAV file around signed 16-bit little-endian samples.

    Rate and channels are read from a type such as audio/pcm;rate=24000;channels=1, which are also the values
    when it names none. Half a sample at the end is dropped. Source: OpenRouter docs, speech.
    """
    rate, channels = _RATE.search(content_type), _CHANNELS.search(content_type)
    count = int(channels[1]) if channels else 1
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(count)
        out.setsampwidth(2)
        out.setframerate(int(rate[1]) if rate else _SPEECH_RATE)
        out.writeframes(samples[: len(samples) - len(samples) % (2 * count)])
    return file.getvalue()
