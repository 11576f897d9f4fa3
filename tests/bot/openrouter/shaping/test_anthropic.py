"""Prefill and cache markers for Anthropic models."""

from __future__ import annotations

from typing import Any

import pytest

from bot.openrouter.shaping.anthropic import drop_prefill, mark_caches
from bot.openrouter.shaping.shape import Shape
from tests.bot.openrouter.bodies import CALL

SLUG = "anthropic/claude-sonnet-4.6"
USER = {"role": "user", "content": "Hi"}
PREFILL = {"role": "assistant", "content": "Well,"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
USING = {"role": "assistant", "content": [{"type": "tool_use", "id": "x"}]}


def left(messages: list[dict[str, Any]], shape: Shape | None = None, **fields: Any) -> list[dict[str, Any]]:
    body = {"messages": messages, **(fields if fields else {"reasoning": {"effort": "low"}})}
    found: list[dict[str, Any]] = drop_prefill(body, shape or Shape(SLUG))["messages"]
    return found


def test_trailing_answers_go_when_reasoning_is_on() -> None:
    assert left([USER, PREFILL, PREFILL]) == [USER]
    assert left([USER, PREFILL], reasoning_effort="low") == [USER]


def test_answers_elsewhere_and_turns_that_call_tools_stay() -> None:
    assert left([USER, PREFILL, USER]) == [USER, PREFILL, USER]
    assert left([USER, CALLING]) == [USER, CALLING]
    assert left([USER, USING]) == [USER, USING]
    assert left([USER, {**PREFILL, "tool_calls": []}]) == [USER]


@pytest.mark.parametrize(
    "reasoning", [None, False, "", "off", " NONE ", {"enabled": False}, {"effort": "none"}, {"effort": "off"}]
)
def test_without_reasoning_a_prefill_stays(reasoning: object) -> None:
    assert left([USER, PREFILL], reasoning=reasoning) == [USER, PREFILL]


@pytest.mark.parametrize("shape", [Shape(SLUG, verified=False), Shape("openai/gpt-5"), Shape("x/anthropic")])
def test_other_routes_keep_their_prefill(shape: Shape) -> None:
    assert left([USER, PREFILL], shape) == [USER, PREFILL]


def test_a_conversation_never_becomes_empty() -> None:
    assert left([PREFILL, PREFILL]) == [PREFILL]


def test_dropping_is_logged_with_its_count(caplog: pytest.LogCaptureFixture) -> None:
    left([USER, PREFILL, PREFILL])

    assert [(record.message, record.__dict__["count"]) for record in caplog.records] == [("prefill.dropped", 2)]


MARK = {"type": "ephemeral"}


def marked(message: dict[str, Any], **params: Any) -> Any:
    return mark_caches({"messages": [message]}, Shape(SLUG, params=params))["messages"][0]["content"]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_system_prompt_becomes_a_marked_block(role: str) -> None:
    assert marked({"role": role, "content": "Be kind."}) == [
        {"type": "text", "text": "Be kind.", "cache_control": MARK}
    ]


def test_of_blocks_the_last_is_marked_and_the_stable_one_before_it() -> None:
    stable, changing = {"type": "text", "text": "stable"}, {"type": "text", "text": "now"}

    assert marked({"role": "system", "content": [changing]}) == [{**changing, "cache_control": MARK}]
    assert marked({"role": "system", "content": [stable, changing]}) == [
        {**stable, "cache_control": MARK},
        {**changing, "cache_control": MARK},
    ]


@pytest.mark.parametrize("kind", ["thinking", "redacted_thinking"])
def test_thinking_never_carries_a_marker(kind: str) -> None:
    thought = {"type": kind, "cache_control": MARK}
    text = {"type": "text", "text": "a"}

    assert marked({"role": "system", "content": [text, {"type": kind}]}) == [text, {"type": kind}]
    assert marked({"role": "assistant", "content": [thought, {**text, "cache_control": MARK}]}) == [
        {"type": kind},
        {**text, "cache_control": MARK},
    ]


@pytest.mark.parametrize(
    ("retention", "mark"),
    [("long", {"type": "ephemeral", "ttl": "1h"}), ("short", MARK), (None, MARK)],
)
def test_retention_sets_how_long_a_mark_lasts(retention: str | None, mark: dict[str, str]) -> None:
    assert marked({"role": "system", "content": "x"}, cacheRetention=retention)[0]["cache_control"] == mark


def test_retention_none_sets_no_marks_and_still_cleans_thinking() -> None:
    thought = {"role": "assistant", "content": [{"type": "thinking", "cache_control": MARK}]}

    assert marked({"role": "system", "content": "x"}, cacheRetention="none") == "x"
    assert marked(thought, cacheRetention="none") == [{"type": "thinking"}]


def test_empty_text_is_not_marked_and_four_marks_are_the_limit() -> None:
    assert marked({"role": "system", "content": ""}) == ""
    body = {"messages": [{"role": "system", "content": str(number)} for number in range(6)]}

    contents = [message["content"] for message in mark_caches(body, Shape(SLUG))["messages"]]

    assert [isinstance(content, list) for content in contents] == [True] * 4 + [False] * 2


@pytest.mark.parametrize("message", [USER, {"role": "tool", "content": "x"}, PREFILL])
def test_other_messages_are_not_marked(message: dict[str, Any]) -> None:
    assert marked(message) == message["content"]
