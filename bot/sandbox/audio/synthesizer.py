"""A real voice without a network: espeak-ng, from the wheel espeakng-loader, by ctypes."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from bot.sandbox.wire import Rejected

WORDS_PER_MINUTE = 150  # the clearest pace of its English voice
SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT
BUFFER_MILLISECONDS = 200
CHARACTER_POSITION = 1  # espeak_POSITION_TYPE
UTF8 = 1  # espeakCHARS_UTF8
RATE, VOLUME, PITCH = 1, 2, 3  # espeak_PARAMETER
MISSING = 'The sandbox has no voice here: {why}. Install it with pip install "voxline[demo]"'

# The first letter of a voice name is its language, the second tells f(emale) from m(ale). Source: Kokoro's voices
LANGUAGES = {
    "a": "en-us", "b": "en-gb-x-rp", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "j": "ja", "p": "pt-br", "z": "cmn",
}  # fmt: skip

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class SpeechSynthesizer:
    """Speaks in one thread, because espeak-ng is not thread-safe. Loads when first needed, or at `warm`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-voice")

    async def speak(self, text: str, voice: str, speed: float = 1.0) -> tuple[bytes, int]:
        """Mono signed 16-bit samples and their rate. Raises `Rejected` 501 where espeak-ng is missing."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _speak, text, voice, speed)

    def warm(self) -> None:
        """Loads in the background."""
        self._thread.submit(_engine)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _speak(text: str, voice: str, speed: float) -> tuple[bytes, int]:
    say, rate = _engine()
    female = voice[1:2] == "f" or "_" not in voice
    return say(text, LANGUAGES.get(voice[:1] if "_" in voice else "a", "en-us"), female, speed), rate


@cache
def _engine() -> tuple[Callable[[str, str, bool, float], bytes], int]:
    """The function that speaks, and its sample rate. The library can be initialised once in a process."""
    try:
        import espeakng_loader  # optional: extra `demo`
    except ImportError as error:
        raise Rejected(501, MISSING.format(why=error)) from error
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
        ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    rate = library.espeak_Initialize(SYNCHRONOUS, BUFFER_MILLISECONDS, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        raise Rejected(501, MISSING.format(why="espeak-ng did not start"))
    heard = bytearray()

    def collect(samples: object, count: int, _events: object) -> int:
        if samples and count:
            heard.extend(ctypes.string_at(samples, count * 2))  # type: ignore[arg-type]
        return 0

    collector = Callback(collect)
    library.espeak_SetSynthCallback(collector)

    def say(text: str, language: str, female: bool, speed: float, _keep: object = collector) -> bytes:
        heard.clear()
        if library.espeak_SetVoiceByName(language.encode()) != 0:
            library.espeak_SetVoiceByName(b"en-us")
        library.espeak_SetParameter(RATE, round(WORDS_PER_MINUTE * min(max(speed, 0.5), 3.0)), 0)
        library.espeak_SetParameter(PITCH, 58 if female else 42, 0)
        library.espeak_SetParameter(VOLUME, 100, 0)
        written = text.encode() + b"\0"
        library.espeak_Synth(written, len(written), 0, CHARACTER_POSITION, 0, UTF8, None, None)
        return bytes(heard)

    return say, rate
