"""Streaming timeouts: the chunks of a streamed answer, and how long silence is borne."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.errors import BadAnswer, ProviderBusy
from bot.core.ports.clock import Clock
from bot.openrouter.chat.answer import parsed_chunk
from bot.openrouter.http.client import JSON_CAP_BYTES, ByteStream
from bot.openrouter.http.sse import EventReader

BROKE_OFF = "The answer broke off."
_TAIL_SECONDS = 5.0
_END_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for the headers, for any byte (keep-alive comments count), and for an event."""

    headers: float = 30.0
    idle: float = 60.0
    progress: float = 120.0


FUSION_PATIENCE = Patience(headers=120.0, idle=120.0, progress=600.0)


class Progress(Protocol):
    """What the reader of the chunks has of the answer so far."""

    @property
    def complete(self) -> bool:
        """Whether the model has finished: after that only a usage report may follow."""

    def ended(self) -> None:
        """The provider ended the stream in good order."""


async def chunks_of(
    stream: ByteStream, *, label: str, patience: Patience, clock: Clock, answer: Progress
) -> AsyncGenerator[dict[str, Any], None]:
    """Every JSON object of the answer. A JSON body counts as one chunk.

    A line that breaks or stays silent once the answer is complete ends the stream quietly. Raises `ProviderBusy` for
    silence and for garbled events, `BadAnswer` for anything that is not a chat answer. Source: OpenRouter docs,
    streaming.
    """
    kind = stream.content_type.partition(";")[0].strip().lower()
    pulse = _Pulse(clock, patience, lambda: answer.complete)
    if kind == "application/json" or kind.endswith("+json"):
        yield parsed_chunk(await _whole(stream, pulse, label), label)
        answer.ended()
        return
    if kind not in ("text/event-stream", ""):
        raise BadAnswer(f"{label}: the answer is {kind!r} instead of a stream. The base URL may be wrong")
    reader = EventReader()
    async with aclosing(_pieces(stream.chunks, pulse, label)) as pieces:
        async for piece in pieces:
            for data in reader.feed(piece):
                pulse.progressed()
                if data.strip() == "[DONE]":
                    answer.ended()
                    await _reach_end(stream.chunks)
                    return
                if data.strip():
                    yield parsed_chunk(data, label)
    for data in reader.finish():
        if data.strip() == "[DONE]":
            answer.ended()
        elif data.strip():
            yield parsed_chunk(data, label)


async def _reach_end(chunks: AsyncIterator[bytes]) -> None:
    """Reads the end of the body, which follows at once: only then the connection can serve the next question."""
    with suppress(TimeoutError, ProviderBusy):
        async with asyncio.timeout(_END_SECONDS):
            await anext(chunks, None)


async def _whole(stream: ByteStream, pulse: _Pulse, label: str) -> str:
    body = bytearray()
    async with aclosing(_pieces(stream.chunks, pulse, label)) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > JSON_CAP_BYTES:
                raise BadAnswer(f"{label}: the answer is larger than {JSON_CAP_BYTES} bytes")
            pulse.progressed()
    return body.decode("utf-8", "replace")


async def _pieces(chunks: AsyncIterator[bytes], pulse: _Pulse, label: str) -> AsyncGenerator[bytes, None]:
    """The bytes as they come, until the line is silent for too long."""
    expiry = asyncio.ensure_future(pulse.stopped())
    read = asyncio.ensure_future(_next(chunks))
    hurried = False
    try:
        while True:
            await asyncio.wait({read, expiry}, return_when=asyncio.FIRST_COMPLETED)
            if not read.done():
                raise ProviderBusy(f"{label}: {expiry.result()}", tell=BROKE_OFF)
            piece = read.result()
            if piece is None:
                return
            pulse.heard()
            yield piece
            pulse.resumed()
            if expiry.done() or (pulse.complete() and not hurried):
                hurried = pulse.complete()
                expiry.cancel()
                expiry = asyncio.ensure_future(pulse.stopped())
            read = asyncio.ensure_future(_next(chunks))
    except ProviderBusy:
        if not pulse.complete():
            raise
    finally:
        read.cancel()
        expiry.cancel()
        await asyncio.gather(read, expiry, return_exceptions=True)


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


class _Pulse:
    """When the line last showed life, and when it last said something."""

    def __init__(self, clock: Clock, patience: Patience, complete: Callable[[], bool]) -> None:
        self.complete = complete
        self._clock, self._patience = clock, patience
        self._heard = self._progressed = clock.monotonic()

    def heard(self) -> None:
        """Bytes came, be they a comment only."""
        self._heard = self._clock.monotonic()

    def progressed(self) -> None:
        """An event came."""
        self._progressed = self._clock.monotonic()

    def resumed(self) -> None:
        """The reader comes back from what it did with the last bytes: that time was not the line's silence."""
        away = self._clock.monotonic() - self._heard
        self._heard += away
        self._progressed = min(self._progressed + away, self._heard)

    async def stopped(self) -> str:
        """Returns, with the reason, once nothing came for too long."""
        while True:
            now = self._clock.monotonic()
            idle = _TAIL_SECONDS if self.complete() else self._patience.idle
            quiet = self._heard + idle - now
            stuck = self._progressed + self._patience.progress - now
            if quiet <= 0:
                return f"nothing was sent for {idle:g} seconds"
            if stuck <= 0:
                return f"only keep-alive comments were sent for {self._patience.progress:g} seconds"
            await self._clock.sleep(min(quiet, stuck))
