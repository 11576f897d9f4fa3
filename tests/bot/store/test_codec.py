"""Every value of the vocabulary survives being stored; nothing else can be."""

from __future__ import annotations

import enum
import json
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chat import Assistant, Call, User
from bot.core.jobs import Job
from bot.core.messages import Blob, Inbound, Media, Part, Session, Text
from bot.core.steps import Step
from bot.store.codec import TYPES, decode, decode_message, decode_part, decode_result, encode
from tests.fakes.rows import answered, inbound, job

_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(), max_size=20),  # lone surrogates and NUL among them
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value a field of this type can hold."""
    if hint in _LEAVES:
        return _LEAVES[hint]
    if get_origin(hint) is tuple:
        return st.lists(st.deferred(lambda: values_of(get_args(hint)[0])), max_size=2).map(tuple)
    if get_origin(hint) is not None or type(hint).__name__ == "UnionType":
        return st.one_of(*(st.none() if option is type(None) else values_of(option) for option in get_args(hint)))
    if issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values_of(hints[field.name]) for field in fields(hint)})


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_every_type_of_the_vocabulary_survives(kind: type) -> None:
    @given(values_of(kind))
    def survives(value: object) -> None:
        text = encode(value)
        assert text.isascii()
        assert decode(text, kind) == value

    survives()


def test_a_stored_value_names_its_version_and_its_types() -> None:
    stored = json.loads(encode(Assistant("hi", (Call("1", "draw", "{}"),))))

    assert stored["v"] == 1
    assert (stored["$"], stored["calls"][0]["$"]) == ("Assistant", "Call")


def test_what_a_later_program_added_is_ignored() -> None:
    stored = json.loads(encode(inbound("1"))) | {"mood": "sunny"}
    stored["sender"]["pronoun"] = "she"

    assert decode(json.dumps(stored), Inbound) == inbound("1")


def test_what_an_earlier_program_did_not_know_takes_its_default() -> None:
    for kind in (Session, Job, Text):
        stored = json.loads(encode(Session() if kind is Session else job("a") if kind is Job else Text("hi")))
        bare = {
            name: held
            for name, held in stored.items()
            if name in ("$", "v") or any(field.name == name and field.default is MISSING for field in fields(kind))
        }
        assert decode(json.dumps(bare), kind) is not None

    assert decode('{"v":1,"$":"Text","text":"hi"}', Text) == Text("hi")


def test_only_the_vocabulary_can_be_stored() -> None:
    @dataclass(frozen=True)
    class Stranger:
        name: str

    for stranger in (Stranger("x"), Path("/"), "text", 5, None, object()):
        with pytest.raises(TypeError, match="cannot be stored"):
            encode(stranger)


def test_a_namesake_of_a_known_type_cannot_be_stored() -> None:
    impostor: Any = dataclass(type("Text", (), {"__annotations__": {"text": str}}))

    with pytest.raises(TypeError, match="cannot be stored"):
        encode(impostor("hi"))


@pytest.mark.parametrize(
    "text",
    ['{"v":2,"$":"Text","text":"hi"}', '{"$":"Text","text":"hi"}', '{"v":1,"$":"Path","text":"hi"}', "[]", "{", '"x"'],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text, Text)


def test_a_value_of_another_kind_is_refused() -> None:
    call = encode(Call("1", "draw", "{}"))

    with pytest.raises(ValueError, match="holds a Call, not a Blob"):
        decode(call, Blob)
    for read in (decode_part, decode_message, decode_result):
        with pytest.raises(ValueError, match="holds a Call"):
            read(call)


def test_each_union_is_read_back_as_its_own_member() -> None:
    parts: tuple[Part, ...] = (
        Text("hi"),
        *(Media(kind, Blob("a", "b", 1), "n") for kind in get_type_hints(Media)["kind"]),
    )

    assert tuple(decode_part(encode(part)) for part in parts) == parts
    assert decode_message(encode(User("hi"))) == User("hi")
    assert decode_result(encode(answered("hi"))) == answered("hi")


def test_a_step_with_a_result_survives_whole() -> None:
    step = Step("model:0", answered("hi"))

    assert decode(encode(step), Step) == step
