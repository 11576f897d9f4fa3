"""Request context, what the shaping steps may look at, and what they work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The circumstances of one request.

    `slug` is the model as the API names it. `verified` says that OpenRouter itself is asked. `params` are the
    merged params. `thinking` is a level, "" when no level was chosen. `tools` False: the model is known to take none.
    `efforts` are the reasoning efforts that it takes, none where all are taken.
    """

    slug: str
    verified: bool = True
    params: Mapping[str, Any] = field(default_factory=dict)
    thinking: str = ""
    reasons: bool = True
    tools: bool = True
    efforts: tuple[str, ...] = ()


Step = Callable[[Body, Shape], Body]


def without(body: Body, *names: str) -> Body:
    """A copy without these keys."""
    return {key: value for key, value in body.items() if key not in names}


def with_messages(body: Body, messages: list[Any]) -> Body:
    """A copy with other messages."""
    return {**body, "messages": messages}
