"""The official SDK's opinion on what we send."""

from __future__ import annotations

import json

import pytest
from openrouter.components import ChatRequest

from bot.core.chat import Assistant, Call, System, ToolResult, User
from bot.openrouter.chat.completions import ChatSettings
from bot.openrouter.params import ParamLayers
from tests.bot.openrouter.bodies import SLUGS
from tests.bot.openrouter.dialogue import CHAT, WEATHER, answers, dialogue
from tests.bot.openrouter.recording_server import RecordingServer
from tests.bot.openrouter.sdk import assert_sdk_takes
from tests.fakes.shelf import PNG

THOUGHT = json.dumps({"reasoning_details": [{"type": "reasoning.text", "text": "Hmm", "index": 0}]})

PARAMS = ParamLayers(
    provider={"provider": {"sort": "latency", "max_price": {"prompt": "1"}, "quantizations": ["fp8"], "zdr": True}},
    defaults={
        "temperature": 0.5,
        "topP": 0.9,
        "seed": 7,
        "stop": ["END"],
        "response_format": {"type": "json_object"},
        "parallel_tool_calls": True,
        "extraBody": {"plugins": [{"id": "fusion", "analysis_models": ["a/b"], "model": "c/d"}], "top_k": 5},
    },
)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("thinking", ["", "off", "max"])
async def test_the_sdk_knows_every_field_of_a_full_request(server: RecordingServer, slug: str, thinking: str) -> None:
    server.on(CHAT, answers())
    async with dialogue(server, ChatSettings(PARAMS)) as talk:
        blob = talk.shelf.keep(PNG, "image/png")
        await talk.ask(
            System("You are.", "Now."),
            User("Look", (blob,)),
            Assistant("Well.", reasoning=THOUGHT),
            User("Draw"),
            Assistant("", (Call("call_1", "weather", "{}"),), THOUGHT),
            ToolResult("call_1", "done", (blob,)),
            model=f"openrouter/{slug}",
            tools=(WEATHER,),
            thinking=thinking,
        )

        # DeepSeek itself takes `thinking`; the SDK does not list it, and nothing else switches V4's thinking off.
        beyond = {"thinking"} if thinking == "off" and slug == "deepseek/deepseek-v4-pro" else set()
        assert_sdk_takes(ChatRequest, talk.bodies[0], beyond=frozenset(beyond))
