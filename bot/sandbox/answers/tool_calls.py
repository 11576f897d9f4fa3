"""Tool calls whose arguments fit the schema that was offered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.answers.numbers import digits
from bot.sandbox.wire import Json

TEXT_NAMES = ("prompt", "text", "message", "what", "note", "about", "title", "content", "body", "reminder")
TIME_NAMES = ("when", "at", "time", "due", "datetime", "date", "due_at", "at_time")
UNIT_NAMES = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
ACTIONS = ("generate", "set", "add", "create", "schedule", "start", "new")


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool on offer: its properties by name, and those that are required."""

    properties: Mapping[str, Json]
    required: tuple[str, ...]

    def filled(self, values: Mapping[str, object]) -> Json:
        """Arguments with the values under the names this tool has, and the rest of what it requires."""
        arguments: Json = {name: value for name, value in values.items() if name in self.properties}
        text = values.get("prompt")
        if text is not None and "prompt" not in arguments:
            name = next((name for name in TEXT_NAMES if name in self.properties), None)
            arguments |= {name: text} if name else {}
        for name in (name for name in self.properties if name == "action" or name in self.required):
            if name not in arguments:
                arguments[name] = _plausible(self.properties[name])
        return arguments


def _plausible(schema: Json) -> Any:
    """A value that the schema allows."""
    choices = schema.get("enum")
    if choices:
        return next((choice for choice in ACTIONS if choice in choices), choices[0])
    empty: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}
    return empty.get(schema.get("type", "string"), "")


def offers(tools: list[Json]) -> dict[str, Offer]:
    """The tools of a request by name."""
    by_name = {}
    for tool in tools:
        function = tool["function"]
        schema = function.get("parameters") or {}
        by_name[function["name"]] = Offer(schema.get("properties", {}), tuple(schema.get("required", ())))
    return by_name


def reminder_call(offer: Offer, text: str, now: datetime) -> Json | None:
    """Arguments for a reminder tool, from words such as "remind me in 2 minutes to drink tea"; None without a time."""
    delay = _delay(digits(text.lower()))
    if delay is None:
        return None
    values: Json = {"prompt": _what(text)}
    values |= _in_units(offer, delay) or _as_a_moment(offer, delay, now)
    return offer.filled(values)


def _in_units(offer: Offer, delay: int) -> Json:
    """The delay under a name such as inMinutes, {} when there is none."""
    for name, schema in offer.properties.items():
        seconds = next((seconds for unit, seconds in UNIT_NAMES.items() if unit in name.lower()), None)
        if seconds is not None:
            whole = schema.get("type") == "integer" or delay % seconds == 0
            return {name: max(1, round(delay / seconds)) if whole else round(delay / seconds, 3)}
    return {}


def _as_a_moment(offer: Offer, delay: int, now: datetime) -> Json:
    """The time under a name such as when, {} when there is none."""
    name = next((name for name in offer.properties if name in TIME_NAMES), None)
    return {name: _moment(offer.properties[name], delay, now)} if name else {}


def _moment(schema: Json, delay: int, now: datetime) -> str:
    """The time in the form that the schema's description asks for."""
    description = str(schema.get("description", "")).lower()
    if "iso" in description or schema.get("format") == "date-time" or "20" in description:
        return (now + timedelta(seconds=delay)).isoformat(timespec="seconds")
    return f"in {delay // 60} minutes" if delay % 60 == 0 else f"in {delay} seconds"


def _delay(low: str) -> int | None:
    """Seconds from now, or None when no time was said."""
    match = re.search(r"\b(?:in|after)?\s*(\d+|an?|half an)\s*(second|sec|minute|min|hour|day)s?\b", low)
    if match is None:
        return 86400 if "tomorrow" in low else None
    number, unit = match.groups()
    seconds = UNIT_NAMES[{"sec": "second", "min": "minute"}.get(unit, unit)]
    return seconds // 2 if number == "half an" else seconds * (1 if number.startswith("a") else int(number))


def _what(text: str) -> str:
    """What to be reminded of."""
    plain = re.sub(r".*?\bremind\w*\b\s*(?:me|us)?\b", "", text, count=1, flags=re.IGNORECASE | re.DOTALL)
    plain = re.sub(
        r"\b(?:in|after)\s+(?:\w+|half an|twenty \w+)\s+(?:second|sec|minute|min|hour|day)s?\b|\btomorrow\b",
        "",
        plain,
        flags=re.IGNORECASE,
    )
    return (
        re.sub(r"^\s*(?:to|that|about|of)\b", "", plain.strip(" .,!?"), flags=re.IGNORECASE).strip() or "your reminder"
    )
