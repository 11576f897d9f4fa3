"""Request repair after a refusal: what can be changed so that it is worth asking once more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.core.errors import BadRequest, ContextTooLong, ModelMissing, OutOfCredit, ProviderError
from bot.openrouter.chat.messages import estimated_tokens
from bot.openrouter.shaping.shape import Body, without

Remedy = Callable[[Body, ProviderError, int], Body | None]

AFFORDABLE_SHARE = 0.9
TOKENS_AT_LEAST = 16
_LIMITS = ("max_completion_tokens", "max_tokens")
# Routing and plugins are the operator's decisions on privacy and price: a refusal never takes them out.
_NEEDED = frozenset({"model", "messages", "stream", "provider", "plugins", "max_tokens"})
_UNSUPPORTED = re.compile(
    r"(?i)unsupported|not (?:be )?(?:supported|allowed|permitted)|unknown|unrecogni[sz]ed|unexpected|extra"
    r"|does ?n[o']t support|invalid|not available"
)
_NO_PICTURES = re.compile(
    r"(?i)(image|vision|picture|multimodal)[^.]{0,40}(support|input|allow)|support[^.]{0,20}image"
)
UNSEEN = "[a picture was sent; this model cannot see pictures]"


def afford_less(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """A little below what the account can still pay for, when the refusal names an amount.

    Source: OpenRouter docs, errors; the credit check counts the longest possible answer."""
    tokens = error.affordable_tokens if isinstance(error, OutOfCredit) else None
    return _limited(body, int(tokens * AFFORDABLE_SHARE)) if tokens else None


def leave_room(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """A shorter answer, when prompt and longest answer together pass the context."""
    if not isinstance(error, ContextTooLong) or error.status == 413:
        return None
    return _limited(body, context_tokens - estimated_tokens(body) - 1)


def drop_named_field(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """The request without the optional field that a 400 names as unsupported; the token limit is renamed instead."""
    text = str(error)
    if not isinstance(error, BadRequest) or not _UNSUPPORTED.search(text):
        return None
    named = [
        field for field in body if field not in _NEEDED and re.search(rf"(?<![\w.]){re.escape(field)}(?!\w)", text)
    ]
    if not named:
        return None
    field = max(named, key=len)
    rest = without(body, field, *(("tool_choice", "parallel_tool_calls") if field == "tools" else ()))
    return {**rest, "max_tokens": body[field]} if field == "max_completion_tokens" else rest


def describe_pictures(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """Notes in place of pictures, when no route takes pictures."""
    if not isinstance(error, ModelMissing | BadRequest) or not _NO_PICTURES.search(str(error)):
        return None
    messages = [_described(message) for message in body["messages"]]
    return None if messages == body["messages"] else {**body, "messages": messages}


REMEDIES: tuple[Remedy, ...] = (afford_less, leave_room, describe_pictures, drop_named_field)


def _limited(body: Body, tokens: int) -> Body | None:
    """The body with a lower token limit; None when that would not be lower, or too low for any answer."""
    name = next((name for name in _LIMITS if isinstance(body.get(name), int)), _LIMITS[0])
    now = body.get(name)
    if tokens < TOKENS_AT_LEAST or (isinstance(now, int) and tokens >= now):
        return None
    return {**body, name: tokens}


def _described(message: Any) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        return message
    return {
        **message,
        "content": [
            {"type": "text", "text": UNSEEN} if isinstance(part, dict) and part.get("type") == "image_url" else part
            for part in content
        ],
    }
