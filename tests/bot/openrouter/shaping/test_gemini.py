"""Thought signatures on Gemini routes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.openrouter.shaping.gemini import is_signature, sanitise_signatures
from bot.openrouter.shaping.shape import Shape


@pytest.mark.parametrize("value", ["YWJj", "YWJjZA==", "YWJjZA", "-_-_", " YW\nJj ", "+/+/"])
def test_base64_in_either_alphabet_is_a_signature(value: str) -> None:
    assert is_signature(value)


@pytest.mark.parametrize(
    "value", ["", "   ", "====", "a", "YWJj!", "YWJjZB==", "msg_1.2", "+/-_", None, 5, ["YWJj"], {}]
)
def test_anything_else_is_none(value: object) -> None:
    assert not is_signature(value)


def blocks(signature: Any) -> dict[str, Any]:
    return {
        "messages": [
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "a", "thought_signature": signature},
                    {"type": "thinking", "thinking": "b", "thoughtSignature": signature},
                ],
                "tool_calls": [{"id": "c", "function": {"name": "f"}, "extra": {"thought_signature": signature}}],
            },
            {"role": "user", "content": "thought_signature"},
        ]
    }


def test_a_broken_signature_goes_and_its_block_stays() -> None:
    sent = sanitise_signatures(blocks("not base64"), Shape("google/Gemini-3-pro"))

    assert sent["messages"] == [
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "b"}],
            "tool_calls": [{"id": "c", "function": {"name": "f"}, "extra": {}}],
        },
        {"role": "user", "content": "thought_signature"},
    ]


def test_a_whole_signature_and_the_order_of_turns_stay() -> None:
    body = blocks("YWJj")

    assert sanitise_signatures(body, Shape("google/gemini-3-pro")) == body


def test_other_models_keep_their_signatures() -> None:
    body = blocks("not base64")

    assert sanitise_signatures(body, Shape("anthropic/claude")) == body
