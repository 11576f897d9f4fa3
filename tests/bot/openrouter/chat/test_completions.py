"""A question to a chat model, and its answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.core.chat import Assistant, Call, FinishReason, System, TextDelta, ToolResult, User
from bot.core.errors import ModelMissing
from bot.openrouter.chat.completions import ChatSettings
from bot.openrouter.params import ParamLayers
from tests.bot.openrouter.dialogue import (
    CHAT,
    DONE,
    KEY,
    USAGE,
    WEATHER,
    answers,
    chunk,
    dialogue,
    event,
    model_row,
    told,
)
from tests.bot.openrouter.recording_server import RecordingServer, says, streams
from tests.fakes.shelf import PNG


async def test_an_answer_streams_and_ends_with_one_finished(server: RecordingServer) -> None:
    server.on(CHAT, streams(event(chunk({"content": "Hel"})), *told("lo")))
    async with dialogue(server) as talk:
        finished = await talk.ask(User("Hi"))

        assert talk.events[:2] == [TextDelta("Hel"), TextDelta("lo")]
        assert finished.assistant == Assistant("Hello")
        assert (finished.reason, finished.model) == (FinishReason.STOP, "vendor/model")
        assert talk.bodies == [
            {
                "model": "vendor/model",
                "messages": [{"role": "user", "content": "Hi"}],
                "stream": True,
                "max_completion_tokens": 4_000,
            }
        ]


async def test_a_verified_request_carries_key_attribution_and_categories(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    async with dialogue(server, custom=(("X-OpenRouter-Title", "Mine"), ("X-Trace", "7"))) as talk:
        await talk.ask()

        headers = talk.asked[0].headers
        assert headers["Authorization"] == f"Bearer {KEY}"
        assert headers["HTTP-Referer"] == "https://openclaw.ai"
        assert headers["X-OpenRouter-Title"] == "OpenClaw"
        assert headers["X-OpenRouter-Categories"].startswith("cli-agent,cloud-agent,")
        assert headers["X-Trace"] == "7"


async def test_a_proxy_gets_the_key_but_no_attribution_no_routing_and_no_cache_headers(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    params = ParamLayers(provider={"provider": {"sort": "price"}, "responseCache": True})
    async with dialogue(server, ChatSettings(params), verified=False, custom=(("x-openrouter-title", "Mine"),)) as talk:
        await talk.ask()

        [seen] = talk.asked
        assert seen.headers["Authorization"] == f"Bearer {KEY}"
        assert seen.headers["X-OpenRouter-Title"] == "Mine"
        assert not {"HTTP-Referer", "X-OpenRouter-Categories", "X-OpenRouter-Cache"} & set(seen.headers)
        assert "provider" not in seen.json


async def test_tools_are_offered_called_and_answered(server: RecordingServer) -> None:
    calls = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"ci'}},
        {"index": 0, "function": {"arguments": None}},
        {"index": 0, "function": {"arguments": 'ty":"Bonn"}'}},
    ]
    server.on(CHAT, streams(*(event(chunk({"tool_calls": [call]})) for call in calls), *told("", finish="tool_calls")))
    async with dialogue(server) as talk:
        finished = await talk.ask(User("Weather?"), tools=(WEATHER,))
        assert finished.assistant.calls == (Call("call_1", "weather", '{"city":"Bonn"}'),)
        assert finished.reason is FinishReason.TOOLS

        server.on(CHAT, answers("Sunny."))
        await talk.ask(User("Weather?"), finished.assistant, ToolResult("call_1", "21 °C"), tools=(WEATHER,))

        body = talk.bodies[-1]
        assert body["tool_choice"] == "auto"
        assert body["tools"][0]["function"]["name"] == "weather"
        assert "strict" not in body["tools"][0]["function"]
        assert body["messages"][1:] == [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Bonn"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "21 °C"},
        ]


async def test_a_model_known_to_take_no_tools_is_offered_none(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    async with dialogue(server, models=[model_row("vendor/model", supported_parameters=[])]) as talk:
        await talk.ask(tools=(WEATHER,))

        assert not {"tools", "tool_choice"} & set(talk.bodies[0])


async def test_pictures_go_as_data_urls_and_those_of_tools_follow_as_a_user_message(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    async with dialogue(server) as talk:
        blob = talk.shelf.keep(PNG, "image/png")
        call = Assistant("", (Call("c1", "draw", "{}"), Call("c2", "draw", "{}")))
        await talk.ask(
            User("Look", (blob,)), call, ToolResult("c1", "one", (blob,)), ToolResult("c2", "two"), User("And?")
        )

        user, _, *results, pictures, last = talk.bodies[0]["messages"]
        assert user["content"][0] == {"type": "text", "text": "Look"}
        assert user["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
        assert [message["role"] for message in results] == ["tool", "tool"]
        assert pictures["role"] == "user"
        assert pictures["content"][1] == user["content"][1]
        assert last["content"] == "And?"


async def test_a_model_known_not_to_see_gets_a_note_in_place_of_the_picture(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    row = model_row("vendor/model", architecture={"modality": "text->text"})
    async with dialogue(server, models=[row]) as talk:
        await talk.ask(User("Look", (talk.shelf.keep(PNG, "image/png"),)))

        assert talk.bodies[0]["messages"][0]["content"].startswith("Look\n[1 picture(s)")


async def test_the_billed_cost_of_the_last_chunk_counts(server: RecordingServer) -> None:
    details = {"cached_tokens": 4, "cache_write_tokens": 1}
    usage = {**USAGE, "prompt_tokens_details": details, "completion_tokens_details": {"reasoning_tokens": 2}}
    server.on(CHAT, answers(usage=usage))
    async with dialogue(server) as talk:
        found = (await talk.ask()).usage

        assert (found.input_tokens, found.cache_read_tokens, found.cache_write_tokens) == (5, 4, 1)
        assert (found.output_tokens, found.reasoning_tokens) == (5, 2)
        assert (found.cost_microusd, found.billed, found.generation_id) == (1250, True, "gen-1")
        assert not server.asked("GET /generation?id=gen-1")


async def test_a_missing_cost_is_looked_up(server: RecordingServer) -> None:
    server.on(CHAT, answers(usage={"prompt_tokens": 10, "completion_tokens": 5}))
    server.on("GET /generation", says({"data": {"total_cost": 0.5}}))
    async with dialogue(server) as talk:
        found = (await talk.ask()).usage

        assert (found.cost_microusd, found.billed) == (500_000, True)
        [lookup] = server.asked("GET /generation?id=gen-1")
        assert lookup.headers["HTTP-Referer"] == "https://openclaw.ai"
        assert "X-OpenRouter-Categories" not in lookup.headers


@pytest.mark.parametrize("bill", [{"data": {"total_cost": -1}}, {"data": None}, {"error": {"message": "later"}}])
async def test_a_cost_nobody_names_is_estimated_from_the_prices(server: RecordingServer, bill: dict[str, Any]) -> None:
    server.on(CHAT, answers(usage={"prompt_tokens": 10, "completion_tokens": 5}))
    server.on("GET /generation", says(bill))
    async with dialogue(server) as talk:
        found = (await talk.ask()).usage

        assert (found.cost_microusd, found.billed) == (20, False)


async def test_a_proxy_is_never_asked_for_the_bill(server: RecordingServer) -> None:
    server.on(CHAT, answers(usage={"prompt_tokens": 10, "completion_tokens": 5}))
    async with dialogue(server, verified=False) as talk:
        await talk.ask()

        assert not server.asked("GET /generation?id=gen-1")


async def test_pictures_that_a_chat_model_draws_come_with_the_answer(server: RecordingServer) -> None:
    url = "data:image/png;base64,iVBORw0KGgoAAAAA"
    images = [{"type": "image_url", "image_url": {"url": url}}, {"type": "image_url", "image_url": {"url": "x"}}]
    server.on(CHAT, streams(event(chunk({"images": images})), event(chunk({}, "stop")), DONE))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert [(picture.mime, picture.data[:4]) for picture in finished.pictures] == [("image/png", b"\x89PNG")]


async def test_a_json_body_answers_a_streaming_request(server: RecordingServer) -> None:
    body = {"id": "g", "model": "m", "choices": [{"message": {"content": "Whole"}, "finish_reason": "stop"}]}
    server.on(CHAT, says({**body, "usage": USAGE}))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "Whole"
        assert finished.usage.cost_microusd == 1250


async def test_thinking_is_never_shown_and_kept_for_replay(server: RecordingServer) -> None:
    detail = {"type": "reasoning.text", "text": "Hmm ", "index": 0, "format": "unknown"}
    server.on(
        CHAT,
        streams(
            event(chunk({"reasoning": "Hmm ", "reasoning_details": [detail]})),
            event(chunk({"reasoning": "yes", "reasoning_details": [{**detail, "text": "yes", "signature": "sig"}]})),
            event(chunk({"content": "<thi"})),
            event(chunk({"content": "nk>secret</think>\nSu"})),
            *told("re."),
        ),
    )
    async with dialogue(server) as talk:
        finished = await talk.ask()
        assert (talk.shown, finished.assistant.text) == ("Sure.", "Sure.")

        await talk.ask(User("a"), finished.assistant, User("b"))

        replayed = talk.bodies[-1]["messages"][1]
        assert replayed["reasoning_details"] == [{**detail, "text": "Hmm yes", "signature": "sig"}]


async def test_params_of_the_model_shape_the_request(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    layers = ParamLayers(
        provider={"provider": {"sort": "latency"}, "temperature": 0.1},
        models={
            "openrouter/vendor/model": {"temperature": 0.7, "provider": {"order": ["x"]}, "responseCache": True},
            "openrouter/other/model": {"temperature": 2},
        },
    )
    async with dialogue(server, ChatSettings(layers, thinking="high")) as talk:
        await talk.ask()

        [seen] = talk.asked
        assert seen.json["temperature"] == 0.7
        assert seen.json["provider"] == {"sort": "latency", "order": ["x"]}
        assert seen.json["reasoning"] == {"effort": "high"}
        assert seen.headers["X-OpenRouter-Cache"] == "true"
        assert "responseCache" not in seen.json


async def test_the_level_of_the_question_beats_that_of_the_params_and_the_default(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    layers = ParamLayers(defaults={"thinking": "medium"})
    async with dialogue(server, ChatSettings(layers, thinking="high")) as talk:
        await talk.ask(thinking="low")
        await talk.ask()
        await talk.ask(thinking="off")

        assert [body.get("reasoning") for body in talk.bodies] == [{"effort": "low"}, {"effort": "medium"}, None]


async def test_one_shot_fusion_goes_out_without_system_prompt_and_note(server: RecordingServer) -> None:
    server.on(CHAT, answers("FUSION_OK"))
    plugin = {"id": "fusion", "analysis_models": ["a/b", "c/d"], "model": "a/b"}
    layers = ParamLayers(models={"openrouter/openrouter/fusion": {"extraBody": {"plugins": [plugin]}}})
    async with dialogue(server, ChatSettings(layers)) as talk:
        lean = await talk.ask(User("Reply with exactly: FUSION_OK"), model="openrouter/openrouter/fusion")
        await talk.ask(System("You are."), User("Hi"), model="openrouter/openrouter/fusion", tools=(WEATHER,))

        assert lean.assistant.text == "FUSION_OK"
        assert talk.bodies[0]["messages"] == [{"role": "user", "content": "Reply with exactly: FUSION_OK"}]
        assert talk.bodies[0]["model"] == "openrouter/fusion"
        assert talk.bodies[0]["plugins"] == [plugin]
        noted = talk.bodies[1]["messages"][0]["content"]
        assert noted.startswith("You are.")
        assert "a/b, c/d" in noted
        assert talk.bodies[1]["tool_choice"] == "auto"


@pytest.mark.parametrize("wanted, sent", [(None, 4_000), (100, 100), (9_999_999, 4_000), (0, 1)])
async def test_the_longest_answer_is_always_said(server: RecordingServer, wanted: int | None, sent: int) -> None:
    server.on(CHAT, answers())
    async with dialogue(server) as talk:
        await talk.ask(max_tokens=wanted)

        assert talk.bodies[0]["max_completion_tokens"] == sent


async def test_behind_a_proxy_the_answer_leaves_room_for_the_prompt(server: RecordingServer) -> None:
    server.on(CHAT, answers())
    row = model_row("vendor/model", top_provider={"context_length": 1_000, "max_completion_tokens": 1_000})
    async with dialogue(server, verified=False, models=[row]) as talk:
        await talk.ask(User("x" * 396))
        await talk.ask(User("x" * 9_000))

        # 396 letters and "user" are 400 characters: 125 tokens with a quarter to be safe, and one more.
        assert [body["max_completion_tokens"] for body in talk.bodies] == [874, 1]


async def test_a_text_that_is_no_reference_is_a_missing_model(server: RecordingServer) -> None:
    async with dialogue(server) as talk:
        with pytest.raises(ModelMissing, match="'nonsense' is not a model reference"):
            await talk.ask(model="nonsense")


async def test_the_next_question_goes_out_on_the_same_connection(server: RecordingServer) -> None:
    ports = []

    async def reply(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"".join(told()))
        await asyncio.sleep(0.005)  # the end of the body comes in a packet of its own
        return response

    server.on(CHAT, reply)
    async with dialogue(server) as talk:
        await talk.ask()
        await talk.ask()

    assert len(set(ports)) == 1
