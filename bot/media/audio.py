"""Audio: checked and normalised on the way in, a voice note with its waveform on the way out.

pydub works on PCM that we decoded ourselves, never on a file from outside.
"""

from __future__ import annotations

import asyncio
import io
import warnings
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import MediaError
from bot.core.media import Sound
from bot.media.ffmpeg import DEMUXERS, STREAMS_AT_MOST, Ffmpeg
from bot.media.sniff import HEAD_BYTES, id3_bytes, sniff

# pydub works on PCM in memory, so that it needs no ffmpeg of its own.
with warnings.catch_warnings():
    # it looks for an ffmpeg on the PATH and warns when there is none; ours comes from a package
    warnings.filterwarnings("ignore", message="Couldn't find ffmpeg", category=RuntimeWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # audioop, before Python 3.13
    warnings.filterwarnings("ignore", category=SyntaxWarning)  # its regular expressions, since Python 3.12
    from pydub import AudioSegment
    from pydub.effects import normalize
    from pydub.silence import detect_leading_silence

LONGEST_SECONDS = 900.0
LEAST_BYTES_A_SECOND = 400  # speech needs more, so a length that says less is not believed but decoded
STT_RATE = 16_000
WAV_SECONDS = 60.0  # a minute is 1.9 MB as WAV; longer sound is sent compressed
NOTE_SECONDS = 600.0  # twice what 4096 characters of speech last; its PCM is 58 MB
NOTE_RATE = 48_000
NOTE_BYTES = 20 * 1024 * 1024
NOTE_CODEC = ("-c:a", "libopus", "-b:a", "48k", "-application", "voip", "-compression_level", "5", "-f", "ogg")
# MP3, because packing 15 minutes as Opus took 38 s on two small busy cores, and 3 s like this
STT_CODEC = ("-c:a", "libmp3lame", "-b:a", "40k", "-compression_level", "7", "-f", "mp3")
UPLOAD_KILOBITS = (64, 32)
WAVEFORM_POINTS = 256
WAVEFORM_STEP_MS = 100  # at most one point in this time. Source: Discord API docs, voice messages
FRAME_MS = 30
SPEECH_MS = 200
QUIET_DBFS = -50.0
ABOVE_FLOOR_DB = 8.0
CERTAINLY_LOUD_DBFS = -30.0
EDGE_SILENCE_DBFS = -50.0
EDGE_KEPT_MS = 120

UNREADABLE = "I cannot play that recording. Please send it as a voice note, MP3, WAV or M4A."


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a sound file is. `seconds` None: only decoding shows it."""

    mime: str
    seconds: float | None
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """A finished voice note: OGG/Opus 48 kHz mono, true duration, 1 to 256 loudness points."""

    data: bytes
    seconds: float
    waveform: bytes


async def inspect(ffmpeg: Ffmpeg, path: Path) -> SoundInfo:
    """The kind and length of a sound file. Raises `MediaError` with a sentence for the person when it is not a
    sound file, is longer than 15 minutes, or holds more than four streams."""
    head = await asyncio.to_thread(_head, path)
    mime = sniff(head)
    if mime not in DEMUXERS:
        raise MediaError(f"not a sound file: it begins like {mime or 'text or an unknown format'!r}", tell=UNREADABLE)
    try:
        probe = await ffmpeg.probe(path, mime)
    except MediaError as error:
        raise MediaError(str(error), tell=UNREADABLE) from error
    if not probe.has_audio or probe.streams > STREAMS_AT_MOST:
        raise MediaError(f"the file has {probe.streams} streams, sound: {probe.has_audio}", tell=UNREADABLE)
    size = await asyncio.to_thread(lambda: path.stat().st_size)
    is_believed = probe.seconds is not None and size >= probe.seconds * LEAST_BYTES_A_SECOND
    seconds = probe.seconds if is_believed or (probe.seconds or 0) <= LONGEST_SECONDS else None
    if seconds is not None:
        refuse_long(seconds)
    return SoundInfo(mime, seconds, probe.channels)


def refuse_long(seconds: float) -> None:
    """Raises `MediaError` for more than 15 minutes."""
    if seconds > LONGEST_SECONDS + 0.5:
        limit, minutes = int(LONGEST_SECONDS // 60), max(round(seconds / 60), 16)
        tell = f"Recordings can be up to {limit} minutes; this one has about {minutes}."
        raise MediaError(f"the sound lasts {seconds:.0f} s, the limit is {LONGEST_SECONDS:.0f} s", tell=tell)


async def for_transcription(ffmpeg: Ffmpeg, path: Path) -> Sound | None:
    """A checked copy at 16 kHz mono: WAV up to a minute, MP3 beyond. None when it holds no speech.

    Raises `MediaError`."""
    info = await inspect(ffmpeg, path)
    try:
        pcm = await ffmpeg.decode(path, info.mime, rate=STT_RATE, seconds=LONGEST_SECONDS + 1)
    except MediaError as error:
        raise MediaError(str(error), tell=UNREADABLE) from error
    seconds = len(pcm) / 2 / STT_RATE
    refuse_long(seconds)
    if not await asyncio.to_thread(holds_speech, pcm, STT_RATE):
        # Channels that are out of phase cancel each other: one alone may hold the voice.
        alone = b""
        if info.channels > 1:
            alone = await ffmpeg.decode(path, info.mime, rate=STT_RATE, seconds=LONGEST_SECONDS + 1, channel=0)
        if not await asyncio.to_thread(holds_speech, alone, STT_RATE):
            return None
        pcm = alone
    if seconds <= WAV_SECONDS:
        return Sound(await asyncio.to_thread(wav, pcm, STT_RATE), "audio/wav", "voice.wav")
    packed = await ffmpeg.encode(pcm, rate=STT_RATE, codec=STT_CODEC, cap=NOTE_BYTES)
    return Sound(packed, "audio/mpeg", "voice.mp3")


async def voice_note(ffmpeg: Ffmpeg, *pieces: Sound) -> Note:
    """Speech from a provider as one voice note: joined, without silence at its ends, levelled. Raises `MediaError`."""
    decoded = []
    for piece in pieces:
        mime = sniff(piece.data[:HEAD_BYTES]) or piece.mime
        decoded.append(await ffmpeg.decode_bytes(piece.data, mime, rate=NOTE_RATE, seconds=NOTE_SECONDS))
    segment = await asyncio.to_thread(polish, decoded)
    if not len(segment):
        raise MediaError("the speech is empty")
    pcm = bytes(segment.raw_data)
    data, points = await asyncio.gather(
        ffmpeg.encode(pcm, rate=NOTE_RATE, codec=NOTE_CODEC, cap=NOTE_BYTES), asyncio.to_thread(waveform, segment)
    )
    return Note(data, len(pcm) / 2 / NOTE_RATE, points)


async def shrink(ffmpeg: Ffmpeg, sound: Sound, cap: int) -> Sound:
    """The sound as OGG/Opus of at most `cap` bytes, as good as fits. Raises `MediaError` when none does."""
    mime = sniff(sound.data[:HEAD_BYTES]) or sound.mime
    pcm = await ffmpeg.decode_bytes(sound.data, mime, rate=NOTE_RATE, seconds=LONGEST_SECONDS)
    for kilobits in UPLOAD_KILOBITS:
        codec = ("-c:a", "libopus", "-b:a", f"{kilobits}k", "-f", "ogg")
        packed = await ffmpeg.encode(pcm, rate=NOTE_RATE, codec=codec, cap=cap + 1)
        if len(packed) <= cap:
            return Sound(packed, "audio/ogg", sound.name.rpartition(".")[0] + ".ogg" if sound.name else "")
    raise MediaError(f"the sound does not fit into {cap} bytes", tell="That recording is too long to send here.")


def polish(pieces: Sequence[bytes]) -> AudioSegment:
    """PCM pieces as one segment, trimmed and levelled. Runs in a thread."""
    segment = AudioSegment.empty().set_frame_rate(NOTE_RATE)
    for pcm in pieces:
        segment += _segment(pcm, NOTE_RATE)
    start = detect_leading_silence(segment, EDGE_SILENCE_DBFS)
    if start >= len(segment):
        return segment
    end = detect_leading_silence(segment.reverse(), EDGE_SILENCE_DBFS)
    trimmed = segment[max(start - EDGE_KEPT_MS, 0) : len(segment) - max(end - EDGE_KEPT_MS, 0)]
    return normalize(trimmed, headroom=1.0)


def waveform(segment: AudioSegment) -> bytes:
    """Loudness over time as 1 to 256 bytes, the loudest moment being 255. Runs in a thread."""
    points = max(1, min(WAVEFORM_POINTS, len(segment) // WAVEFORM_STEP_MS))
    step = len(segment) / points
    loudness = [segment[round(at * step) : round((at + 1) * step)].rms for at in range(points)]
    loudest = max(loudness) or 1
    return bytes(round(255 * value / loudest) for value in loudness)


def holds_speech(pcm: bytes, rate: int) -> bool:
    """Whether at least 0.2 s stand out from the quiet. Silence makes transcribers invent sentences, and costs money."""
    segment = _segment(pcm, rate)
    levels = sorted(segment[at : at + FRAME_MS].dBFS for at in range(0, len(segment) - FRAME_MS + 1, FRAME_MS))
    if not levels:
        return False
    floor = levels[len(levels) // 10]
    threshold = max(QUIET_DBFS, min(floor + ABOVE_FLOOR_DB, CERTAINLY_LOUD_DBFS))
    loud = sum(1 for level in levels if level > threshold)
    return loud * FRAME_MS >= SPEECH_MS


def wav(pcm: bytes, rate: int) -> bytes:
    """Signed 16-bit mono PCM as a WAV file."""
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return packed.getvalue()


def _segment(pcm: bytes, rate: int) -> AudioSegment:
    return AudioSegment(pcm[: len(pcm) // 2 * 2], sample_width=2, frame_rate=rate, channels=1)


def _head(path: Path) -> bytes:
    """The beginning; of a file whose ID3 tag is longer than that, what stands behind the tag."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        tag = id3_bytes(head)
        if tag + 4 <= len(head) or not tag:
            return head
        file.seek(tag)
        behind = file.read(HEAD_BYTES)
        return behind if sniff(behind) in ("audio/aac", "audio/flac", "audio/mpeg") else head
