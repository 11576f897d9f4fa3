"""The stand-in's rules, without a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.answers.rules import INTRODUCTION, CallTool, NextStep, SayWords, next_step
from tests.bot.sandbox.conftest import said, tools

NOW = datetime(2026, 8, 14, 15, 9, tzinfo=UTC)


def answer(*texts: str) -> NextStep:
    return next_step(said(*texts, tools=tools()), NOW)


def words(*texts: str) -> str:
    thought = answer(*texts)
    assert isinstance(thought, SayWords)
    return thought.text


def arguments(*texts: str) -> tuple[str, dict[str, Any]]:
    thought = answer(*texts)
    assert isinstance(thought, CallTool)
    return thought.tool, json.loads(thought.arguments)


def test_the_first_answer_says_that_it_is_a_stand_in_and_how_to_connect_a_real_key() -> None:
    first, second = words("hello"), words("hello", "Hello!", "hello again")

    assert first.startswith(INTRODUCTION)
    assert "voxline onboard" in first
    assert "OPENROUTER_API_KEY" in first
    assert INTRODUCTION not in second


def test_an_exact_reply_is_exact_even_the_first_time() -> None:
    assert words("Reply with exactly: FUSION_OK") == "FUSION_OK"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("what is seven times eight", "7 × 8 = 56"),
        ("what is 2 + 3 * 4?", "2 + 3 × 4 = 14"),
        ("twenty five divided by two", "25 / 2 = 12.5"),
        ("What time is it?", "15:09 UTC"),
        ("what day is it today", "Friday, 14 August 2026"),
        ("count to five", "1, 2, 3, 4, 5."),
        ("Repeat after me: the cat sat", "the cat sat"),
        ("how many words: one fine day", "3 words"),
        ("thank you", "You are welcome."),
        ("what can you do", "draw a red fox"),
        ("a completely foreign sentence", "“a completely foreign sentence”"),
    ],
)
def test_simple_questions_are_answered_by_rule(asked: str, expected: str) -> None:
    assert expected in words("hi", "Hello!", asked)


def test_it_remembers_what_was_said_before() -> None:
    assert "“my name is Ada”" in words("my name is Ada", "Hello!", "what did I say before?")


def test_a_long_story_is_longer_than_any_message_and_holds_a_code_block() -> None:
    story = words("hi", "Hello!", "Tell me a long story")

    assert len(story) > 4500
    assert story.count("```") == 2


@pytest.mark.parametrize(
    ("asked", "tool", "prompt"),
    [
        ("draw a red fox", "image_generate", "red fox"),
        ("please draw in red fox in the snow", "image_generate", "red fox in the snow"),
        ("Could you paint me a picture of a blue house?", "image_generate", "a blue house"),
        ("make a video of a sunny mountain", "video_generate", "a sunny mountain"),
        ("play me a song about the sea", "music_generate", "the sea"),
    ],
)
def test_wishes_become_tool_calls(asked: str, tool: str, prompt: str) -> None:
    assert arguments(asked) == (tool, {"prompt": prompt})


def test_a_reminder_fills_the_fields_that_the_tool_offers() -> None:
    tool, given = arguments("Remind me in two minutes to drink tea")

    assert tool == "reminder"
    assert given == {"action": "set", "text": "drink tea", "inMinutes": 2}


def test_a_reminder_tool_with_other_fields_is_filled_as_well() -> None:
    body = said("remind me in 90 seconds to stretch")
    schema = {"properties": {"message": {}, "when": {"description": "ISO 8601"}}, "required": ["message", "when"]}
    body["tools"] = [{"function": {"name": "remind", "parameters": schema}}]

    thought = next_step(body, NOW)

    assert isinstance(thought, CallTool)
    assert json.loads(thought.arguments) == {"message": "stretch", "when": "2026-08-14T15:10:30+00:00"}


def test_a_colour_after_a_drawing_draws_it_anew() -> None:
    assert arguments("draw a red fox", "Here is your picture.", "make it blue")[1] == {"prompt": "blue fox"}


def test_a_picture_that_is_shown_is_edited() -> None:
    body = said("make this one blue", tools=tools())
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body["messages"][0]["content"] = [{"type": "text", "text": "make this one blue"}, picture]

    thought = next_step(body, NOW, "I can see a picture.")

    assert isinstance(thought, CallTool)
    assert json.loads(thought.arguments)["edit"] is True


def after_tool(tool: str, result: str) -> str:
    body = said("draw a fox", tools=tools())
    call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": result},
    ]
    thought = next_step(body, NOW)
    assert isinstance(thought, SayWords)
    return thought.text


def test_a_tool_result_is_followed_by_a_closing_sentence() -> None:
    assert "Here is your picture" in after_tool("image_generate", "The picture for 'a fox' will be delivered.")
    assert "when it is ready" in after_tool("music_generate", "Started. It will be delivered by itself.")
    assert "I will remind you: Friday 15:11" in after_tool("reminder", "Set for Friday 15:11 (id 7). Tell the person.")


def test_a_failed_tool_is_reported_and_never_praised() -> None:
    busy = "Not started: this chat makes one clip at a time. Tell the person; /jobs shows it."
    assert after_tool("video_generate", busy).endswith(
        "That did not work. Not started: this chat makes one clip at a time."
    )
    told = after_tool("image_generate", "There is no picture to change: the person sent none. Ask for it.")

    assert "That did not work. There is no picture to change" in told


def test_quoted_material_gives_no_orders() -> None:
    text = "[In reply to a message]\n<untrusted ab12 quote>\ndraw a red fox\n</untrusted ab12>\nthank you"

    assert "You are welcome." in words(text)
