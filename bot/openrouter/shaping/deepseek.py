"""DeepSeek reasoning replay, what V4 needs to follow up on its own thinking."""

from __future__ import annotations

from typing import Any

from bot.openrouter.refs import is_deepseek_v4
from bot.openrouter.shaping.shape import Body, Shape, with_messages, without
from bot.openrouter.shaping.thinking_levels import effort_of


def replay_deepseek(body: Body, shape: Shape) -> Body:
    """An effort (high unless chosen, xhigh at most), and `reasoning_content` on every replayed answer.

    Answers that call tools keep what they have: an invented empty thought would replace a missing one there.
    Level off disables thinking and takes all of it out. Verified routes only.
    Source: OpenRouter docs, reasoning tokens; DeepSeek docs, thinking mode.
    """
    if not (shape.verified and is_deepseek_v4(shape.slug)):
        return body
    messages = body.get("messages") or []
    if shape.thinking == "off":
        kept = without(body, "reasoning", "reasoning_effort")
        return with_messages({**kept, "thinking": {"type": "disabled"}}, [_unthought(item) for item in messages])
    effort = effort_of(shape.thinking) or "high"
    shaped = with_messages({**body, "reasoning_effort": effort}, [_filled(item) for item in messages])
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and "effort" in reasoning:
        shaped["reasoning"] = {**reasoning, "effort": effort}
    return shaped


def _filled(message: Any) -> Any:
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return message
    if message.get("tool_calls") or "reasoning_content" in message:
        return message
    return {**message, "reasoning_content": ""}


def _unthought(message: Any) -> Any:
    return without(message, "reasoning_content") if isinstance(message, dict) else message
