"""Silence on the line, and silence of the reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.errors import BadAnswer
from bot.openrouter.chunks import Patience, chunks_of
from bot.openrouter.client import ByteStream
from tests.bot.openrouter.dialogue import DONE, event
from tests.fakes.clock import FakeClock


async def trickle(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        for _ in range(10):
            await asyncio.sleep(0)
        yield piece


async def read(
    clock: FakeClock, *pieces: bytes, kind: str = "text/event-stream", busy_seconds: float = 0
) -> list[object]:
    """What is read by somebody who is busy for a while with every chunk."""
    stream = ByteStream(kind, {}, trickle(*pieces))
    found: list[object] = []
    async for chunk in chunks_of(stream, label="chat", patience=Patience(), clock=clock, complete=lambda: False):
        found.append(chunk)
        if busy_seconds:
            await clock.advance(busy_seconds)
    return found


async def test_a_reader_that_takes_its_time_does_not_blame_the_line(clock: FakeClock) -> None:
    events = [event({"number": number}) for number in range(5)]

    assert len(await read(clock, *events, DONE, busy_seconds=300)) == 5


async def test_nothing_after_done_is_read(clock: FakeClock) -> None:
    assert await read(clock, DONE, event({"late": 1})) == []


@pytest.mark.parametrize("kind", ["text/html", "text/plain; charset=utf-8", "application/octet-stream"])
async def test_another_content_type_is_refused(clock: FakeClock, kind: str) -> None:
    with pytest.raises(BadAnswer, match="instead of a stream"):
        await read(clock, b"x", kind=kind)


@pytest.mark.parametrize("kind", ["text/event-stream", "Text/Event-Stream; charset=utf-8", ""])
async def test_a_stream_is_read_under_each_of_its_names(clock: FakeClock, kind: str) -> None:
    assert await read(clock, event({"a": 1}), DONE, kind=kind) == [{"a": 1}]


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8"])
async def test_a_json_body_is_one_chunk(clock: FakeClock, kind: str) -> None:
    assert await read(clock, b'{"a":', b" 1}", kind=kind) == [{"a": 1}]
