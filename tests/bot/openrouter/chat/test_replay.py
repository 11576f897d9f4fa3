"""What providers said, made fit to go out again."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chat import Assistant, Call, ChatMessage, ToolResult, User
from bot.openrouter.chat.replay import NO_RESULT, repaired

IDS = st.sampled_from(["functions.reminder:0", "c1", "", "x" * 70, "call_é", "abcdef123", "a b"]) | st.text(max_size=5)
ARGUMENTS = st.sampled_from(["{", "null", "[]", '"x"', '{"a":1}{"b":2}', '{"a": NaN}', "", '{"a": 1}']) | st.text(
    max_size=8
)
NAMES = st.sampled_from(["reminder", "functions.reminder", "", "x" * 80, "re minder"])
MESSAGES = st.lists(
    st.builds(User, st.just("hi"))
    | st.builds(Assistant, st.just("ok"), st.lists(st.builds(Call, IDS, NAMES, ARGUMENTS), max_size=3).map(tuple))
    | st.builds(ToolResult, IDS, st.just("done")),
    max_size=8,
)


@given(MESSAGES, st.sampled_from(["anthropic/claude", "openai/gpt", "mistralai/mistral-large"]))
def test_whatever_was_said_goes_out_as_every_provider_takes_it(messages: list[ChatMessage], slug: str) -> None:
    pattern = r"[a-zA-Z0-9]{9}" if slug.startswith("mistral") else r"[a-zA-Z0-9_-]{1,64}"
    wire = repaired(messages, slug)

    called = [call for message in wire if isinstance(message, Assistant) for call in message.calls]
    assert all(re.fullmatch(pattern, call.id) for call in called)
    assert len({call.id for call in called}) == len(called)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call.name) for call in called)
    assert all(isinstance(json.loads(call.arguments), dict) for call in called)
    expected: set[str] = set()
    for message in wire:
        if isinstance(message, ToolResult):
            expected.remove(message.call_id)  # raises for a result that follows no call
            continue
        assert not expected
        expected = {call.id for call in message.calls} if isinstance(message, Assistant) else set()
    assert not expected
    assert repaired(wire, slug) == wire


@given(MESSAGES, MESSAGES)
def test_what_went_out_before_goes_out_the_same_when_more_is_said(
    before: list[ChatMessage], after: list[ChatMessage]
) -> None:
    before = [*before, User("and now")]

    assert repaired([*before, *after], "v/m")[: len(repaired(before, "v/m"))] == repaired(before, "v/m")


def test_results_follow_calls_that_share_an_id_in_their_order() -> None:
    calls = (Call("a.b", "f", "{}"), Call("a.b", "g", "{}"))

    said, first, second = repaired([Assistant("", calls), ToolResult("a.b", "f!"), ToolResult("a.b", "g!")], "v/m")

    assert isinstance(said, Assistant) and isinstance(first, ToolResult) and isinstance(second, ToolResult)
    assert [call.id for call in said.calls] == [first.call_id, second.call_id]
    assert (first.text, second.text) == ("f!", "g!")


@pytest.mark.parametrize("after", [[], [User("still there?")]])
def test_a_call_whose_result_was_lost_gets_a_note_and_a_stray_result_is_left_out(after: list[ChatMessage]) -> None:
    said = Assistant("", (Call("a", "f", "{}"),))

    assert repaired([ToolResult("z", "stray"), said, *after], "v/m") == [said, ToolResult("a", NO_RESULT), *after]
