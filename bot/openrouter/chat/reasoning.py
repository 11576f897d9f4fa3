"""Reasoning replay, a model's thinking: what may be logged at once, and what goes back to the provider later."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

REPLAY_CAP_CHARACTERS = 1024 * 1024
_PLAIN = ("reasoning", "reasoning_content", "reasoning_text")
_VISIBLE = ("response.output_text", "response.text")
_JOINED = ("text", "summary", "data")


class Reasoning:
    """Collects the reasoning fields of an answer's deltas. Source: OpenRouter docs, reasoning tokens."""

    def __init__(self) -> None:
        self._plain: dict[str, list[str]] = {}
        self._details: list[_Detail] = []
        self._size = 0

    def take(self, delta: dict[str, Any]) -> tuple[str, str]:
        """The thinking and the visible text of one delta's reasoning fields.

        The same words often come twice, plain and as details: then only the details count.
        """
        thinking, visible = self._take_details(delta.get("reasoning_details"))
        for name in _PLAIN:
            text = delta.get(name)
            if isinstance(text, str) and text:
                self._size += len(text)
                self._plain.setdefault(name, []).append(text)
                thinking = thinking or text
        return thinking, visible

    def replay(self) -> str:
        """The thinking as JSON for the next request, "" when there was none or more than is kept."""
        plain = {name: "".join(pieces) for name, pieces in self._plain.items()}
        kept: dict[str, Any] = {
            "reasoning": plain.get("reasoning") or plain.get("reasoning_text"),
            "reasoning_content": plain.get("reasoning_content"),
            "reasoning_details": [detail.whole() for detail in self._details],
        }
        kept = {name: value for name, value in kept.items() if value}
        if not kept or self._size > REPLAY_CAP_CHARACTERS:
            return ""
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    def _take_details(self, details: object) -> tuple[str, str]:
        if isinstance(details, str):
            self._plain.setdefault("reasoning", []).append(details)
            self._size += len(details)
            return details, ""
        thinking, visible = list[str](), list[str]()
        for item in details if isinstance(details, list) else ():
            if not isinstance(item, dict):
                continue
            self._keep(item)
            text = next((item[name] for name in ("text", "summary") if isinstance(item.get(name), str)), "")
            (visible if item.get("type") in _VISIBLE else thinking).append(text)
        return "".join(thinking), "".join(visible)

    def _keep(self, item: dict[str, Any]) -> None:
        """Adds an item; a piece of the item before it is joined to that, because each chunk brings a few letters."""
        self._size += sum(len(item[name]) for name in _JOINED if isinstance(item.get(name), str))
        if self._size > REPLAY_CAP_CHARACTERS:
            return
        if not self._details or not self._details[-1].continued_by(item):
            self._details.append(_Detail(dict(item)))
        self._details[-1].add(item)


@dataclass(slots=True)
class _Detail:
    """One item of `reasoning_details` and the pieces of its text."""

    fields: dict[str, Any]
    pieces: dict[str, list[str]] = field(default_factory=dict)

    def continued_by(self, item: dict[str, Any]) -> bool:
        """Whether `item` is a piece of the same text."""
        kind, mine = item.get("type"), self.fields
        if kind not in ("reasoning.text", "reasoning.summary") or mine.get("type") != kind:
            return False
        return mine.get("index") == item.get("index") and (
            not mine.get("id") or item.get("id") in (None, "", mine["id"])
        )

    def add(self, item: dict[str, Any]) -> None:
        """Joins a piece: texts are appended, other fields replaced."""
        for name, value in item.items():
            if name in ("text", "summary") and isinstance(value, str):
                self.pieces.setdefault(name, []).append(value)
            elif value is not None:
                self.fields[name] = value

    def whole(self) -> dict[str, Any]:
        """The item with its pieces joined."""
        return {**self.fields, **{name: "".join(pieces) for name, pieces in self.pieces.items()}}
