"""Output of `voxline infer`: plain lines, or the JSON envelope that scripts made for OpenClaw read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bot.cli.exit_codes import FAILED, OK

Output = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """The result of one request. `outputs` hold a text, a path or an address each. `attempts` say in a sentence
    each why it was tried again. `cost_microusd` None is a cost that the provider did not name; `error` is ""
    on success."""

    capability: str
    model: str = ""
    outputs: tuple[Output, ...] = ()
    attempts: tuple[str, ...] = ()
    cost_microusd: int | None = None
    error: str = ""


def show(answered: CommandAnswer, *, as_json: bool) -> int:
    """Prints the result and returns the exit status. Without JSON a failure goes to standard error alone."""
    if as_json:
        print(json.dumps(envelope(answered), ensure_ascii=False, indent=2))
    elif answered.error:
        print(f"voxline: {answered.error}", file=sys.stderr)
    else:
        for output in answered.outputs:
            print(output.get("text") or output.get("path") or output.get("url"))
    return FAILED if answered.error else OK


def envelope(answered: CommandAnswer) -> dict[str, JsonValue]:
    """The envelope. `cost` is null where the provider named none."""
    cost = answered.cost_microusd
    return {
        "ok": not answered.error,
        "capability": answered.capability,
        "transport": "local",
        "provider": "openrouter",
        "model": answered.model,
        "attempts": [{"reason": reason} for reason in answered.attempts],
        "outputs": [dict(output) for output in answered.outputs],
        "cost": None if cost is None else {"usd": cost / 1_000_000},
        **({"error": answered.error} if answered.error else {}),
    }
