"""Tool specs: what a model reads about a tool, as short as it can be: it is paid for on every turn."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.core.chat import ToolSpec

TEXT: Mapping[str, object] = {"type": "string"}
WHOLE: Mapping[str, object] = {"type": "integer"}
FLAG: Mapping[str, object] = {"type": "boolean"}


def spec(name: str, description: str, **properties: Mapping[str, object]) -> ToolSpec:
    """A tool whose arguments are one JSON object with these properties, all of them optional."""
    schema = {"type": "object", "properties": properties}
    return ToolSpec(name, description, json.dumps(schema, separators=(",", ":")))


def choice(*values: str) -> Mapping[str, object]:
    """One of these words."""
    return {"type": "string", "enum": values}


def texts(description: str = "", of: Mapping[str, object] = TEXT) -> Mapping[str, object]:
    """Several words."""
    return {"type": "array", "items": of, **({"description": description} if description else {})}


def described(description: str, of: Mapping[str, object] = TEXT) -> Mapping[str, object]:
    """A property that its name does not explain."""
    return {**of, "description": description}
