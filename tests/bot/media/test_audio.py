import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bot.core.errors import MediaError
from bot.core.media import Sound
from bot.media import audio
from bot.media.ffmpeg import Ffmpeg
from tests.bot.media.sounds import FFMPEG, as_format, ffmpeg, hiss, put, put_wav, silence, talk, tone

OPUS = ("-c:a", "libopus", "-b:a", "24k", "-f", "ogg")
MP3 = ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3")


@pytest.fixture
def tools() -> Ffmpeg:
    return Ffmpeg()


@pytest.fixture(scope="session")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of speech in 6 kbit/s: the kind of small voice note that once took 4 GB to read."""
    folder = tmp_path_factory.mktemp("hour")
    minute = put(folder, as_format(talk(60), "-c:a", "libopus", "-b:a", "6k", "-frame_duration", "60", "-f", "ogg"))
    ffmpeg("-stream_loop", "59", "-i", str(minute), "-c", "copy", str(folder / "hour.ogg"))
    return folder / "hour.ogg"


def probe(data: bytes) -> str:
    """What ffmpeg says about it."""
    return subprocess.run([FFMPEG, "-i", "-"], input=data, capture_output=True).stderr.decode()


@pytest.mark.parametrize(
    ("form", "mime"),
    [
        (OPUS, "audio/ogg"),
        (MP3, "audio/mpeg"),
        (("-f", "wav"), "audio/wav"),
        (("-f", "flac"), "audio/flac"),
        (("-c:a", "aac", "-f", "adts"), "audio/aac"),
        (("-c:a", "libopus", "-f", "webm"), "audio/webm"),
        (("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "ipod"), "audio/mp4"),
    ],
)
async def test_every_usual_format_is_read(tools: Ffmpeg, tmp_path: Path, form: tuple[str, ...], mime: str) -> None:
    path = put(tmp_path, as_format(talk(2.0), *form), "name.that.lies.pdf")

    info = await audio.inspect(tools, path)
    sound = await audio.for_transcription(tools, path)

    assert info.mime == mime
    assert info.seconds is None or info.seconds == pytest.approx(2.0, abs=0.2)
    assert sound is not None
    assert sound.mime == "audio/wav"
    assert len(sound.data) == pytest.approx(2.0 * 32_000, rel=0.1)


async def test_a_minute_goes_out_plain_and_more_goes_out_packed(tools: Ffmpeg, tmp_path: Path) -> None:
    sound = await audio.for_transcription(tools, put_wav(tmp_path, talk(80)))

    assert sound is not None
    assert (sound.mime, sound.name) == ("audio/mpeg", "voice.mp3")
    assert len(sound.data) == pytest.approx(80 * 5_000, rel=0.05)
    decoded = await tools.decode_bytes(sound.data, sound.mime, rate=16_000, seconds=100)
    assert len(decoded) / 32_000 == pytest.approx(80, abs=0.5)


@pytest.mark.parametrize(
    "quiet",
    [silence(3), hiss(3), tone(0.05) + silence(2), tone(3, loud=0.001), b""],
    ids=["silence", "hiss", "a click", "a far hum", "nothing"],
)
async def test_without_speech_nothing_is_paid_for(tools: Ffmpeg, tmp_path: Path, quiet: bytes) -> None:
    path = put_wav(tmp_path, quiet)

    assert quiet == b"" or await audio.for_transcription(tools, path) is None
    assert not audio.holds_speech(quiet, 16_000)


@pytest.mark.parametrize(
    "loud",
    [talk(1), hiss(2) + talk(0.5) + hiss(2), silence(30) + talk(1), tone(2), hiss(2, loud=0.3)],
    ids=["speech", "a word in a pause", "late speech", "a steady voice", "a loud street"],
)
def test_speech_and_what_may_be_speech_is_heard(loud: bytes) -> None:
    assert audio.holds_speech(loud, 16_000)


async def test_an_hour_in_a_small_file_is_refused_before_it_is_decoded(tools: Ffmpeg, hour: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    with pytest.raises(MediaError) as refused:
        await audio.for_transcription(tools, hour)

    assert refused.value.tell == "Recordings can be up to 15 minutes; this one has about 60."
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.5


async def test_a_file_that_hides_its_length_is_decoded_no_further_than_the_limit(
    tools: Ffmpeg, tmp_path: Path, hour: Path
) -> None:
    # Matroska written to a pipe knows no duration: only decoding tells.
    path = put(tmp_path, ffmpeg("-i", str(hour), "-c", "copy", "-f", "webm", "-"))
    assert (await audio.inspect(tools, path)).seconds is None

    with pytest.raises(MediaError) as refused:
        await audio.for_transcription(tools, path)

    assert refused.value.tell.startswith("Recordings can be up to 15 minutes")


@pytest.mark.long
def test_the_nastiest_note_takes_less_than_150_mib(hour: Path, tmp_path: Path) -> None:
    quarter = tmp_path / "quarter.ogg"
    ffmpeg("-i", str(hour), "-t", "899", "-c", "copy", str(quarter))
    program = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from bot.media import audio\n"
        "from bot.media.ffmpeg import Ffmpeg\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "sound = asyncio.run(audio.for_transcription(Ffmpeg(), Path(sys.argv[1])))\n"
        "own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(len(sound.data), own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )

    command = [sys.executable, "-W", "ignore", "-c", program, str(quarter)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    size, own, children = (int(number) for number in told.split())
    assert size == pytest.approx(899 * 5_000, rel=0.05)
    assert own + children < 150 * 1024


@pytest.mark.parametrize("name", ["x.mp3", "x.ogg", "x.m3u8"])
async def test_a_playlist_named_as_sound_reads_no_other_file(tools: Ffmpeg, tmp_path: Path, name: str) -> None:
    secret = put_wav(tmp_path, talk(2))
    lists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{secret}'\n",
        f"<?xml version='1.0'?><MPD><BaseURL>file://{secret}</BaseURL></MPD>",
        f"ID3\x03\x00\x00\x00\x00\x00\x00#EXTM3U\n#EXTINF:9,\nfile://{secret}\n",
    ]

    for text in lists:
        with pytest.raises(MediaError) as refused:
            await audio.for_transcription(tools, put(tmp_path, text.encode(), name))
        assert refused.value.tell == audio.UNREADABLE


JUNK = [b"", b"OggS", b"ID3", b"RIFF\0\0\0\0WAVE", b"\x1a\x45\xdf\xa3", b"\0\0\0\x18ftypM4A ", b"fLaC" * 99]
JUNK += [os.urandom(5000), b"<svg/>", b"%PDF-1.7", b"\xff\xfb\x90\x00" + b"\0" * 9]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
async def test_garbage_is_refused_with_a_plain_sentence(tools: Ffmpeg, tmp_path: Path, junk: bytes) -> None:
    with pytest.raises(MediaError) as refused:
        assert await audio.for_transcription(tools, put(tmp_path, junk)) is not None

    assert refused.value.tell == audio.UNREADABLE


async def test_too_many_streams_are_refused(tools: Ffmpeg, tmp_path: Path) -> None:
    path = tmp_path / "many.webm"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", *(["-map", "0:a"] * 5), "-c:a", "libopus", str(path))

    with pytest.raises(MediaError, match="5 streams"):
        await audio.inspect(tools, path)


async def test_a_voice_note_is_opus_with_its_true_duration(tools: Ffmpeg) -> None:
    spoken = silence(1, rate=24_000) + talk(2, rate=24_000) + silence(1, rate=24_000)
    speech = Sound(as_format(spoken, *MP3, rate=24_000), "audio/mpeg")

    note = await audio.voice_note(tools, speech)

    told = probe(note.data)
    assert "Audio: opus, 48000 Hz, mono" in told
    assert note.seconds == pytest.approx(2.2, abs=0.2)
    decoded = await tools.decode_bytes(note.data, "audio/ogg", rate=48_000, seconds=60)
    assert len(decoded) / 96_000 == pytest.approx(note.seconds, abs=0.05)


async def test_the_waveform_follows_the_loudness(tools: Ffmpeg) -> None:
    loud_then_soft = tone(1, rate=24_000, loud=0.5) + tone(1, rate=24_000, loud=0.1)

    note = await audio.voice_note(tools, Sound(audio.wav(loud_then_soft, 24_000), "audio/wav"))

    assert len(note.waveform) == 20
    assert min(note.waveform[:9]) > 240
    assert max(note.waveform[11:]) < 80


@pytest.mark.parametrize(("seconds", "points"), [(0.05, 1), (1, 10), (40, 256)])
async def test_the_waveform_has_a_point_for_each_tenth_of_a_second_up_to_256(
    tools: Ffmpeg, seconds: float, points: int
) -> None:
    note = await audio.voice_note(tools, Sound(audio.wav(tone(seconds), 16_000), "audio/wav"))

    assert len(note.waveform) == points


async def test_a_soft_voice_is_raised(tools: Ffmpeg) -> None:
    note = await audio.voice_note(tools, Sound(audio.wav(tone(1, loud=0.05), 16_000), "audio/wav"))

    decoded = await tools.decode_bytes(note.data, "audio/ogg", rate=16_000, seconds=2)
    loudest = max(abs(int.from_bytes(decoded[at : at + 2], "little", signed=True)) for at in range(0, len(decoded), 2))
    assert loudest > 20_000


async def test_pieces_are_joined_in_order(tools: Ffmpeg) -> None:
    first, second = audio.wav(tone(1, loud=0.5), 16_000), as_format(tone(1, loud=0.1), *MP3)

    note = await audio.voice_note(tools, Sound(first, "audio/wav"), Sound(second, "audio/mpeg"))

    assert note.seconds == pytest.approx(2.0, abs=0.15)
    assert note.waveform[3] > note.waveform[15]


@pytest.mark.parametrize(
    "speech", [b"", b'{"error": "busy"}', b"<html>", audio.wav(b"", 24_000), audio.wav(silence(1), 16_000)[:20]]
)
async def test_speech_that_is_no_sound_is_a_media_error(tools: Ffmpeg, speech: bytes) -> None:
    with pytest.raises(MediaError):
        await audio.voice_note(tools, Sound(speech, "audio/mpeg"))


async def test_a_recording_is_packed_to_fit_an_upload(tools: Ffmpeg) -> None:
    recording = Sound(audio.wav(tone(20, rate=48_000), 48_000), "audio/wav", "song.wav")

    packed = await audio.shrink(tools, recording, 120_000)

    assert (packed.mime, packed.name) == ("audio/ogg", "song.ogg")
    assert len(packed.data) <= 120_000
    with pytest.raises(MediaError, match="does not fit"):
        await audio.shrink(tools, recording, 1_000)
