import io
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from bot.core.errors import MediaError
from bot.core.media import Sound
from bot.core.messages import Blob
from bot.media import audio
from bot.media.reader import MediaReader
from tests.bot.media.sounds import silence, talk


class Folder:
    """Blobs in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put(self, data: bytes, mime: str) -> Blob:
        blob = Blob(sha256(data).hexdigest(), mime, len(data))
        self.path(blob).write_bytes(data)
        return blob

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        return await self.put(b"".join([chunk async for chunk in chunks]), mime)

    async def read(self, blob: Blob) -> bytes:
        return self.path(blob).read_bytes()

    def path(self, blob: Blob) -> Path:
        return self._path / blob.sha256


@pytest.fixture
def blobs(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


async def test_a_stored_recording_is_made_ready_to_be_heard(blobs: Folder) -> None:
    reader = MediaReader(blobs)

    heard = await reader.for_transcription(await blobs.put(audio.wav(talk(1), 16_000), "application/x-lie"))
    quiet = await reader.for_transcription(await blobs.put(audio.wav(silence(1), 16_000), "audio/ogg"))

    assert heard is not None
    assert heard.mime == "audio/wav"
    assert quiet is None


async def test_a_recording_too_small_to_hold_a_word_is_empty(blobs: Folder) -> None:
    with pytest.raises(MediaError) as raised:
        await MediaReader(blobs).for_transcription(await blobs.put(b"OggS" + bytes(1019), "audio/ogg"))
    assert raised.value.tell == "That recording is empty."


async def test_a_stored_picture_keeps_its_blob_when_it_is_fit_and_gets_its_true_type(blobs: Folder) -> None:
    packed = io.BytesIO()
    Image.new("RGB", (9, 9)).save(packed, "PNG")
    honest = await blobs.put(packed.getvalue(), "image/png")
    mislabelled = await blobs.put(packed.getvalue(), "image/jpeg")

    reader = MediaReader(blobs)

    assert await reader.for_model(honest) == honest
    assert await reader.for_model(mislabelled) == honest


async def test_speech_becomes_a_voice_note(blobs: Folder) -> None:
    note = await MediaReader(blobs).voice_note(Sound(audio.wav(talk(1), 16_000), "audio/wav"))

    assert note.data.startswith(b"OggS")
    assert note.seconds == pytest.approx(1.0, abs=0.2)


async def test_without_ffmpeg_sound_is_a_media_error_and_pictures_still_work(blobs: Folder, tmp_path: Path) -> None:
    reader = MediaReader(blobs, ffmpeg_path=str(tmp_path / "none"))
    packed = io.BytesIO()
    Image.new("RGB", (9, 9)).save(packed, "PNG")

    with pytest.raises(MediaError):
        await reader.for_transcription(await blobs.put(audio.wav(talk(1), 16_000), "audio/wav"))
    assert (await reader.for_model(await blobs.put(packed.getvalue(), "image/png"))).mime == "image/png"
