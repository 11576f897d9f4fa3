"""Answers put together from chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.chat import Call, FinishReason, ReasoningDelta, TextDelta
from bot.core.errors import BadAnswer, Moderated, ProviderBusy, ProviderError
from bot.openrouter.chat.answer import AnswerBuilder
from tests.bot.openrouter.dialogue import chunk

CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def built(*deltas: dict[str, Any], finish: str = "stop") -> AnswerBuilder:
    answer = AnswerBuilder("chat")
    for delta in deltas:
        answer.feed(chunk(delta))
    answer.feed(chunk({}, finish))
    answer.finish()
    return answer


@pytest.mark.parametrize(
    ("finish", "calls", "text", "reason", "kept"),
    [
        ("stop", False, "x", FinishReason.STOP, 0),
        ("end", False, "x", FinishReason.STOP, 0),
        ("length", False, "x", FinishReason.LENGTH, 0),
        ("length", True, "x", FinishReason.LENGTH, 0),
        ("tool_calls", True, "x", FinishReason.TOOLS, 1),
        ("function_call", True, "", FinishReason.TOOLS, 1),
        ("tool_call", True, "", FinishReason.TOOLS, 1),
        ("tool_calls", False, "x", FinishReason.STOP, 0),
        ("stop", True, "", FinishReason.TOOLS, 1),
        ("stop", True, "x", FinishReason.TOOLS, 1),
        ("STOP", False, "x", FinishReason.STOP, 0),
        ("end_turn", True, "x", FinishReason.TOOLS, 1),
        ("eos", False, "x", FinishReason.STOP, 0),
        ("completed", True, "", FinishReason.TOOLS, 1),
        ("max_tokens", True, "x", FinishReason.LENGTH, 0),
        ("model_length", False, "x", FinishReason.LENGTH, 0),
        ("unheard_of", False, "x", FinishReason.STOP, 0),
        ("unheard_of", True, "", FinishReason.TOOLS, 1),
    ],
)
def test_a_finish_reason_means_one_thing(finish: str, calls: bool, text: str, reason: FinishReason, kept: int) -> None:
    answer = built({"content": text}, {"tool_calls": [CALL]} if calls else {}, finish=finish)

    assert answer.reason() is reason
    assert len(answer.assistant().calls) == kept


@pytest.mark.parametrize(
    ("finish", "kind"),
    [("content_filter", Moderated), ("SAFETY", Moderated), ("error", ProviderBusy), ("unheard_of", BadAnswer)],
)
def test_other_finish_reasons_are_errors_that_name_them(finish: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind, match=finish):
        built({"content": "" if kind is BadAnswer else "x"}, finish=finish).assistant()


def test_scraps_of_a_call_that_the_model_could_not_write_are_no_answer() -> None:
    answer = AnswerBuilder("chat")
    answer.feed(chunk({"content": 'print(default_api.reminder(action="'}))
    answer.feed(
        {"choices": [{"delta": {}, "finish_reason": "stop", "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}
    )

    assert answer.assistant().text == ""


CUT = {**CALL, "function": {"name": "f", "arguments": '{"x":'}}


@pytest.mark.parametrize(
    ("delta", "ended", "complete"),
    [
        ({"content": "x"}, False, False),
        ({"content": "x"}, True, True),
        ({"tool_calls": [CALL]}, True, True),
        ({"tool_calls": [CUT]}, True, False),
        ({"content": " "}, True, False),
    ],
)
def test_without_a_reason_an_answer_is_whole_when_its_stream_ended_in_good_order(
    delta: dict[str, Any], ended: bool, complete: bool
) -> None:
    answer = AnswerBuilder("chat")
    answer.feed(chunk(delta))
    if ended:
        answer.ended()

    assert answer.complete is complete


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        ({"content": "a"}, "a"),
        ({"content": None, "refusal": "I cannot."}, "I cannot."),
        ({"content": [{"type": "text", "text": "a"}, {"type": "image"}, "x", {"type": "text", "text": "b"}]}, "ab"),
        ({"reasoning_details": [{"type": "response.output_text", "text": "seen"}]}, "seen"),
        ({"reasoning_details": [{"type": "response.text", "text": "seen"}]}, "seen"),
        ({"content": 5, "refusal": [], "tool_calls": None, "images": None}, ""),
    ],
)
def test_visible_text_comes_in_several_forms(delta: dict[str, Any], text: str) -> None:
    assert built(delta).assistant().text == text


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content", "reasoning_text"])
def test_thinking_text_comes_under_three_names(name: str) -> None:
    assert AnswerBuilder("chat").feed(chunk({name: "Hmm"})) == [ReasoningDelta("Hmm")]


def test_thinking_that_comes_twice_is_counted_once() -> None:
    details = [{"type": "reasoning.text", "text": "Hmm"}, {"type": "reasoning.summary", "summary": "."}]

    assert AnswerBuilder("chat").feed(chunk({"reasoning": "Hmm.", "reasoning_details": details})) == [
        ReasoningDelta("Hmm.")
    ]


def replay(*deltas: dict[str, Any]) -> dict[str, Any]:
    found = built({"content": "x"}, *deltas).assistant().reasoning
    return json.loads(found) if found else {}


def test_pieces_of_thinking_are_joined_for_replay_and_secrets_of_the_provider_kept_whole() -> None:
    text = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
    sealed = {"type": "reasoning.encrypted", "data": "QUJD", "id": "c1", "index": 1}

    assert replay(
        {"reasoning_details": [{**text, "text": "He"}]},
        {"reasoning_details": [{**text, "text": "llo", "signature": "s"}, sealed]},
        {"reasoning_details": [{**sealed, "data": "REVG", "id": "c2"}, {**text, "text": "again"}]},
    ) == {
        "reasoning_details": [
            {**text, "text": "Hello", "signature": "s"},
            sealed,
            {**sealed, "data": "REVG", "id": "c2"},
            {**text, "text": "again"},
        ]
    }


def test_thoughts_with_different_numbers_stay_apart() -> None:
    first = {"type": "reasoning.text", "text": "a", "index": 0}
    second = {"type": "reasoning.text", "text": "b", "index": 1}

    assert replay({"reasoning_details": [first, second]}) == {"reasoning_details": [first, second]}


def test_plain_thinking_is_kept_under_the_name_it_came_with() -> None:
    assert replay({"reasoning": "a"}, {"reasoning": "b"}) == {"reasoning": "ab"}
    assert replay({"reasoning_content": "a"}) == {"reasoning_content": "a"}
    assert replay({"reasoning_text": "a"}) == {"reasoning": "a"}
    assert replay({"reasoning_details": "a"}) == {"reasoning": "a"}
    assert replay({"reasoning": "", "reasoning_details": []}) == {}


def test_thinking_beyond_all_measure_is_not_kept() -> None:
    assert replay({"reasoning": "x" * 2_000_000}) == {}


def test_calls_are_told_apart_by_index_or_id_and_joined() -> None:
    answer = built(
        {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"name": None, "arguments": ":1}"}}, {"index": 1, "function": None}]},
        {"tool_calls": [{"id": "d", "function": {"name": "h", "arguments": {"y": 2}}}, "junk", None]},
        finish="tool_calls",
    )

    assert answer.assistant().calls == (Call("b", "g", "{}"), Call("a", "f", '{"x":1}'), Call("d", "h", '{"y": 2}'))


def test_a_call_without_id_gets_one_and_a_call_without_name_is_none() -> None:
    answer = built({"tool_calls": [{"index": 0, "function": {"name": "f"}}, {"index": 1, "id": "x"}]})

    assert answer.assistant().calls == (Call("call_gen-1_0", "f", "{}"),)


def test_arguments_and_text_after_a_call_have_a_largest_size() -> None:
    def grow(delta: dict[str, Any]) -> None:
        answer = AnswerBuilder("chat")
        answer.feed(chunk({"tool_calls": [CALL]}))
        for _ in range(3):
            answer.feed(chunk(delta))

    with pytest.raises(BadAnswer, match="arguments of the tool calls are larger than 256000 bytes"):
        grow({"tool_calls": [{"index": 0, "function": {"arguments": "x" * 100_000}}]})
    with pytest.raises(BadAnswer, match="256000 bytes of text after a tool call"):
        grow({"content": "é" * 50_000})


def test_an_error_object_in_a_chunk_or_its_choice_is_raised() -> None:
    failed = {"error": {"code": 429, "message": "slow down"}}

    with pytest.raises(ProviderBusy, match="slow down"):
        AnswerBuilder("chat").feed({**chunk(), **failed})
    with pytest.raises(ProviderBusy, match="slow down"):
        AnswerBuilder("chat").feed({"choices": [{"delta": {}, **failed}]})


def test_white_space_around_an_answer_is_not_part_of_it() -> None:
    answer = AnswerBuilder("chat")

    assert answer.feed(chunk({"content": "\n\n"})) == []
    assert answer.feed(chunk({"content": " a"})) == [TextDelta("a")]
    answer.feed(chunk({"content": " b\n"}, "stop"))
    assert answer.assistant().text == "a b"


def test_an_answer_that_only_closes_a_thought_is_kept() -> None:
    assert built({"content": "Yes.</think>"}).assistant().text == "Yes."
    assert built({"content": "Yes.</think></think>"}).assistant().text == "Yes."
    assert built({"content": "hmm</think>\n\nYes."}).assistant().text == "Yes."
