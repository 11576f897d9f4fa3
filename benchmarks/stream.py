"""How fast a streamed answer is read, and how soon its first words are in the chat.

python -m benchmarks.stream [megabytes]

Megabytes of server-sent events a second beside the clients of OpenRouter and OpenAI, in one process: `events and
JSON` is their decoding alone, `whole answer` what their users get (typed objects; ours also checks and joins). Then
the time from the model's first token to the first visible text, through the real daemon and a Telegram test server.
Needs: pip install -e ".[bench]"
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from openai import OpenAI
from openai._streaming import SSEDecoder
from openrouter import OpenRouter
from openrouter.components import ChatUserMessage
from openrouter.utils.eventstreaming import stream_events

from benchmarks.model_server import ModelServer
from benchmarks.turn import first, voxline
from bot.openrouter.chat.answer import AnswerBuilder
from bot.openrouter.http.sse import EventReader

NETWORK_CHUNK_BYTES = 16 * 1024
ROUNDS = 3
MODEL = "vendor/model"


def recorded(megabytes: float) -> bytes:
    """A long answer as OpenRouter sends it: a few letters per event, and a keep-alive comment now and then."""
    events, size, number = [], 0, 0
    while size < megabytes * 1_000_000:
        number += 1
        delta = {"role": "assistant", "content": f"wörd {number} ", "reasoning": None}
        chunk = {
            "id": "gen-1763800000-abcdefghij",
            "provider": "Some Provider",
            "model": MODEL,
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


def openrouter_parsed(stream: bytes) -> int:
    return sum(1 for _ in stream_events(answer_with(stream), json.loads, sentinel="[DONE]"))


def openai_parsed(stream: bytes) -> int:
    events = SSEDecoder().iter_bytes(pieces(stream))
    return sum(1 for event in events if event.data != "[DONE]" and event.json())


def openrouter_answer(stream: bytes) -> int:
    """Through the public interface of the client; `ours_answer` builds the same text."""
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer_with(stream))) as web:
        client = OpenRouter(api_key="benchmark", client=web)
        chunks: Any = client.chat.send(model=MODEL, messages=[ChatUserMessage(content="?", role="user")], stream=True)
        return len(["".join(choice.delta.content or "" for choice in chunk.choices) for chunk in chunks])


def openai_answer(stream: bytes) -> int:
    """Through the public interface of the client; `ours_answer` builds the same text."""
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer_with(stream))) as web:
        client = OpenAI(api_key="benchmark", base_url="http://127.0.0.1/api/v1", http_client=web)
        told = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "?"}], stream=True)
        return len(["".join(choice.delta.content or "" for choice in chunk.choices) for chunk in told])


def answer_with(stream: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=_Recorded(stream))


class _Recorded(httpx.SyncByteStream):
    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return pieces(self._stream)


Read = Callable[[bytes], int]
OURS = "ours"
EVENTS: dict[str, Read] = {OURS: ours_parsed, "openai": openai_parsed, "openrouter": openrouter_parsed}
ANSWERS: dict[str, Read] = {OURS: ours_answer, "openai": openai_answer, "openrouter": openrouter_answer}


def race(what: str, contenders: dict[str, Read], stream: bytes) -> None:
    """Prints megabytes a second, best of a few interleaved rounds, and how many times as fast we are."""
    best, counts = dict.fromkeys(contenders, 0.0), {}
    for _ in range(ROUNDS):
        for name, read in contenders.items():
            began = time.perf_counter()
            counts[name] = read(stream)
            best[name] = max(best[name], len(stream) / 1_000_000 / (time.perf_counter() - began))
    if len(set(counts.values())) != 1:
        raise RuntimeError(f"they did not read the same events: {counts}")
    for name, speed in best.items():
        ratio = "" if name == OURS else f"   ours is {best[OURS] / speed:.1f} times as fast"
        print(f"{what:16} {name:12} {speed:8.1f} MB/s   {counts[name]} events{ratio}", flush=True)


async def first_visible_text() -> None:
    """From the model's first token to the first words in the chat: the real daemon, the real telegram.Bot."""
    async with ModelServer() as model, voxline(model) as daemon:
        await first(daemon, daemon, model)


def main() -> None:
    stream = recorded(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
    race("events and JSON", EVENTS, stream)
    race("whole answer", ANSWERS, stream)
    asyncio.run(first_visible_text())


if __name__ == "__main__":
    main()
