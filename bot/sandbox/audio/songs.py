"""Short real songs: a melody over chords, computed from the words of the request."""

from __future__ import annotations

import array
import asyncio
import hashlib
import io
import math
import random
import re
import wave
from collections.abc import Awaitable, Callable

from bot.sandbox.audio.conversion import as_mp3
from bot.sandbox.drawing.pictures import last_words
from bot.sandbox.wire import Json

RATE = 24000
BEAT_SECONDS = 0.4
SECONDS, LONGEST_SECONDS = 10, 30
PENTATONIC = (0, 2, 4, 7, 9, 12, 14)
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
LOW_C = 130.81


async def compose(body: Json, alive: Callable[[], Awaitable[None]]) -> tuple[bytes, str]:
    """The song of a chat request with audio output, WAV or MP3, and its words. `alive` sends a keep-alive meanwhile."""
    prompt = last_words(body["messages"])[0]
    samples = await asyncio.to_thread(song, prompt, seconds_wanted(prompt))
    await alive()
    form = body["audio"].get("format", "wav")
    sound = await as_mp3(samples, RATE) if form == "mp3" else wav(samples, RATE)
    return sound, lyrics(prompt)


def seconds_wanted(prompt: str) -> int:
    """The length that the prompt names, half a minute at most."""
    length = re.search(r"(\d+)\s*seconds", prompt)
    return min(LONGEST_SECONDS, max(2, int(length.group(1)))) if length else SECONDS


def lyrics(prompt: str) -> str:
    """The words in the prompt, else a verse about the subject; "" for an instrumental."""
    if re.search(r"\binstrumental\b", prompt, re.IGNORECASE):
        return ""
    own_words = re.search(r"Lyrics:\s*(.+?)(?:\n\n|\Z)", prompt, re.DOTALL)
    if own_words:
        return own_words.group(1).strip()
    subject = " ".join(prompt.split("\n")[0].split())[:60].strip(" .!?")
    return f"Oh, {subject},\nla la la, {subject},\nhum along till the morning comes,\n{subject}."


def song(prompt: str, seconds: int) -> bytes:
    """Mono signed 16-bit samples: the same words give the same tune."""
    chance = random.Random(hashlib.sha256(prompt.encode()).digest())
    mix = [0.0] * (RATE * seconds)
    key = 2 ** (chance.randrange(-3, 5) / 12)
    place = chance.randrange(len(PENTATONIC))
    for beat in range(math.ceil(seconds / BEAT_SECONDS)):
        start = round(beat * BEAT_SECONDS * RATE)
        chord = CHORDS[beat // 4 % len(CHORDS)]
        if beat % 4 == 0:
            for step in chord:
                _pluck(mix, start, LOW_C * key * 2 ** (step / 12), 4 * BEAT_SECONDS, 0.11)
        if chance.random() < 0.85:
            place = min(len(PENTATONIC) - 1, max(0, place + chance.choice((-2, -1, -1, 0, 1, 1, 2))))
            length = BEAT_SECONDS * chance.choice((1, 1, 1, 2))
            _pluck(mix, start, 4 * LOW_C * key * 2 ** (PENTATONIC[place] / 12), length, 0.3)
    fade = min(len(mix), RATE)
    for index in range(fade):
        mix[-1 - index] *= index / fade
    return array.array("h", (round(32767 * max(-1.0, min(1.0, value))) for value in mix)).tobytes()


def _pluck(mix: list[float], start: int, hertz: float, seconds: float, loudness: float) -> None:
    """Adds one fading note with two overtones."""
    count = min(len(mix) - start, round(seconds * RATE))
    turn = 2 * math.pi * hertz / RATE
    fall = math.exp(-3.0 / max(1, count))
    level = loudness
    for index in range(count):
        attack = min(1.0, index / 200)
        wave_now = math.sin(turn * index) + 0.35 * math.sin(2 * turn * index)
        mix[start + index] += attack * level * wave_now
        level *= fall


def wav(samples: bytes, rate: int) -> bytes:
    """Mono signed 16-bit samples as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return out.getvalue()
