"""Request shaping pipeline: every quirk of the chat endpoint as one pure function, in the order in which they apply.

A step takes a body and the circumstances and returns a body. It changes nothing it was given, doing it twice is
doing it once, and on routes it does not name it returns what it got.
"""

from __future__ import annotations

import json
import math
from typing import Any

from bot.core.errors import BadRequest
from bot.openrouter.params import Params, first, number, record
from bot.openrouter.refs import is_fusion
from bot.openrouter.shaping.anthropic import drop_prefill, mark_caches
from bot.openrouter.shaping.deepseek import replay_deepseek
from bot.openrouter.shaping.extra_body import merge_extra_body
from bot.openrouter.shaping.fusion import note_fusion
from bot.openrouter.shaping.gemini import sanitise_signatures
from bot.openrouter.shaping.shape import Body, Shape, Step, with_messages, without
from bot.openrouter.shaping.thinking_levels import inject_reasoning

_NUMBERS = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "frequency_penalty": ("frequency_penalty", "frequencyPenalty"),
    "presence_penalty": ("presence_penalty", "presencePenalty"),
    "seed": ("seed",),
}
_OPENAI_ONLY = (
    "service_tier",
    "serviceTier",
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
    "stream_options",
    "verbosity",
    "text",
    "n",
)


def apply_sampling(body: Body, shape: Shape) -> Body:
    """The body with the configured sampling fields. A number that is not finite is left out.

    Source: OpenRouter docs, parameters.
    """
    params, added = shape.params, dict[str, Any]()
    for field, names in _NUMBERS.items():
        if (value := number(first(params, names))) is not None:
            added[field] = value
    if isinstance(stop := params.get("stop"), str | list) and stop:
        added["stop"] = stop
    if form := record(first(params, ("response_format", "responseFormat"))):
        added["response_format"] = form
    if reasoning := record(params.get("reasoning")):
        added["reasoning"] = reasoning
    return {**body, **{key: value for key, value in added.items() if key not in body}}


def settle_tools(body: Body, shape: Shape) -> Body:
    """Tools without `strict`, and a choice only beside tools; none at all for a model that is known to take none.

    Fusion never gets the choice "required": it could force one of our tools instead of the panel.
    Source: OpenRouter docs, tool calling and Fusion router.
    """
    tools = [_lenient(tool) for tool in body.get("tools") or []]
    rest = without(body, "tools", "tool_choice", "parallel_tool_calls")
    if not tools or not shape.tools:
        return rest
    choice = body.get("tool_choice") or first(shape.params, ("tool_choice", "toolChoice")) or "auto"
    parallel = first(shape.params, ("parallel_tool_calls", "parallelToolCalls"))
    shaped = {
        **rest,
        "tools": tools,
        "tool_choice": "auto" if choice == "required" and is_fusion(shape.slug) else choice,
    }
    return {**shaped, "parallel_tool_calls": parallel} if isinstance(parallel, bool) else shaped


def _lenient(tool: Any) -> Any:
    if not isinstance(tool, dict) or not isinstance(tool.get("function"), dict):
        return tool
    return {**tool, "function": without(tool["function"], "strict")}


def drop_openai_only(body: Body, shape: Shape) -> Body:
    """Without what only OpenAI's own API understands; the developer role becomes system.

    Source: OpenRouter docs, parameters.
    """
    messages = [
        {**message, "role": "system"} if isinstance(message, dict) and message.get("role") == "developer" else message
        for message in body.get("messages") or []
    ]
    return with_messages(without(body, *_OPENAI_ONLY), messages)


def route_to_providers(body: Body, shape: Shape) -> Body:
    """The configured `provider` object, field names as written, unless the body has one. Verified routes only.

    Source: OpenRouter docs, provider routing.
    """
    routing = record(shape.params.get("provider"))
    if not routing or not shape.verified or "provider" in body:
        return body
    return {**body, "provider": routing}


def drop_store(body: Body, shape: Shape) -> Body:
    """Without `store`, wherever it came from: OpenRouter keeps nothing. Source: OpenRouter docs, parameters."""
    return without(body, "store")


def require_finite(body: Body, shape: Shape) -> Body:
    """The body itself. Raises `BadRequest` naming the first number that JSON cannot carry."""
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        place = _first_infinite(body, "")
        raise BadRequest(
            f"{place} of the request for {shape.slug!r} is not a finite number. Correct it in the params"
        ) from None
    return body


def _first_infinite(value: Any, place: str) -> str:
    match value:
        case float() if not math.isfinite(value):
            return place
        case dict():
            places = (_first_infinite(item, f"{place}.{key}".lstrip(".")) for key, item in value.items())
        case list():
            places = (_first_infinite(item, f"{place}[{index}]") for index, item in enumerate(value))
        case _:
            return ""
    return next(filter(None, places), "")


PIPELINE: tuple[Step, ...] = (
    apply_sampling,
    settle_tools,
    drop_openai_only,
    route_to_providers,
    inject_reasoning,
    replay_deepseek,
    sanitise_signatures,
    drop_prefill,
    mark_caches,
    note_fusion,
    merge_extra_body,
    drop_store,
    require_finite,
)


def shaped(body: Body, shape: Shape) -> Body:
    """The body as OpenRouter wants it for this model and route."""
    for step in PIPELINE:
        body = step(body, shape)
    return body


def thinking_of(requested: str, params: Params, default: str) -> str:
    """The level that holds: what was asked for this time, else the model's params, else the default."""
    return next((level for level in (requested, str(params.get("thinking") or ""), default) if level), "")
