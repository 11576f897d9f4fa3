"""Reading what a model put into a call, however it wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tools import arguments
from bot.tools.tool import ToolFailed

Read = Callable[[Mapping[str, object]], object]
READERS: dict[str, Read] = {
    "text": lambda given: arguments.text(given, "it"),
    "required": lambda given: arguments.text(given, "it", required=True),
    "one_of": lambda given: arguments.one_of(given, "it", ("set", "List")),
    "ratio": lambda given: arguments.ratio({"aspectRatio": given.get("it")}),
    "size": lambda given: arguments.size({"size": given.get("it")}),
    "count": lambda given: arguments.positive_integer(given, "it", at_most=4),
    "flag": lambda given: arguments.flag(given, "it"),
    "timeout": lambda given: arguments.milliseconds({"timeoutMs": given.get("it")}),
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=3,
)


@pytest.mark.parametrize("written", ["", "null", "{}"])
def test_a_call_without_arguments_may_be_written_in_three_ways(written: str) -> None:
    assert arguments.parse(written) == {}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"a": ', "not JSON"),
        ("draw a fox", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "must be a JSON object"),
        ('"text"', "must be a JSON object"),
        ("0", "must be a JSON object"),
    ],
)
def test_what_cannot_be_read_is_told_to_the_model(written: str, told: str) -> None:
    with pytest.raises(ToolFailed, match=told):
        arguments.parse(written)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=9), values, max_size=3))
def test_whatever_is_an_object_is_read_as_it_is(said: dict[str, object]) -> None:
    assert json.dumps(arguments.parse(json.dumps(said))) == json.dumps(said)


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        ("text", " a fox\n", "a fox"),
        ("text", "  ", ""),
        ("required", " x ", "x"),
        ("one_of", "LIST", "List"),
        ("one_of", " set ", "set"),
        ("ratio", "16:9", "16:9"),
        ("size", "1024x768", "1024x768"),
        ("size", " 1024 X 768 ", "1024x768"),
        ("size", "1024×768", "1024x768"),
        ("size", "1x99999", "1x99999"),
        ("count", 1, 1),
        ("count", 4, 4),
        ("count", 2.0, 2),
        ("timeout", 1500, 1.5),
        ("flag", True, True),
        ("flag", False, False),
    ],
)
def test_what_is_meant_is_read(reader: str, value: object, read: object) -> None:
    found = READERS[reader]({"it": value})

    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("reader", "value", "told"),
    [
        ("text", 7, "'it' must be a string, not 7."),
        ("text", ["a"], "'it' must be a string, not ['a']."),
        ("required", None, "'it' is required."),
        ("required", " ", "'it' is required."),
        ("one_of", "remove", "'it' must be one of set, List, not 'remove'."),
        ("ratio", "16:10", "'aspectRatio' must be one of 1:1, "),
        ("size", "1024", "'size' must be WxH in pixels, such as 1024x768, not '1024'."),
        ("size", "0x10", "'size' must be"),
        ("size", "1024x768x2", "'size' must be"),
        ("size", "100000x1", "'size' must be"),
        ("count", 0, "'it' must be a positive whole number, not 0."),
        ("count", -1, "'it' must be a positive whole number"),
        ("count", 1.5, "'it' must be a positive whole number, not 1.5."),
        ("count", True, "'it' must be a positive whole number, not True."),
        ("count", "2", "'it' must be a positive whole number, not '2'."),
        ("count", float("inf"), "'it' must be a positive whole number"),
        ("count", 5, "'it' must be at most 4, not 5."),
        ("timeout", 0, "'timeoutMs' must be a positive whole number, not 0."),
        ("flag", "yes", "'it' must be true or false, not 'yes'."),
        ("flag", 1, "'it' must be true or false, not 1."),
    ],
)
def test_what_was_wanted_is_told(reader: str, value: object, told: str) -> None:
    with pytest.raises(ToolFailed) as failed:
        READERS[reader]({"it": value})

    assert str(failed.value).startswith(told)


@pytest.mark.parametrize(
    ("reader", "nothing"),
    [("text", ""), ("one_of", ""), ("ratio", ""), ("size", ""), ("count", None), ("flag", None), ("timeout", None)],
)
def test_what_is_absent_or_null_is_left_to_the_program(reader: str, nothing: object) -> None:
    assert [READERS[reader](said) for said in ({}, {"it": None})] == [nothing, nothing]


@settings(deadline=None)
@given(st.sampled_from(sorted(READERS)), values)
def test_no_value_breaks_a_reader_in_any_other_way(reader: str, value: object) -> None:
    try:
        READERS[reader]({"it": value})
    except ToolFailed as failed:
        assert "must be" in str(failed) or "is required" in str(failed)
