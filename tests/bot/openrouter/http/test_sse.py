"""Server-sent events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadAnswer
from bot.openrouter.http.sse import EventReader


def read(*chunks: bytes) -> list[str]:
    reader = EventReader()
    return [data for chunk in chunks for data in reader.feed(chunk)] + reader.finish()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_of_three_ways(end: bytes) -> None:
    stream = end.join((b"data: one", b"", b": comment", b"", b"event: x", b"id: 7", b"data:two", b"data:  2", b"", b""))

    assert read(stream) == ["one", "two\n 2"]


PIECES = [
    b"data: ",
    b"data:",
    b"data",
    b": OPENROUTER PROCESSING",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    "é🎈".encode(),
    b"{}",
]


@pytest.mark.parametrize(
    ("chunks", "events"),
    [
        ((b"data: a\r", b"\ndata: b\r\n", b"\r\n"), ["a\nb"]),
        ((b"data: a\r", b"data: b\r\r"), ["a\nb"]),
        ((b"data: a\r", b"\n\rdata: b\r", b"\r"), ["a", "b"]),
        ((b"data: a\r", b"", b"\ndata: b\n\n"), ["a\nb"]),
        ((b"data: a\n", b"data: b\n", b"\n"), ["a\nb"]),
        ((b"data: a\ndata: b\n\n",), ["a\nb"]),
        ((b"data\n\n",), [""]),
        ((b"data\ndata\n\ndatum: x\n\n",), ["\n"]),
        ((b"data:\n\n",), [""]),
    ],
)
def test_a_line_end_that_arrives_in_halves_is_one_line_end(chunks: tuple[bytes, ...], events: list[str]) -> None:
    assert read(*chunks) == events


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.lists(st.integers(0, 200), max_size=12))
def test_however_the_bytes_are_cut_the_events_are_the_same(stream: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    cut = [stream[start:end] for start, end in pairwise(edges)]

    assert read(*cut) == read(stream) == read(*(bytes([byte]) for byte in stream))


def test_an_event_is_given_out_with_the_byte_that_ends_it() -> None:
    reader = EventReader()

    assert reader.feed(b"data: x\r") == []
    assert reader.feed(b"\r") == ["x"]
    assert reader.feed(b"\n") == []
    assert reader.feed(b"data: y\n") == []
    assert reader.feed(b"\n") == ["y"]


def test_a_byte_order_mark_and_an_unfinished_last_event_are_read() -> None:
    assert read(b"\xef\xbb\xbfdata: first\n\ndata: last") == ["first", "last"]


def test_a_byte_order_mark_means_nothing_after_the_very_beginning() -> None:
    assert read(b"data: first\n\n\xef\xbb\xbfdata: x\n\n\xef\xbb\xbfdata: x\n\n") == ["first"]
    assert read(b"\n\xef\xbb\xbfdata: x\n\n") == []
    assert read(b"\n", b"\n", b"\xef\xbb\xbfdata: x\n\n") == []


def test_comments_alone_are_no_event() -> None:
    assert read(b": OPENROUTER PROCESSING\n\n" * 3) == []


def test_bytes_that_are_no_text_do_not_end_the_stream() -> None:
    assert read(b"data: \xff\n\ndata: x\n\n") == ["\ufffd", "x"]
    assert read(b"data: \xff\ndata: x\n\n") == ["\ufffd\nx"]


@pytest.mark.parametrize("chunks", [[b"data: " + b"x" * 100 + b"\n\n"], [b"x"] * 101, [b"data: ", b"x" * 95]])
def test_an_event_has_a_largest_size(chunks: list[bytes]) -> None:
    reader = EventReader(cap_bytes=100)

    with pytest.raises(BadAnswer, match="larger than 100 bytes"):
        for chunk in chunks:
            reader.feed(chunk)


def test_an_event_may_have_exactly_the_largest_size_however_often_it_comes() -> None:
    reader = EventReader(cap_bytes=100)
    data = b"x" * 94

    for _ in range(2):
        assert reader.feed(b"data: ") == []
        assert reader.feed(data) == []
        assert reader.feed(b"\n\n") == [data.decode()]
        assert reader.feed(b"data: " + data + b"\n\n") == [data.decode()]


def test_many_events_may_be_larger_together() -> None:
    reader = EventReader(cap_bytes=100)

    assert len(reader.feed(b"data: x\n\n" * 1000)) == 1000
