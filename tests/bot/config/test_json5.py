"""JSON5 text: what it says, and where."""

import pytest
from hypothesis import given

from bot.config import json5
from bot.config.json5 import Member, Node
from tests.bot.config.json5_texts import objects_as_text


def _rebuilt(text: str, node: Node) -> object:
    """The value again, read from the places that the scanner found."""
    if node.kind == "object":
        return {member.key: _rebuilt(text, member.value) for member in node.members}
    if node.kind == "list":
        return [_rebuilt(text, item) for item in node.items if not isinstance(item, Member)]
    return json5.parse(text[node.start : node.end])


@given(objects_as_text())
def test_the_places_found_hold_the_values_read(text: str) -> None:
    assert _rebuilt(text, json5.scan(text)) == json5.parse(text)


@pytest.mark.parametrize("text", ["", " \n", "// nothing yet\n", "/* a */ // b"])
def test_a_text_of_comments_alone_is_an_empty_object(text: str) -> None:
    assert json5.parse(text) == {}


def test_a_number_may_be_grouped_by_underscores() -> None:
    assert json5.parse("{timeoutMs: 180_000}") == {"timeoutMs": 180000}


@pytest.mark.parametrize(
    ("text", "line"),
    [("{\n  a: 1\n  b: 2\n}", 2), ("{\n  a: 1,\n  b: }", 3), ("{\n a: 'x\n}", 2), ("{a: 1}\n\n}", 1), ("[[\n", 1)],
)
def test_a_syntax_error_names_a_line_at_or_next_to_the_mistake(text: str, line: int) -> None:
    with pytest.raises(json5.Json5Error) as caught:
        json5.parse(text)
    assert abs(caught.value.line - line) <= 1


def test_the_line_of_a_path_is_where_its_key_stands() -> None:
    text = '{\n  // first\n  a: {\n    "b c": [\n      1,\n      {d: 2},\n    ],\n  },\n}'
    assert json5.line_of(text, ("a",)) == 3
    assert json5.line_of(text, ("a", "b c")) == 4
    assert json5.line_of(text, ("a", "b c", 1, "d")) == 6
    assert json5.line_of(text, ("a", "missing")) == 3


def test_a_key_that_stands_twice_is_found_however_it_is_spelled() -> None:
    text = "{\n  a: 1,\n  b: [{c: 1, 'c': 2}],\n  '\\u0061': 2,\n}"
    assert json5.repeated(text) == ((("b", 0, "c"), 3), (("a",), 4))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{ a: “b” }", "curly quote"),
        ("{\n  a: True,\n}", "lower case"),
        ("{\n  a: None,\n}", "write null"),
        ("{\n  a: openrouter,\n}", "in quotes"),
        ("agents:\n  name: x\n", "YAML"),
    ],
)
def test_the_usual_causes_are_named(text: str, hint: str) -> None:
    with pytest.raises(json5.Json5Error, match=hint):
        json5.parse(text)
