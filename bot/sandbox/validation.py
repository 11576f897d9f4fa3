"""What OpenRouter refuses in a chat request, checked before anything is answered."""

from __future__ import annotations

import json
import re

from bot.sandbox.catalog import outputs
from bot.sandbox.wire import Json, Rejected

ROLES = ("system", "developer", "user", "assistant", "tool")
EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
SIZES = ("1K", "2K", "4K")


def check_chat(body: Json, row: Json) -> None:
    """Raises `Rejected` with what is wrong with the request."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Rejected(400, 'Input required: specify "prompt" or "messages"')
    for index, message in enumerate(messages):
        _check_message(index, message)
    _check_tools(body, row, messages)
    effort = _check_reasoning(body)
    if effort and row["id"].startswith("anthropic/") and _is_prefill(messages[-1]):
        raise _by_anthropic("messages: Expected the final message to be from the user when thinking is enabled")
    _check_outputs(body, row)
    _check_numbers(body)


def _check_message(index: int, message: object) -> None:
    where = f"messages.{index}"
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise Rejected(400, f"{where}.role: expected one of {', '.join(ROLES)}")
    content = message.get("content")
    if message["role"] == "tool":
        if not isinstance(message.get("tool_call_id"), str):
            raise Rejected(400, f"{where}.tool_call_id: required")
        if not isinstance(content, str | list):
            raise Rejected(400, f"{where}.content: required for a tool result")
    if content is None and message["role"] == "assistant":
        return
    if isinstance(content, list):
        for part in content:
            _check_part(where, part)
    elif not isinstance(content, str):
        raise Rejected(400, f"{where}.content: expected text or a list of parts")
    for call in message.get("tool_calls") or ():
        if not isinstance(call.get("id"), str) or not isinstance(call.get("function", {}).get("arguments"), str):
            raise Rejected(400, f"{where}.tool_calls: each needs an id and arguments as text")


def _check_part(where: str, part: object) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part, dict) and isinstance(part.get("text"), str):
        return
    if kind == "image_url" and isinstance(part, dict) and isinstance(part.get("image_url"), dict):
        url = part["image_url"].get("url", "")
        if url.startswith(("https://", "http://")) or re.match(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+=*$", url):
            return
        raise Rejected(400, f"{where}.content: image_url is neither a link nor a base64 data URL")
    if kind in ("input_audio", "file", "video_url"):
        return
    raise Rejected(400, f"{where}.content: unknown part of type {kind!r}")


def _check_tools(body: Json, row: Json, messages: list[Json]) -> None:
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    call_ids = {call["id"] for call in calls}
    if row["id"].startswith("anthropic/"):
        _check_calls(calls)
    for message in messages:
        if message["role"] == "tool" and message["tool_call_id"] not in call_ids:
            raise Rejected(400, f"tool result {message['tool_call_id']!r} answers no tool call")
    tools = body.get("tools")
    if tools is None:
        if "tool_choice" in body and body["tool_choice"] != "none":
            raise Rejected(400, "tool_choice is only allowed when tools are specified")
        return
    if not isinstance(tools, list) or not tools:
        raise Rejected(400, "tools: expected a list with at least one tool")
    if "tools" not in row["supported_parameters"]:
        raise Rejected(404, "No endpoints found that support tool use.")
    for tool in tools:
        function = tool.get("function", {}) if isinstance(tool, dict) else {}
        if not TOOL_NAME.fullmatch(str(function.get("name", ""))):
            raise Rejected(400, f"tools: {function.get('name')!r} is not a function name")
        if function.get("parameters", {"type": "object"}).get("type") != "object":
            raise Rejected(400, f"tools: the parameters of {function['name']} are not an object schema")


def _check_calls(calls: list[Json]) -> None:
    """What Anthropic refuses about calls of earlier answers, its own or another model's. Source: Anthropic API."""
    for call in calls:
        if not CALL_ID.fullmatch(call["id"]):
            raise _by_anthropic("tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            raise _by_anthropic("tool_use.input: Input should be a valid dictionary")
    if len({call["id"] for call in calls}) < len(calls):
        raise _by_anthropic("tool_use ids must be unique")


def _by_anthropic(words: str) -> Rejected:
    return Rejected(400, "Provider returned error", metadata={"provider_name": "Anthropic", "raw": words})


def _check_reasoning(body: Json) -> str:
    """The effort asked for, "" when thinking is off."""
    reasoning, flat = body.get("reasoning"), body.get("reasoning_effort")
    if reasoning is not None and not isinstance(reasoning, dict):
        raise Rejected(400, "reasoning: expected an object")
    nested = (reasoning or {}).get("effort")
    if nested and (reasoning or {}).get("max_tokens"):
        raise Rejected(400, 'Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')
    if nested and flat and nested != flat:
        raise Rejected(400, f'"reasoning.effort" ({nested}) and "reasoning_effort" ({flat}) must agree')
    effort = nested or flat
    if effort and effort not in EFFORTS:
        raise Rejected(400, f"reasoning effort {effort!r} is not one of {', '.join(EFFORTS)}")
    if effort == "none" or (reasoning or {}).get("enabled") is False:
        return ""
    return str(effort or ("budget" if reasoning else ""))


def _is_prefill(message: Json) -> bool:
    return message["role"] == "assistant" and not message.get("tool_calls")


def _check_outputs(body: Json, row: Json) -> None:
    """Source: OpenRouter docs, image generation: every wanted modality must be among the model's."""
    wanted = body.get("modalities") or ["text"]
    able = outputs(row)
    if not isinstance(wanted, list) or not set(wanted) <= set(able):
        raise Rejected(404, f"No endpoints found that support the requested output modalities: {', '.join(wanted)}")
    if "audio" in wanted and (not body.get("stream") or not isinstance(body.get("audio"), dict)):
        raise Rejected(400, "Audio output requires stream: true and an audio object")
    if "audio" in wanted and body["audio"].get("format", "wav") not in ("wav", "mp3", "pcm16", "flac", "opus"):
        raise Rejected(400, f"audio.format: {body['audio']['format']!r} is not supported")
    image = body.get("image_config") or {}
    if image.get("aspect_ratio", "1:1") not in RATIOS:
        raise Rejected(400, f"image_config.aspect_ratio: {image['aspect_ratio']!r} is not one of {', '.join(RATIOS)}")
    if image.get("image_size", "1K") not in SIZES:
        raise Rejected(400, f"image_config.image_size: {image['image_size']!r} is not one of {', '.join(SIZES)}")


def _check_numbers(body: Json) -> None:
    bounds = {
        "max_tokens": (1, 1e9),
        "max_completion_tokens": (1, 1e9),
        "temperature": (0, 2),
        "top_p": (0, 1),
        "n": (1, 10),
    }
    for name, (least, most) in bounds.items():
        value = body.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise Rejected(400, f"{name}: {json.dumps(value)} is out of range")
    provider = body.get("provider")
    if provider is not None and not isinstance(provider, dict):
        raise Rejected(400, "provider: expected an object")
