"""Reading what a model put into a call. Each reader says in its error what was wanted."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from bot.tools.tool import ToolFailed

# the shapes people name; each model is given the nearest one that it has
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:2", "2:1", "9:21", "1:4", "4:1")
CINEMA_RATIO = "2.35:1"  # not offered, and sent as the nearest one like the others
_SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")


def parse(arguments: str) -> Mapping[str, object]:
    """The arguments of a call as a mapping. Raises `ToolFailed` with what was wrong."""
    try:
        # OpenRouter may send null or nothing for a call without arguments
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise ToolFailed(f"The arguments are not JSON: {error}. Call again with a JSON object.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ToolFailed("The arguments must be a JSON object.")
    return value


def text(arguments: Mapping[str, object], name: str, *, required: bool = False) -> str:
    """A trimmed string; "" when absent and not required."""
    value = arguments.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        if required:
            raise ToolFailed(f"{name!r} is required.")
        return ""
    if not isinstance(value, str):
        raise ToolFailed(f"{name!r} must be a string, not {value!r}.")
    return value.strip()


def one_of(arguments: Mapping[str, object], name: str, choices: tuple[str, ...]) -> str:
    """One of `choices` in any case, as listed; "" when absent."""
    value = text(arguments, name)
    by_name = {choice.casefold(): choice for choice in choices}
    if value and value.casefold() not in by_name:
        raise ToolFailed(f"{name!r} must be one of {', '.join(choices)}, not {value!r}.")
    return by_name.get(value.casefold(), "")


def ratio(arguments: Mapping[str, object]) -> str:
    """The shape W:H under aspectRatio; "" when absent."""
    return one_of(arguments, "aspectRatio", (*RATIOS, CINEMA_RATIO))


def size(arguments: Mapping[str, object]) -> str:
    """The size WxH in pixels under size; "" when absent."""
    value = text(arguments, "size").replace(" ", "").replace("×", "x").lower()
    if value and not _SIZE.fullmatch(value):
        raise ToolFailed(f"'size' must be WxH in pixels, such as 1024x768, not {value!r}.")
    return value


def positive_integer(arguments: Mapping[str, object], name: str, *, at_most: int | None = None) -> int | None:
    """A whole number from 1; None when absent."""
    value = arguments.get(name)
    if value is None:
        return None
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not isinstance(value, int | float) or not whole or value < 1:
        raise ToolFailed(f"{name!r} must be a positive whole number, not {value!r}.")
    if at_most is not None and value > at_most:
        raise ToolFailed(f"{name!r} must be at most {at_most}, not {value!r}.")
    return int(value)


def number(arguments: Mapping[str, object], name: str) -> float | None:
    """A finite number, also one that is written as text; None when absent."""
    value = arguments.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        parsed = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        parsed = math.nan
    if math.isnan(parsed):
        raise ToolFailed(f"{name!r} must be a number, not {value!r:.80}.")
    return parsed


def milliseconds(arguments: Mapping[str, object]) -> float | None:
    """The time under timeoutMs, in seconds; None when absent."""
    wanted = positive_integer(arguments, "timeoutMs")
    return None if wanted is None else wanted / 1000


def flag(arguments: Mapping[str, object], name: str) -> bool | None:
    """A boolean; None when absent."""
    value = arguments.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise ToolFailed(f"{name!r} must be true or false, not {value!r}.")
