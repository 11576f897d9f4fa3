"""Thinking levels on their way to the reasoning field."""

from __future__ import annotations

from typing import Any

import pytest

from bot.openrouter.shaping.shape import Body, Shape
from bot.openrouter.shaping.thinking_levels import LEVELS, inject_reasoning, level_of, levels_for

PLAIN: Body = {"messages": []}


def reasoning(level: str, slug: str = "v/m", **options: Any) -> Any:
    return inject_reasoning(PLAIN, Shape(slug, thinking=level, **options)).get("reasoning")


@pytest.mark.parametrize(
    ("level", "sent"),
    [
        ("", None),
        ("off", None),
        ("minimal", {"effort": "minimal"}),
        ("low", {"effort": "low"}),
        ("medium", {"effort": "medium"}),
        ("high", {"effort": "high"}),
        ("xhigh", {"effort": "xhigh"}),
        ("adaptive", {"effort": "medium"}),
        ("max", {"effort": "xhigh"}),
    ],
)
@pytest.mark.parametrize("verified", [True, False])
def test_a_level_becomes_an_effort_on_every_route(level: str, sent: object, verified: bool) -> None:
    assert reasoning(level, verified=verified) == sent


@pytest.mark.parametrize(
    "slug",
    ["openrouter/auto", "x-ai/grok-4", "openrouter/hunter-alpha", "openrouter/hunter-alpha:free"],
)
def test_some_routes_get_no_reasoning(slug: str) -> None:
    assert reasoning("high", slug) is None


def test_healer_alpha_and_fusion_get_reasoning() -> None:
    assert reasoning("high", "openrouter/healer-alpha") == reasoning("high", "openrouter/fusion") == {"effort": "high"}


@pytest.mark.parametrize(
    ("level", "efforts", "sent"),
    [
        ("xhigh", ("high", "medium", "low"), "high"),
        ("minimal", ("high", "medium", "low"), "low"),
        ("medium", ("high", "low"), "low"),
        ("max", ("max", "high"), "max"),
        ("high", ("unheard_of",), "high"),
        ("high", (), "high"),
    ],
)
def test_the_effort_is_the_nearest_that_the_catalog_lists(level: str, efforts: tuple[str, ...], sent: str) -> None:
    assert reasoning(level, efforts=efforts) == {"effort": sent}


def test_the_levels_on_offer_are_those_that_the_catalog_lists() -> None:
    assert levels_for("v/m", ("high", "low")) == ("off", "low", "high")
    assert levels_for("v/m", ("high", "low"), must_think=True) == ("low", "high")
    assert levels_for("v/m") == LEVELS


def test_a_model_known_not_to_reason_gets_none() -> None:
    assert reasoning("high", reasons=False) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"exclude": True}, {"exclude": True, "effort": "high"}),
        ({"effort": "low"}, {"effort": "low"}),
        ({"max_tokens": 2000}, {"max_tokens": 2000}),
        ({}, {"effort": "high"}),
        (None, {"effort": "high"}),
        (False, {"effort": "high"}),
        ("yes", "yes"),
        (True, True),
    ],
)
def test_what_the_body_already_says_is_respected(before: object, after: object) -> None:
    body = {**PLAIN, "reasoning": before, "reasoning_effort": "low"}

    assert inject_reasoning(body, Shape("v/m", thinking="high")) == {**PLAIN, "reasoning": after}


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_means_itself_in_any_case(level: str) -> None:
    assert level_of(f" {level.upper()} ") == level


@pytest.mark.parametrize(
    ("text", "level"), [("x-high", "xhigh"), ("none", "off"), ("ultra", "xhigh"), ("lots", None), ("", None)]
)
def test_levels_have_other_spellings(text: str, level: str | None) -> None:
    assert level_of(text) == level


def test_only_levels_that_a_model_understands_are_offered() -> None:
    assert levels_for("openrouter/auto") == ("off",)
    assert levels_for("deepseek/deepseek-v4-pro") == ("off", "minimal", "low", "medium", "high", "xhigh")
    assert levels_for("v/m") == LEVELS
