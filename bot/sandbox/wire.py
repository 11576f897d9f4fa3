"""What goes over the wire: refusals, token counts, prices, chat answers and their chunks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

Json = dict[str, Any]


class Rejected(Exception):
    """The request is not acceptable; answered in OpenRouter's error shape."""

    def __init__(self, status: int, message: str, *, metadata: Json | None = None, retry_after: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.metadata, self.retry_after = status, message, metadata, retry_after


def error_body(code: int, message: str, metadata: Json | None = None) -> Json:
    """The error object every route answers with. Source: OpenRouter docs, errors and debugging."""
    error: Json = {"code": code, "message": message}
    if metadata:
        error["metadata"] = metadata
    return {"error": error, "user_id": "user_sandbox"}


def generation_id() -> str:
    """A new id in the shape of OpenRouter's."""
    return f"gen-{uuid4().hex[:24]}"


def tokens(value: object) -> int:
    """About four characters a token; pictures and sound as data URLs count a flat 800 characters each."""
    return math.ceil(_weight(value) / 4)


def _weight(value: object) -> int:
    match value:
        case str():
            return 800 if value.startswith("data:") else len(value)
        case Mapping():
            return sum(_weight(item) for item in value.values())
        case list():
            return sum(_weight(item) for item in value)
        case _:
            return 1


@dataclass(frozen=True, slots=True)
class AnswerUsage:
    """What one answer used. `cost` is in US dollars."""

    prompt_tokens: int
    completion_tokens: int
    cost: float

    def as_json(self) -> Json:
        """The `usage` object of chat answers."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
            "cost": self.cost,
            "is_byok": False,
        }


def usage_of(row: Json, asked: object, answered: object, extra: float = 0.0) -> AnswerUsage:
    """Priced by the catalog row, plus `extra` dollars for media."""
    prompt, completion = tokens(asked), tokens(answered)
    prices = row["pricing"]
    cost = prompt * float(prices["prompt"]) + completion * float(prices["completion"]) + extra
    return AnswerUsage(prompt, completion, round(cost, 8))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all chunks of one answer share. `created` is in Unix seconds."""

    id: str
    created: int
    model: str

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        """One streamed event. Source: OpenRouter docs, streaming."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return self._wrap("chat.completion.chunk", [choice])

    def usage_chunk(self, finish: str, usage: AnswerUsage) -> Json:
        """The last event: an empty delta, the finish reason and the usage."""
        return self.chunk({"role": "assistant", "content": ""}, finish) | {"usage": usage.as_json()}

    def whole(self, messages: list[Json], finish: str, usage: AnswerUsage) -> Json:
        """The answer in one piece, one choice for each message."""
        choices = [
            {"index": index, "message": message, "finish_reason": finish, "logprobs": None}
            for index, message in enumerate(messages)
        ]
        return self._wrap("chat.completion", choices) | {"system_fingerprint": None, "usage": usage.as_json()}

    def _wrap(self, kind: str, choices: list[Json]) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "provider": "Sandbox",
            "choices": choices,
        }


def frame(event: Json) -> bytes:
    """The event as one server-sent event."""
    return b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": OPENROUTER PROCESSING\n\n"
