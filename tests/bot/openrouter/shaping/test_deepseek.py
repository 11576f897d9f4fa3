"""Replaying DeepSeek V4's thinking."""

from __future__ import annotations

from typing import Any

import pytest

from bot.openrouter.shaping.pipeline import shaped
from bot.openrouter.shaping.shape import Shape
from tests.bot.openrouter.bodies import CALL

SLUG = "deepseek/deepseek-v4-pro"
TURNS: list[dict[str, Any]] = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "plain"},
    {"role": "assistant", "content": "kept", "reasoning_content": "thought"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "1"},
]


def made(level: str = "", slug: str = SLUG, **fields: Any) -> dict[str, Any]:
    return shaped({"messages": TURNS, **fields}, Shape(slug, thinking=level))


@pytest.mark.parametrize(
    ("level", "effort"),
    [
        ("", "high"),
        ("minimal", "minimal"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "xhigh"),
        ("max", "xhigh"),
        ("adaptive", "medium"),
    ],
)
@pytest.mark.parametrize("slug", [SLUG, "deepseek/deepseek-v4-flash", f"{SLUG}:free"])
def test_an_effort_is_always_named_and_never_contradicted(level: str, effort: str, slug: str) -> None:
    sent = made(level, slug)

    assert sent["reasoning_effort"] == effort
    assert sent.get("reasoning", {"effort": effort}) == {"effort": effort}


def test_a_configured_reasoning_effort_agrees_in_the_end() -> None:
    sent = made("low", reasoning={"effort": "high", "exclude": True})

    assert (sent["reasoning_effort"], sent["reasoning"]) == ("low", {"effort": "low", "exclude": True})


def test_missing_thoughts_are_filled_except_beside_calls() -> None:
    assert [message.get("reasoning_content") for message in made()["messages"]] == [None, "", "thought", None, None]


def test_off_takes_all_thinking_out() -> None:
    sent = made("off", reasoning={"exclude": True})

    assert sent["thinking"] == {"type": "disabled"}
    assert not {"reasoning", "reasoning_effort"} & set(sent)
    assert not any("reasoning_content" in message for message in sent["messages"])


@pytest.mark.parametrize(
    "shape",
    [Shape(SLUG, verified=False), Shape("deepseek/deepseek-r1"), Shape("other/deepseek-v4-pro")],
)
def test_other_routes_keep_their_turns(shape: Shape) -> None:
    sent = shaped({"messages": TURNS}, shape)

    assert sent == {"messages": TURNS}
