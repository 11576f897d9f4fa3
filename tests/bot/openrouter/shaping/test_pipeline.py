"""Sampling, tools, what only OpenAI understands, provider routing, and the operator's extra fields."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bot.core.errors import BadRequest
from bot.openrouter.shaping.pipeline import apply_sampling, route_to_providers, settle_tools, shaped
from bot.openrouter.shaping.shape import Shape
from tests.bot.openrouter.bodies import BODIES, SLUGS

PLAIN: dict[str, Any] = {"model": "v/m", "messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def made(params: dict[str, Any], slug: str = "v/m", *, verified: bool = True, **body: Any) -> dict[str, Any]:
    return shaped({**PLAIN, **body}, Shape(slug, verified=verified, params=params))


def test_sampling_goes_out_only_when_configured_under_either_spelling() -> None:
    params = {"temperature": 0, "topP": 0.9, "frequency_penalty": 1, "presencePenalty": -1, "seed": 7, "stop": "x"}

    assert made({}) == PLAIN
    assert made({**params, "response_format": {"type": "json_object"}}) == {
        **PLAIN,
        "temperature": 0,
        "top_p": 0.9,
        "frequency_penalty": 1,
        "presence_penalty": -1,
        "seed": 7,
        "stop": "x",
        "response_format": {"type": "json_object"},
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "0.5", None, [1]])
def test_a_sampling_value_that_is_no_finite_number_is_left_out(value: Any) -> None:
    assert apply_sampling(PLAIN, Shape("v/m", params={"temperature": value})) == PLAIN


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_carry_is_refused_by_its_place(number: float) -> None:
    with pytest.raises(BadRequest, match=r"plugins\[0\]\.depth"):
        made({"extraBody": {"plugins": [{"depth": number}]}})


def test_tools_lose_strict_and_get_a_choice() -> None:
    strict = {"type": "function", "function": {**TOOL["function"], "strict": True}}  # type: ignore[dict-item]

    assert made({}, tools=[strict]) == {**PLAIN, "tools": [TOOL], "tool_choice": "auto"}
    assert made({"tool_choice": "none", "parallel_tool_calls": False}, tools=[TOOL]) == {
        **PLAIN,
        "tools": [TOOL],
        "tool_choice": "none",
        "parallel_tool_calls": False,
    }


def test_without_tools_there_is_no_choice() -> None:
    body = {**PLAIN, "tools": [], "tool_choice": "auto", "parallel_tool_calls": True}

    assert settle_tools(body, Shape("v/m", params={"tool_choice": "required"})) == PLAIN
    assert settle_tools({**body, "tools": [TOOL]}, Shape("v/m", tools=False)) == PLAIN


def test_fusion_is_never_forced_to_use_one_of_our_tools() -> None:
    assert made({"tool_choice": "required"}, "openrouter/fusion", tools=[TOOL])["tool_choice"] == "auto"
    assert made({"tool_choice": "required"}, tools=[TOOL])["tool_choice"] == "required"


@pytest.mark.parametrize("slug", SLUGS)
def test_what_only_openai_understands_never_leaves(slug: str) -> None:
    sent = shaped(BODIES[1], Shape(slug))

    assert not {"service_tier", "store", "stream_options", "prompt_cache_key"} & set(sent)
    assert all(message["role"] != "developer" for message in sent["messages"])
    assert "strict" not in sent["tools"][0]["function"]
    assert ("reasoning_effort" in sent) == (slug == "deepseek/deepseek-v4-pro")


def test_params_that_are_no_request_fields_stay_out_of_the_body() -> None:
    params = {"responseCache": True, "serviceTier": "flex", "cacheRetention": "long", "thinking": "low", "store": True}

    assert made(params) == PLAIN


ROUTING = {"sort": "latency", "maxPrice": {"prompt": "1"}, "order": ["b", "a"], "__proto__": {}}


def test_routing_is_forwarded_as_written() -> None:
    assert made({"provider": ROUTING})["provider"] == {
        "sort": "latency",
        "maxPrice": {"prompt": "1"},
        "order": ["b", "a"],
    }


def test_routing_stays_off_proxies_and_yields_to_the_body() -> None:
    assert made({"provider": ROUTING}, verified=False) == PLAIN
    body = {**PLAIN, "provider": {"zdr": True}}
    assert route_to_providers(body, Shape("v/m", params={"provider": ROUTING})) == body


def test_extra_body_replaces_routing_whole() -> None:
    params = {"provider": {"sort": "price"}, "extraBody": {"provider": {"only": ["x"]}}}

    assert made(params)["provider"] == {"only": ["x"]}


def test_extra_body_wins_over_everything_but_store() -> None:
    extra = {"model": "a/b", "messages": [], "service_tier": "flex", "store": True, "constructor": 1, "top_k": 2}

    assert made({"extraBody": extra, "temperature": 1}) == {
        "model": "a/b",
        "messages": [],
        "service_tier": "flex",
        "top_k": 2,
        "temperature": 1,
    }


def test_of_two_spellings_of_extra_body_the_one_with_the_underscore_wins_whole() -> None:
    assert made({"extraBody": {"a": 1}, "extra_body": {"b": 2}}) == {**PLAIN, "b": 2}


@pytest.mark.parametrize("value", [[], "x", 1, None])
def test_extra_body_that_is_no_object_is_ignored(value: Any) -> None:
    assert made({"extraBody": value}) == PLAIN


def test_the_log_names_the_fields_that_extra_body_overrides_and_not_their_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made({"extraBody": {"model": "a/secret", "user": "me"}})

    [record] = caplog.records
    assert (record.message, record.__dict__["fields"]) == ("extra_body.overrides", "model")
    assert "secret" not in str(record.__dict__)
