"""JSON encoding and decoding, as it goes out and comes in: strict, and beside the event loop where it is large."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from bot.core.errors import BadAnswer, BadRequest

_LARGE_BYTES = 64 * 1024


async def read_object(data: bytes, label: str) -> dict[str, Any]:
    """`data` as a JSON object. Raises `BadAnswer`."""
    try:
        parsed = _json(data) if len(data) < _LARGE_BYTES else await asyncio.to_thread(_json, data)
    except (ValueError, RecursionError) as error:
        hint = "a web page instead of JSON; the base URL may be wrong" if data.lstrip()[:1] == b"<" else "not JSON"
        raise BadAnswer(f"{label}: the answer is {hint}") from error
    if not isinstance(parsed, dict):
        raise BadAnswer(f"{label}: the answer is not a JSON object")
    return parsed


async def written(body: Mapping[str, Any], label: str) -> bytes:
    """`body` as UTF-8. Raises `BadRequest`."""
    return _written(body, label) if _is_light(body) else await asyncio.to_thread(_written, body, label)


def _is_light(body: Mapping[str, Any]) -> bool:
    """Whether this is a conversation in words, written in less time than another thread takes to begin."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return False
    words = [message.get("content") or "" for message in messages]
    return all(isinstance(text, str) for text in words) and sum(map(len, words)) < _LARGE_BYTES


def _json(data: bytes) -> object:
    return json.loads(data, parse_constant=_no_constant)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _written(body: Mapping[str, Any], label: str) -> bytes:
    try:
        # Half a surrogate pair cannot be sent as UTF-8: it becomes a question mark, the request still works.
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest(f"{label}: the request cannot be written as JSON: {error}") from error
