"""Stored media as the agent needs it: sound for a transcriber, pictures for a model, speech as a voice note."""

from __future__ import annotations

from bot.core.errors import MediaError
from bot.core.media import Sound
from bot.core.messages import Blob
from bot.core.ports.store import Blobs
from bot.media import audio, images
from bot.media.ffmpeg import Ffmpeg

SMALLEST_BYTES = 1024


class MediaReader:
    """`ffmpeg_path` "" takes the one that came with the program."""

    def __init__(self, blobs: Blobs, *, ffmpeg_path: str = "") -> None:
        self._blobs, self._ffmpeg = blobs, Ffmpeg(ffmpeg_path)

    def close(self) -> None:
        """Ends the decoder process; a later file would start a new one."""
        images.close()

    async def check(self) -> None:
        """Returns when sound can be read and written. Raises `MediaError` with what to do."""
        await self._ffmpeg.works()

    async def for_transcription(self, blob: Blob) -> Sound | None:
        """A checked, normalised copy, or None when it holds no speech. Raises `MediaError`, also for a file that is
        too small to hold a word."""
        if blob.size < SMALLEST_BYTES:
            raise MediaError(f"the recording has only {blob.size} bytes", tell="That recording is empty.")
        return await audio.for_transcription(self._ffmpeg, self._blobs.path(blob))

    async def for_model(self, blob: Blob) -> Blob:
        """A copy that a model can take. Raises `MediaError`."""
        data = await self._blobs.read(blob)
        fit, mime = await images.for_model(data)
        return blob if fit is data and blob.mime == mime else await self._blobs.put(fit, mime)

    async def voice_note(self, sound: Sound) -> audio.Note:
        """A provider's speech as a voice note. Raises `MediaError`."""
        return await audio.voice_note(self._ffmpeg, sound)

    async def smaller(self, blob: Blob, cap: int) -> Blob:
        """The same picture or sound in at most `cap` bytes. Raises `MediaError` when that cannot be."""
        data = await self._blobs.read(blob)
        if blob.mime.startswith("image/"):
            packed, mime = await images.shrink(data, cap)
            return await self._blobs.put(packed, mime)
        sound = await audio.shrink(self._ffmpeg, Sound(data, blob.mime), cap)
        return await self._blobs.put(sound.data, sound.mime)
