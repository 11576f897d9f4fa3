"""Layers of params."""

from __future__ import annotations

from typing import Any

import pytest

from bot.openrouter.params import ParamLayers, clean, merge_params, truth


def test_the_more_specific_layer_wins_key_by_key() -> None:
    layers = ParamLayers(
        provider={"a": 1, "b": 1, "c": 1, "d": 1, "e": 1},
        catalog={"Vendor/Model": {"b": 2, "c": 2, "d": 2, "e": 2}},
        defaults={"c": 3, "d": 3, "e": 3},
        models={"openrouter/vendor/model": {"d": 4, "e": 4}},
        agent={"e": 5},
    )

    assert layers.for_slug("vendor/model") == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
    assert layers.for_slug("vendor/other") == {"a": 1, "b": 1, "c": 3, "d": 3, "e": 5}


@pytest.mark.parametrize("key", ["openrouter/openrouter/fusion", "openrouter/fusion", "OpenRouter/OpenRouter/Fusion"])
def test_fusion_is_found_under_each_of_its_references(key: str) -> None:
    assert ParamLayers(models={key: {"x": 1}}).for_slug("openrouter/fusion") == {"x": 1}


def test_routing_is_merged_one_level_deeper() -> None:
    general = {"provider": {"sort": "latency", "require_parameters": True, "data_collection": "deny"}}
    special = {"provider": {"order": ["anthropic"], "allow_fallbacks": False, "sort": "price"}}

    assert merge_params((general, special))["provider"] == {
        "sort": "price",
        "require_parameters": True,
        "data_collection": "deny",
        "order": ["anthropic"],
        "allow_fallbacks": False,
    }


@pytest.mark.parametrize("nothing", [None, [], {}, "price", 3])
def test_routing_that_is_no_object_is_as_if_absent(nothing: Any) -> None:
    assert "provider" not in merge_params(({"provider": nothing},))
    assert merge_params(({"provider": {"zdr": True}}, {"provider": nothing}))["provider"] == {"zdr": True}


def test_a_later_spelling_of_a_cache_setting_removes_the_earlier_one() -> None:
    merged = merge_params(({"responseCache": True, "responseCacheTtl": 9}, {"response_cache": False}))

    assert merged == {"response_cache": False, "responseCacheTtl": 9}


def test_objects_inside_other_params_are_replaced_whole() -> None:
    merged = merge_params(({"extraBody": {"a": 1}}, {"extraBody": {"b": 2}}))

    assert merged == {"extraBody": {"b": 2}}


def test_prototype_keys_are_dropped_at_every_depth_and_lists_keep_their_order() -> None:
    evil = {"__proto__": 1, "a": [{"constructor": 1, "b": ({"prototype": 1, "c": 3}, 2, 1)}]}

    assert clean(evil) == {"a": [{"b": [{"c": 3}, 2, 1]}]}


def test_merging_changes_nothing_it_was_given() -> None:
    first = {"provider": {"order": ["a"]}}

    merge_params((first, {"provider": {"order": ["b"]}}))["provider"]["order"].append("c")

    assert first == {"provider": {"order": ["a"]}}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, True), (False, False), (" YES ", True), ("1", True), ("enabled", True), ("on", True),
        ("off", False), ("0", False), ("Disable", False), ("maybe", None), (1, None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_a_yes_or_no_has_many_spellings(value: object, meant: bool | None) -> None:
    assert truth(value) is meant
