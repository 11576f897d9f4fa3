"""Silence on the line, and silence of the reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from bot.core.errors import BadAnswer, ProviderBusy
from bot.openrouter.chat.answer import AnswerBuilder
from bot.openrouter.chat.chunks import BROKE_OFF, Patience, chunks_of
from bot.openrouter.http.client import JSON_CAP_BYTES, ByteStream
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
    async for chunk in chunks_of(stream, label="chat", patience=Patience(), clock=clock, answer=AnswerBuilder("chat")):
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


async def test_a_json_body_that_is_no_text_is_read_as_far_as_it_is(clock: FakeClock) -> None:
    assert await read(clock, b'{"a": "\xff"}', kind="application/json") == [{"a": "\ufffd"}]


async def test_a_json_body_has_a_largest_size(clock: FakeClock) -> None:
    whole = b'{"a": 1}'.ljust(JSON_CAP_BYTES)

    assert await read(clock, whole[:9], whole[9:], kind="application/json") == [{"a": 1}]
    with pytest.raises(BadAnswer, match=r"^chat: the answer is larger than \d+ bytes$"):
        await read(clock, whole, b" ", kind="application/json")


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((b"data: {\n\n",), "text/event-stream"),
        ((b"data: []\n\n",), "text/event-stream"),
        ((b"data: {",), "text/event-stream"),
        ((b"[1]",), "application/json"),
    ],
)
async def test_garbage_is_a_broken_line_that_says_whose(clock: FakeClock, pieces: tuple[bytes, ...], kind: str) -> None:
    with pytest.raises(ProviderBusy, match=r"^chat: the stream carries something that is not"):
        await read(clock, *pieces, kind=kind)


@pytest.mark.parametrize("end", [b"data: [DONE]", b"data:", b"data: \n", b": bye", b""])
async def test_an_end_that_no_blank_line_ends_is_an_end(clock: FakeClock, end: bytes) -> None:
    assert await read(clock, event({"a": 1}), end) == [{"a": 1}]


class Line:
    """A line that sends some pieces and then does what the test says."""

    def __init__(self, *pieces: bytes, then: Exception | None = None) -> None:
        self.pieces, self.then, self.left = pieces, then, False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            for piece in self.pieces:
                yield piece
            if self.then is not None:
                raise self.then
            await asyncio.Event().wait()
        finally:
            self.left = True


@pytest.mark.parametrize("then", [None, ProviderBusy("the connection broke")])
async def test_an_end_that_does_not_come_after_done_is_not_waited_for(clock: FakeClock, then: Exception | None) -> None:
    line = Line(event({"a": 1}), DONE, then=then)
    stream = ByteStream("", {}, line.chunks())

    async with asyncio.timeout(2):
        found = [
            chunk
            async for chunk in chunks_of(
                stream, label="chat", patience=Patience(), clock=clock, answer=AnswerBuilder("chat")
            )
        ]

    assert found == [{"a": 1}]


@pytest.mark.parametrize(
    ("kind", "beats", "told"),
    [
        ("", 0, "nothing was sent for 60 seconds"),
        ("application/json", 0, "nothing was sent for 60 seconds"),
        ("", 3, "only keep-alive comments were sent for 120 seconds"),
    ],
)
async def test_silence_ends_in_the_very_second_and_lets_go_of_the_line(
    clock: FakeClock, kind: str, beats: int, told: str
) -> None:
    keep_alive = asyncio.Queue[bytes]()

    async def line() -> AsyncGenerator[bytes, None]:
        while True:
            yield await keep_alive.get()

    chunks = line()
    stream = ByteStream(kind, {}, chunks)
    asked = chunks_of(stream, label="chat", patience=Patience(), clock=clock, answer=AnswerBuilder("chat"))
    reading = asyncio.ensure_future(anext(asked))
    await clock.advance(0)
    for _ in range(beats):
        await clock.advance(30)
        keep_alive.put_nowait(b": alive\n\n")
        await clock.advance(0)

    await clock.advance(29.5 if beats else 59.5)
    waiting = not reading.done()
    await clock.advance(0.5)
    with pytest.raises(ProviderBusy) as broken:
        await reading

    assert waiting
    assert (str(broken.value), broken.value.tell) == (f"chat: {told}", BROKE_OFF)
    await chunks.aclose()  # nobody reads it any more


@pytest.mark.parametrize(
    ("beats", "ends", "told"),
    [
        ((), 60.5, "nothing was sent for 60 seconds"),
        ((60.0, 90.0), 120.5, "only keep-alive comments were sent for 120 seconds"),
    ],
)
async def test_patience_counts_from_the_last_byte_and_from_the_last_event(
    clock: FakeClock, beats: tuple[float, ...], ends: float, told: str
) -> None:
    arriving = asyncio.Queue[bytes]()

    async def line() -> AsyncGenerator[bytes, None]:
        while True:
            yield await arriving.get()

    async def until(seconds: float) -> None:
        await clock.advance(seconds - clock.monotonic())

    stream = ByteStream("", {}, line())
    asked = chunks_of(stream, label="chat", patience=Patience(), clock=clock, answer=AnswerBuilder("chat"))
    reading = asyncio.ensure_future(anext(asked))
    await clock.advance(0)
    await until(0.5)
    arriving.put_nowait(event({"a": 1}))
    assert await reading == {"a": 1}
    reading = asyncio.ensure_future(anext(asked))
    await clock.advance(0)
    for beat in beats:
        await until(beat)
        arriving.put_nowait(b": alive\n\n")
        await clock.advance(0)

    await until(ends - 0.25)
    waiting = not reading.done()
    await until(ends)
    with pytest.raises(ProviderBusy, match=told):
        await reading

    assert waiting
