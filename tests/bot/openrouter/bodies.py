"""Request bodies and circumstances to try every shaping step on."""

from __future__ import annotations

from typing import Any

from bot.openrouter.shaping.shape import Shape

SLUGS = (
    "openrouter/auto",
    "openrouter/fusion",
    "openrouter/hunter-alpha",
    "anthropic/claude-sonnet-4.6",
    "deepseek/deepseek-v4-pro",
    "deepseek/deepseek-r1",
    "google/gemini-3-pro",
    "x-ai/grok-4",
    "mistralai/mistral-large",
    "openai/gpt-5",
)

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

BODIES: tuple[dict[str, Any], ...] = (
    {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    {
        "model": "m",
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": [{"type": "text", "text": "Hi", "thought_signature": "not base64!"}]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "x", "cache_control": {}, "thoughtSignature": "YWJj"}],
                "tool_calls": [CALL],
            },
            {"role": "tool", "tool_call_id": "c", "content": "1"},
            {"role": "assistant", "content": "Well,"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}],
        "reasoning": {"exclude": True},
        "reasoning_effort": "low",
        "service_tier": "flex",
        "store": True,
        "stream_options": {"include_usage": True},
        "prompt_cache_key": "k",
        "max_completion_tokens": 7,
    },
    {"model": "m", "messages": [{"role": "system", "content": ""}], "reasoning": "yes", "provider": {"zdr": True}},
)

PARAMS: tuple[dict[str, Any], ...] = (
    {},
    {
        "temperature": 0.5,
        "stop": ["x"],
        "responseFormat": {"type": "json_object"},
        "provider": {"sort": "price"},
        "cacheRetention": "long",
        "parallel_tool_calls": False,
        "extraBody": {
            "store": True,
            "plugins": [{"id": "fusion", "analysis_models": ["a/b"], "model": "c/d", "secret": "hidden"}],
            "top_k": 3,
        },
    },
)

SHAPES = tuple(
    Shape(slug, verified=verified, params=params, thinking=thinking)
    for slug in SLUGS
    for verified in (True, False)
    for params in PARAMS
    for thinking in ("", "off", "high", "max")
)
