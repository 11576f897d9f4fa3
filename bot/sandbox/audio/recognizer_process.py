"""The recogniser's own process: sound comes in on standard input, words go out on standard output.

PocketSphinx holds the interpreter while it listens, so it must not share one with an event loop. Run by
`recognizer.py` as `python -I recognizer_process.py <language model> <words>`; imports nothing of the project.

Each sound is decoded twice, once expecting anything in English and once expecting what people say to the
stand-in; the likelier of the two transcripts wins.
"""

from __future__ import annotations

import array
import json
import random
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

RATE = 16000
QUIET = 60  # root mean square of 16-bit samples below which there is no speech (about -55 dBFS)
PEAK = 16000
DITHER = 60  # digital silence between words derails the recogniser; faint noise is what it was trained on
MARGIN = bytes(2 * RATE * 3 // 10)  # 0.3 s of silence on either side


def decoders(expected: Path) -> list[Any]:
    """One decoder for English at large, one for the expected sentences (an ARPA file)."""
    from pocketsphinx import Decoder, get_model_path  # optional: extra `demo`

    single = expected.read_text(encoding="utf-8").split("\\1-grams:\n")[1].split("\n\n")[0]
    words = {line.split("\t")[1] for line in single.splitlines()}
    dictionary = Path(get_model_path(), "en-us", "cmudict-en-us.dict").read_text(encoding="utf-8")
    spoken = dictionary.splitlines(keepends=True)
    with tempfile.NamedTemporaryFile("w", suffix=".dict", encoding="utf-8") as few:
        few.writelines(line for line in spoken if line.split(None, 1)[0].split("(")[0] in words)
        few.flush()
        return [
            Decoder(samprate=RATE, loglevel="FATAL"),
            Decoder(samprate=RATE, loglevel="FATAL", lm=str(expected), dict=few.name),
        ]


def hear(samples: bytes, listeners: list[Any]) -> str:
    """The words in 16 kHz mono signed 16-bit samples, "" for silence."""
    sound = array.array("h", samples[: len(samples) // 2 * 2])
    if not sound or (sum(value * value for value in sound) / len(sound)) ** 0.5 < QUIET:
        return ""
    prepared = prepare(sound)
    hypotheses = []
    for decoder in listeners:
        decoder.start_utt()
        decoder.process_raw(prepared, full_utt=True)
        decoder.end_utt()
        if (best := decoder.hyp()) is not None:
            hypotheses.append((best.score, best.hypstr))
    return str(max(hypotheses)[1]) if hypotheses else ""


def prepare(sound: array.array[int]) -> bytes:
    """The samples at an even loudness, between silences, with faint noise."""
    gain = PEAK / max(1, max(sound), -min(sound))
    noise = random.Random(0)
    level = array.array("h", (int(value * gain) for value in sound))
    quiet = array.array("h", MARGIN)
    return array.array("h", (int(value + noise.gauss(0, DITHER)) for value in quiet + level + quiet)).tobytes()


def serve(sounds: BinaryIO, answers: BinaryIO, expected: Path) -> None:
    """Answers each length-prefixed sound with one line of JSON, until the input ends."""
    try:
        listeners = decoders(expected)
    except ImportError as error:
        listeners, missing = [], str(error)
    while head := sounds.read(4):
        samples = sounds.read(struct.unpack(">I", head)[0])
        answer = {"text": hear(samples, listeners)} if listeners else {"missing": missing}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, Path(sys.argv[1]))
