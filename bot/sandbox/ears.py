"""A real recogniser without a network: PocketSphinx with the English model in its wheel."""

from __future__ import annotations

import array
import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from bot.sandbox.wire import Refused

RATE = 16000
QUIET = 60  # root mean square of 16-bit samples below which nobody speaks (about -55 dBFS)
PEAK = 16000
DITHER = 60  # digital silence between words derails the recogniser; faint noise is what it was trained on
MARGIN = bytes(2 * RATE * 3 // 10)  # 0.3 s of silence on either side
MISSING = 'The sandbox cannot hear here: {why}. Install it with pip install "voxline[demo]"'


class Ears:
    """Listens in one thread. Loads when first needed, or at `warm`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-ears")

    async def hear(self, samples: bytes) -> str:
        """The words in 16 kHz mono signed 16-bit samples; "" for silence. Raises `Refused` 501 when missing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, _hear, samples)

    def warm(self) -> None:
        """Loads in the background."""
        self._thread.submit(_decoder)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _hear(samples: bytes) -> str:
    sound = array.array("h", samples[: len(samples) // 2 * 2])
    if not sound or (sum(value * value for value in sound) / len(sound)) ** 0.5 < QUIET:
        return ""
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(_prepared(sound), full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    return best.hypstr if best is not None else ""


def _prepared(sound: array.array[int]) -> bytes:
    """The samples at an even loudness, between silences, with faint noise."""
    gain = PEAK / max(1, max(sound), -min(sound))
    noise = random.Random(0)
    padded = (
        array.array("h", MARGIN) + array.array("h", (int(value * gain) for value in sound)) + array.array("h", MARGIN)
    )
    return array.array("h", (int(value + noise.gauss(0, DITHER)) for value in padded)).tobytes()


@cache
def _decoder() -> Any:
    try:
        from pocketsphinx import Decoder  # optional: extra `demo`
    except ImportError as error:
        raise Refused(501, MISSING.format(why=error)) from error
    return Decoder(samprate=RATE, loglevel="FATAL")
