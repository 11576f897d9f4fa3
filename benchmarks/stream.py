"""How fast a streamed answer is read: megabytes of server-sent events a second, beside the official SDK.

Run: python -m benchmarks.stream [megabytes]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

import httpx
from openrouter.utils.eventstreaming import stream_events

from bot.openrouter.answer import AnswerBuilder
from bot.openrouter.sse import EventReader

NETWORK_CHUNK_BYTES = 16 * 1024
ROUNDS = 3


def recorded(megabytes: float) -> bytes:
    """A long answer as OpenRouter sends it: a few letters per event, and a keep-alive comment now and then."""
    events, size, number = [], 0, 0
    while size < megabytes * 1_000_000:
        number += 1
        delta = {"role": "assistant", "content": f"wörd {number} ", "reasoning": None}
        chunk = {
            "id": "gen-1763800000-abcdefghij",
            "provider": "Some Provider",
            "model": "vendor/model",
            "object": "chat.completion.chunk",
            "created": 1763800000,
            "choices": [
                {"index": 0, "delta": delta, "finish_reason": None, "native_finish_reason": None, "logprobs": None}
            ],
        }
        event = b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
        if number % 100 == 0:
            event += b": OPENROUTER PROCESSING\n\n"
        events.append(event)
        size += len(event)
    return b"".join([*events, b"data: [DONE]\n\n"])


def pieces(stream: bytes) -> Iterator[bytes]:
    for start in range(0, len(stream), NETWORK_CHUNK_BYTES):
        yield stream[start : start + NETWORK_CHUNK_BYTES]


def ours_events(stream: bytes) -> int:
    reader = EventReader()
    return sum(len(reader.feed(piece)) for piece in pieces(stream)) + len(reader.finish())


def ours_parsed(stream: bytes) -> int:
    reader, count = EventReader(), 0
    for piece in pieces(stream):
        for data in reader.feed(piece):
            if data != "[DONE]":
                json.loads(data)
                count += 1
    return count


def ours_answer(stream: bytes) -> int:
    reader, answer, count = EventReader(), AnswerBuilder("benchmark"), 0
    for piece in pieces(stream):
        for data in reader.feed(piece):
            if data != "[DONE]":
                answer.feed(json.loads(data))
                count += 1
    return count


def sdk_parsed(stream: bytes) -> int:
    response = httpx.Response(200, stream=_Recorded(stream))
    return sum(1 for _ in stream_events(response, json.loads, sentinel="[DONE]"))


class _Recorded(httpx.SyncByteStream):
    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return pieces(self._stream)


def fastest(read: Callable[[bytes], int], stream: bytes) -> tuple[float, int]:
    """Megabytes a second, best of a few rounds, and how many events were read."""
    best, count = float("inf"), 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        count = read(stream)
        best = min(best, time.perf_counter() - began)
    return len(stream) / 1_000_000 / best, count


def main() -> None:
    stream = recorded(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
    contenders = {
        "ours: events": ours_events,
        "ours: events and JSON": ours_parsed,
        "ours: the whole answer": ours_answer,
        "official SDK: events and JSON": sdk_parsed,
    }
    for name, read in contenders.items():
        speed, count = fastest(read, stream)
        print(f"{name:32} {speed:8.1f} MB/s   {count} events")


if __name__ == "__main__":
    main()
