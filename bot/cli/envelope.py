"""How one question to a model went: as plain lines, or as the JSON envelope that scripts made for OpenClaw read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bot.cli.exit_codes import FAILED, OK

Output = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Told:
    """How it went. `outputs` hold a text, a path or an address each. `attempts` say in a sentence each why it was
    tried again; `cost_microusd` None means that nobody said; `error` is "" on success."""

    capability: str
    model: str = ""
    outputs: tuple[Output, ...] = ()
    attempts: tuple[str, ...] = ()
    cost_microusd: int | None = None
    error: str = ""


def show(told: Told, *, as_json: bool) -> int:
    """Prints it and returns the exit status. Without JSON a failure goes to standard error alone."""
    if as_json:
        print(json.dumps(envelope(told), ensure_ascii=False, indent=2))
    elif told.error:
        print(f"voxline: {told.error}", file=sys.stderr)
    else:
        for output in told.outputs:
            print(output.get("text") or output.get("path") or output.get("url"))
    return FAILED if told.error else OK


def envelope(told: Told) -> dict[str, JsonValue]:
    """The envelope. `cost` is null where nobody said what it was."""
    cost = told.cost_microusd
    return {
        "ok": not told.error,
        "capability": told.capability,
        "transport": "local",
        "provider": "openrouter",
        "model": told.model,
        "attempts": [{"reason": reason} for reason in told.attempts],
        "outputs": [dict(output) for output in told.outputs],
        "cost": None if cost is None else {"usd": cost / 1_000_000},
        **({"error": told.error} if told.error else {}),
    }
