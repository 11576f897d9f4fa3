"""A stream's events are the same however its bytes are cut, and a comment never becomes an event."""

from __future__ import annotations

from bot.openrouter.http.sse import EventReader
from fuzz.choices import Choices

CUTS = 6


def check(data: bytes) -> None:
    choices = Choices(data)
    widths = [choices.number(256) for _ in range(CUTS)]
    stream = choices.rest()
    whole = _read([stream])
    assert _read(_pieces(stream, widths)) == whole
    assert _read([stream[at : at + 1] for at in range(len(stream))]) == whole
    assert sum(map(len, whole)) <= len(stream)
    assert _read([b": " + stream.replace(b"\n", b" ").replace(b"\r", b" ")]) == []


def _read(chunks: list[bytes]) -> list[str]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.finish()


def _pieces(stream: bytes, widths: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for width in widths:
        pieces.append(stream[at : at + width])
        at += width
    return [*pieces, stream[at:]]
