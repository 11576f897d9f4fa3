"""Anthropic prompt cache and prefill: no prefill beside reasoning, and markers that make prompt caches work."""

from __future__ import annotations

import logging
from typing import Any

from bot.openrouter.refs import is_anthropic
from bot.openrouter.shaping.shape import Body, Shape, with_messages

log = logging.getLogger(__name__)

MARKS_AT_MOST = 4
_THOUGHTS = ("thinking", "redacted_thinking")
_NO = ("", "off", "none")


def drop_prefill(body: Body, shape: Shape) -> Body:
    """Without trailing assistant turns when reasoning is on: Anthropic refuses a reasoning chat that ends on one.

    Turns that call tools stay. Decided before `extraBody` is merged. Verified routes only.
    Source: Anthropic docs, extended thinking and prefill.
    """
    if not (shape.verified and is_anthropic(shape.slug) and reasoning_is_on(body)):
        return body
    messages = list(body.get("messages") or [])
    kept = len(messages)
    while kept > 1 and _is_prefill(messages[kept - 1]):
        kept -= 1
    if kept < len(messages):
        log.warning("prefill.dropped", extra={"count": len(messages) - kept, "model": shape.slug})
    return with_messages(body, messages[:kept])


def reasoning_is_on(body: Body) -> bool:
    """Whether the body asks for reasoning. `{enabled: false}` and `{effort: "none"}` do not."""
    return _asks(body.get("reasoning")) or _asks(body.get("reasoning_effort"))


def _asks(value: Any) -> bool:
    match value:
        case None | False:
            return False
        case str():
            return value.strip().lower() not in _NO
        case dict():
            return value.get("enabled") is not False and str(value.get("effort")).strip().lower() not in ("off", "none")
    return True


def _is_prefill(message: Any) -> bool:
    if not isinstance(message, dict) or message.get("role") != "assistant" or message.get("tool_calls"):
        return False
    blocks = message.get("content")
    return not any(
        isinstance(block, dict) and block.get("type") in ("tool_use", "toolCall")
        for block in (blocks if isinstance(blocks, list) else ())
    )


def mark_caches(body: Body, shape: Shape) -> Body:
    """System prompts with a cache marker on their last block, and on the stable block before a changing one.

    `cacheRetention` "long" keeps them an hour, "none" sets no marks. Thinking blocks never carry one; empty text
    is refused by Anthropic and stays as it is; four marks are allowed. Verified routes only.
    Source: OpenRouter docs, prompt caching; Anthropic docs, prompt caching.
    """
    if not (shape.verified and is_anthropic(shape.slug)):
        return body
    mark = _mark(shape.params.get("cacheRetention"))
    free = MARKS_AT_MOST
    shaped = []
    for message in body.get("messages") or []:
        if isinstance(message, dict) and message.get("role") in ("system", "developer"):
            message, used = _marked(message, mark, free)
            free -= used
        elif isinstance(message, dict) and message.get("role") == "assistant":
            message = _bare_thoughts(message)
        shaped.append(message)
    return with_messages(body, shaped)


def _mark(retention: object) -> dict[str, str] | None:
    match retention:
        case "none":
            return None
        case "long":
            return {"type": "ephemeral", "ttl": "1h"}
    return {"type": "ephemeral"}


def _marked(message: Body, mark: dict[str, str] | None, free: int) -> tuple[Body, int]:
    content = message.get("content")
    if mark is None or free == 0 or not content:
        return message, 0
    if isinstance(content, str):
        return {**message, "content": [{"type": "text", "text": content, "cache_control": mark}]}, 1
    if not isinstance(content, list):
        return message, 0
    wanted = (content[-1:] + content[:1])[: min(free, len(content))]
    chosen = [block for block in wanted if _can_carry(block)] if _can_carry(content[-1]) else []
    return {
        **message,
        "content": [
            {**block, "cache_control": mark} if any(block is marked for marked in chosen) else block
            for block in content
        ],
    }, len(chosen)


def _can_carry(block: Any) -> bool:
    return (
        isinstance(block, dict)
        and block.get("type") not in _THOUGHTS
        and not (block.get("type") == "text" and not block.get("text"))
    )


def _bare_thoughts(message: Body) -> Body:
    if not isinstance(message.get("content"), list):
        return message
    return {
        **message,
        "content": [
            {key: value for key, value in block.items() if key != "cache_control"}
            if isinstance(block, dict) and block.get("type") in _THOUGHTS
            else block
            for block in message["content"]
        ],
    }
