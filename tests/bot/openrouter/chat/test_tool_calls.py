"""Tool calls from their pieces, in every numbering that providers use, and arguments made fit for replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chat import Call
from bot.openrouter.chat.tool_calls import CallBuffer, is_object, object_text, tool_name

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('{}[]"\\,: aé\n', max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab}", max_size=2), inner, max_size=2),
    max_leaves=4,
)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["reminder", "image_generate"]),
        st.dictionaries(st.sampled_from("abc"), VALUES, max_size=2).map(json.dumps),
        st.lists(st.integers(0, 60), max_size=3),
    ),
    min_size=1,
    max_size=4,
)
Made = list[tuple[str, str, list[int]]]


def parts_of(arguments: str, cuts: list[int]) -> list[str]:
    """The arguments cut at these places; the head carries the first part."""
    edges = sorted({0, len(arguments), *(cut for cut in cuts if cut < len(arguments))})
    return [arguments[a:b] for a, b in pairwise(edges)]


def head(name: str, arguments: str, **marks: Any) -> dict[str, Any]:
    return {**marks, "type": "function", "function": {"name": name, "arguments": arguments}}


def tail(arguments: str, **marks: Any) -> dict[str, Any]:
    return {**marks, "function": {"arguments": arguments}}


def by_index(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, cuts) in enumerate(calls):
        first, *rest = parts_of(arguments, cuts)
        yield [head(name, first, index=index, id=f"c{index}"), *(tail(part, index=index) for part in rest)]


def by_text_index(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for pieces in by_index(calls):
        yield [{**piece, "index": str(piece["index"])} for piece in pieces]


def by_id(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, cuts) in enumerate(calls):
        first, *rest = parts_of(arguments, cuts)
        yield [head(name, first, id=f"c{index}"), *(tail(part, id=f"c{index}") for part in rest)]


def all_at_zero(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, cuts) in enumerate(calls):
        first, *rest = parts_of(arguments, cuts)
        yield [head(name, first, index=0, id=f"c{index}"), *(tail(part, index=0) for part in rest)]


def heads_at_zero(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, _) in enumerate(calls):
        yield [head(name, "", index=0, id=f"c{index}"), tail(arguments, index=index)]


def without_marks(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for name, arguments, cuts in calls:
        first, *rest = parts_of(arguments, cuts)
        yield [head(name, first), *(tail(part) for part in rest)]


def one_id_for_all(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, cuts) in enumerate(calls):
        first, *rest = parts_of(arguments, cuts)
        yield [head(name, first, index=index, id="call"), *(tail(part, index=index, id="call") for part in rest)]


def new_id_in_each_piece(calls: Made) -> Iterator[list[dict[str, Any]]]:
    for index, (name, arguments, cuts) in enumerate(calls):
        first, *rest = parts_of(arguments, cuts)
        tails = [tail(part, index=index, id=f"r{index}-{number}") for number, part in enumerate(rest)]
        yield [head(name, first, index=index, id=f"r{index}"), *tails]


def made(buffer: CallBuffer) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in buffer.calls("gen")]


STYLES = [
    by_index,
    by_text_index,
    by_id,
    all_at_zero,
    heads_at_zero,
    without_marks,
    one_id_for_all,
    new_id_in_each_piece,
]


@pytest.mark.parametrize("style", STYLES)
@given(calls=CALLS)
def test_whatever_the_numbering_the_calls_are_those_that_were_made(style: Any, calls: Made) -> None:
    buffer = CallBuffer()
    for piece in (piece for call in style(calls) for piece in call):
        buffer.take([piece])

    assert made(buffer) == [(name, arguments) for name, arguments, _ in calls]
    assert buffer.whole()
    assert len({call.id for call in buffer.calls("gen")}) == len(calls)


@pytest.mark.parametrize("style", [style for style in STYLES if style is not without_marks])
@given(calls=CALLS)
def test_it_makes_no_difference_how_many_pieces_a_chunk_brings(style: Any, calls: Made) -> None:
    buffer = CallBuffer()
    buffer.take([piece for call in style(calls) for piece in call])

    assert made(buffer) == [(name, arguments) for name, arguments, _ in calls]


@pytest.mark.parametrize("style", [by_index, by_text_index, by_id, new_id_in_each_piece])
@given(calls=CALLS, data=st.data())
def test_calls_that_stream_at_once_do_not_mix(style: Any, calls: Made, data: st.DataObject) -> None:
    waiting = [list(call) for call in style(calls)]
    began: list[int] = []
    buffer = CallBuffer()
    while any(waiting):
        number = data.draw(st.sampled_from([n for n, pieces in enumerate(waiting) if pieces]))
        began += [] if number in began else [number]
        buffer.take([waiting[number].pop(0)])

    assert made(buffer) == [calls[number][:2] for number in began]


def test_whole_calls_in_one_list_without_marks_are_told_apart_by_their_place() -> None:
    buffer = CallBuffer()
    buffer.take([head("f", '{"a":'), head("f", '{"b":')])
    buffer.take([tail("1}"), tail("2}")])

    assert made(buffer) == [("f", '{"a":1}'), ("f", '{"b":2}')]


def test_a_head_at_one_index_and_its_arguments_at_the_next_are_one_call() -> None:
    buffer = CallBuffer()
    buffer.take([head("reminder", '{"action":"list"}', index=0, id="c1")])
    buffer.take([head("reminder", "", index=0, id="c2")])
    buffer.take([tail('{"action":"set"}', index=1)])

    assert buffer.calls("gen") == (
        Call("c1", "reminder", '{"action":"list"}'),
        Call("c2", "reminder", '{"action":"set"}'),
    )


def test_a_whole_call_said_twice_is_one_call_and_a_placeholder_gives_way() -> None:
    buffer = CallBuffer()
    buffer.take([head("f", "{}", index=0, id="a")])
    buffer.take([tail('{"x":1}', index=0)])
    buffer.take([head("f", '{"x":1}', index=0, id="a")])

    assert buffer.calls("gen") == (Call("a", "f", '{"x":1}'),)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("reminder", "reminder"),
        ("functions.reminder", "reminder"),
        ("reminder<|channel|>commentary", "reminder"),
        (" functions:reminder ", "reminder"),
        ("functions.reminder:0", "reminder"),
        ("my.functions.tool", "my.functions.tool"),
    ],
)
def test_a_name_loses_what_model_families_put_around_it(name: str, tool: str) -> None:
    assert tool_name(name) == tool


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", {}),
        ("null", {}),
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ('{"a": NaN}', {"a": None}),
        ('{"a": 1', {"unreadable": '{"a": 1'}),
        ('{"a": 1,}', {"unreadable": '{"a": 1,}'}),
        ('{"a":1}{"b":2}', {"unreadable": '{"a":1}{"b":2}'}),
        ("[]", {"unreadable": "[]"}),
        ('"x"', {"unreadable": '"x"'}),
        ("[" * 100_000, {"unreadable": "[" * 100_000}),
    ],
)
def test_arguments_go_out_as_an_object_that_still_holds_what_was_written(written: str, sent: dict[str, Any]) -> None:
    assert json.loads(object_text(written)) == sent


@given(st.text(max_size=30) | VALUES.map(json.dumps))
def test_arguments_are_always_the_text_of_an_object_and_stay_when_they_are(written: str) -> None:
    assert is_object(object_text(written))
    assert object_text(object_text(written)) == object_text(written)
