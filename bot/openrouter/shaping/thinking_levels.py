"""Thinking levels, and how each becomes the reasoning field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from bot.config.agents import Thinking
from bot.openrouter.refs import is_deepseek_v4, skips_thinking
from bot.openrouter.shaping.shape import Body, Shape, without

LEVELS: tuple[str, ...] = get_args(Thinking)
_SPELLINGS = {
    "none": "off",
    "disabled": "off",
    "min": "minimal",
    "mid": "medium",
    "med": "medium",
    "on": "low",
    "x-high": "xhigh",
    "x_high": "xhigh",
    "extra-high": "xhigh",
    "extra high": "xhigh",
    "extrahigh": "xhigh",
    "highest": "high",
    "auto": "adaptive",
    "ultra": "xhigh",
    "maximum": "max",
}
_RANKS = ("minimal", "low", "medium", "high", "xhigh", "max")
_EFFORTS = {"adaptive": "medium", "max": "xhigh"}


def level_of(text: str) -> str | None:
    """The thinking level a word means, in any of its usual spellings; None when it means none."""
    word = text.strip().lower()
    word = _SPELLINGS.get(word, word)
    return word if word in LEVELS else None


def levels_for(slug: str, efforts: Sequence[str] = (), *, must_think: bool = False) -> tuple[str, ...]:
    """The levels to offer for a model: those whose effort it takes (any, when `efforts` names none), no off for one
    that must think. DeepSeek V4 ends at xhigh, routes without thinking know only off."""
    if skips_thinking(slug):
        return ("off",)
    levels = tuple(level for level in LEVELS if level not in ("adaptive", "max")) if is_deepseek_v4(slug) else LEVELS
    return tuple(
        level
        for level in levels
        if (not must_think if level == "off" else not efforts or effort_of(level, efforts) in (level, effort_of(level)))
    )


def effort_of(level: str, efforts: Sequence[str] = ()) -> str:
    """The reasoning effort of a level, the nearest among `efforts` when it names any; "" for off and for no level."""
    if level in ("", "off"):
        return ""
    effort = level if level in efforts else _EFFORTS.get(level, level)
    ranked = [name for name in efforts if name in _RANKS]
    if not ranked or effort in ranked:
        return effort
    return min(ranked, key=lambda name: (abs(_RANKS.index(name) - _RANKS.index(effort)), _RANKS.index(name)))


def inject_reasoning(body: Body, shape: Shape) -> Body:
    """The level as `reasoning.effort`, on every route, unless the body already says how much to think.

    Top-level `reasoning_effort` goes: sent beside a different `reasoning.effort` it is a 400. Auto, x-ai, Hunter
    Alpha (it returned answers as reasoning) and models known not to reason get nothing.
    Source: OpenRouter docs, reasoning tokens.
    """
    body = without(body, "reasoning_effort")
    effort = "" if skips_thinking(shape.slug) or not shape.reasons else effort_of(shape.thinking, shape.efforts)
    reasoning = body.get("reasoning")
    if not effort:
        return body
    if isinstance(reasoning, dict) and reasoning:
        decided = "effort" in reasoning or "max_tokens" in reasoning
        return body if decided else {**body, "reasoning": {**reasoning, "effort": effort}}
    return body if reasoning else {**body, "reasoning": {"effort": effort}}
