"""Tool calls assembled from their streamed pieces."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.core.chat import Call
from bot.core.errors import BadAnswer

ARGUMENT_CAP_BYTES = 256_000


@dataclass(slots=True)
class _Pieces:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class CallBuffer:
    """Collects the pieces of an answer's calls, kept apart by index, else by id. True once a call has begun.

    Source: OpenRouter docs, tool calling.
    """

    def __init__(self) -> None:
        self._open: dict[object, _Pieces] = {}
        self._size = 0

    def __bool__(self) -> bool:
        return any(pieces.name for pieces in self._open.values())

    def take(self, deltas: object) -> None:
        """Adds what one chunk brought. Raises `BadAnswer` when the arguments of all calls pass 256,000 bytes."""
        for place, delta in enumerate(deltas if isinstance(deltas, list) else ()):
            if isinstance(delta, dict):
                self._take(delta, place)

    def calls(self, answer_id: str) -> tuple[Call, ...]:
        """The calls in the order in which they began. No arguments at all are an empty object."""
        return tuple(
            Call(
                pieces.id or f"call_{answer_id or 'answer'}_{number}",
                pieces.name,
                "".join(pieces.arguments).strip() or "{}",
            )
            for number, pieces in enumerate(self._open.values())
            if pieces.name
        )

    def _take(self, delta: dict[str, Any], place: int) -> None:
        pieces = self._pieces(delta, place)
        function = delta.get("function")
        function = function if isinstance(function, dict) else {}
        if isinstance(delta.get("id"), str):
            pieces.id = pieces.id or delta["id"]
        if isinstance(function.get("name"), str):
            pieces.name = pieces.name or function["name"].strip()
        # Some providers send null in every piece but the first, some the whole object instead of its text.
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str):
            self._size += len(arguments.encode("utf-8", "replace"))
            if self._size > ARGUMENT_CAP_BYTES:
                raise BadAnswer(f"the arguments of the tool calls are larger than {ARGUMENT_CAP_BYTES} bytes")
            pieces.arguments.append(arguments)

    def _pieces(self, delta: dict[str, Any], place: int) -> _Pieces:
        index, call_id = delta.get("index"), delta.get("id")
        if isinstance(index, int):
            return self._open.setdefault(index, _Pieces())
        if isinstance(call_id, str) and call_id:
            same_id = (pieces for pieces in self._open.values() if pieces.id == call_id)
            return next(same_id, None) or self._open.setdefault(call_id, _Pieces())
        # A piece without either belongs to the call that is under way.
        return next(reversed(self._open.values()), None) or self._open.setdefault(place, _Pieces())
