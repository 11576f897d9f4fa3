"""The conversation on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.chat import Assistant, Call, System, ToolResult, ToolSpec, User
from bot.core.errors import BadRequest
from bot.core.messages import Blob
from bot.openrouter.chat.messages import estimated_tokens, load_pictures, wire_messages, wire_tool
from tests.fakes.shelf import JPEG, PNG, Shelf

GONE = Blob("0" * 64, "image/png", 9)


def wire(*messages: Any, slug: str = "v/m", **options: Any) -> list[dict[str, Any]]:
    return wire_messages(messages, {}, slug=slug, **options)


def test_the_system_prompt_is_one_message() -> None:
    assert wire(System("Stable.", "Now.")) == [{"role": "system", "content": "Stable.\n\nNow."}]
    assert wire(System("Stable.")) == [{"role": "system", "content": "Stable."}]
    assert wire(System("", " ")) == []


def test_for_anthropic_what_changes_is_a_block_of_its_own() -> None:
    [message] = wire(System("Stable.", "Now."), slug="anthropic/claude")

    assert message == {
        "role": "system",
        "content": [{"type": "text", "text": "Stable."}, {"type": "text", "text": "Now."}],
    }


async def test_pictures_are_read_once_each_and_missing_ones_are_left_out() -> None:
    shelf = Shelf()
    blob, other = shelf.keep(PNG, "image/png"), shelf.keep(JPEG, "image/jpeg")

    album = await load_pictures([User("a", (blob, GONE)), ToolResult("c", "b", (blob, other))], shelf)

    assert {sha: url.partition(",")[0] for sha, url in album.items()} == {
        blob.sha256: "data:image/png;base64",
        other.sha256: "data:image/jpeg;base64",
    }


def test_a_picture_that_is_gone_leaves_a_note() -> None:
    [message] = wire(User("", (GONE,)))

    assert message["content"] == [{"type": "text", "text": "[a picture was sent; it is no longer here]"}]


def test_an_answer_of_nothing_is_left_out() -> None:
    assert wire(User("a"), Assistant(""), User("b")) == [
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
    ]


REASONING = json.dumps({"reasoning": "r", "reasoning_content": "c", "reasoning_details": [{"type": "t"}], "other": 1})


def test_thinking_is_replayed_as_it_came() -> None:
    assert wire(Assistant("a", reasoning=REASONING)) == [
        {
            "role": "assistant",
            "content": "a",
            "reasoning": "r",
            "reasoning_content": "c",
            "reasoning_details": [{"type": "t"}],
        }
    ]


@pytest.mark.parametrize("slug", ["anthropic/claude-sonnet-4.6", "x-ai/grok-4"])
def test_some_vendors_get_no_thinking_replayed(slug: str) -> None:
    assert wire(Assistant("a", reasoning=REASONING), slug=slug) == [{"role": "assistant", "content": "a"}]


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ({"reasoning_details": "text"}, {"reasoning": "text"}),
        ({"reasoning_text": "text"}, {"reasoning": "text"}),
        ({"reasoning": "", "reasoning_content": "", "reasoning_details": []}, {}),
        ([], {}),
    ],
)
def test_odd_thinking_is_settled(kept: object, sent: dict[str, Any]) -> None:
    [message] = wire(Assistant("a", reasoning=json.dumps(kept)))

    assert message == {"role": "assistant", "content": "a", **sent}


def test_thinking_that_is_no_json_is_dropped() -> None:
    assert wire(Assistant("a", reasoning="{")) == [{"role": "assistant", "content": "a"}]


@pytest.mark.parametrize("slug", ["mistralai/mistral-large", "codestral-2508", "mistral/x"])
def test_mistral_gets_ids_of_nine_letters_and_digits_that_still_match(slug: str) -> None:
    call = Assistant("", (Call("call_abc-123", "f", "{}"), Call("abcdef123", "f", "{}")))

    assistant, result, _ = wire(call, ToolResult("call_abc-123", "x"), ToolResult("abcdef123", "y"), slug=slug)

    first, second = (item["id"] for item in assistant["tool_calls"])
    assert (len(first), first.isalnum(), second) == (9, True, "abcdef123")
    assert result["tool_call_id"] == first


def test_other_vendors_get_ids_as_they_are() -> None:
    call, result = wire(Assistant("", (Call("call_abc-123", "f", "{}"),)), ToolResult("call_abc-123", "x"))

    assert (call["tool_calls"][0]["id"], result["tool_call_id"]) == ("call_abc-123", "call_abc-123")


@pytest.mark.parametrize("parameters", ["[]", "{", '"x"'])
def test_a_tool_whose_parameters_are_no_object_is_named(parameters: str) -> None:
    with pytest.raises(BadRequest, match="'weather'"):
        wire_tool(ToolSpec("weather", "", parameters))


def test_a_token_is_four_characters_and_a_picture_eight_thousand() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:" + "x" * 99_999}}
    content = [{"type": "text", "text": "x" * 80}, picture]

    text_only = estimated_tokens({"messages": [{"content": "x" * 80}]})

    assert text_only == 25
    assert estimated_tokens({"messages": [{"content": content}]}) == pytest.approx(2_526, abs=2)
    assert estimated_tokens({"messages": [], "tools": [{"name": "x" * 100}]}) > 25
