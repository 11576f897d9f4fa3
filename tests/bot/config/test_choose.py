"""Choosing models: references, short names, the list people may choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.agents import AgentDefaults
from bot.config.choose import allowed, find_model, onboarding_changes, primary_changes
from bot.config.edit import change
from bot.config.load import parse
from bot.core.errors import ConfigError


def _defaults(text: str) -> AgentDefaults:
    return parse(f"{{agents: {{defaults: {text}}}}}").agents.defaults


SOME = "{models: {'openrouter/moonshotai/kimi-k2.6': {alias: 'Kimi'}, 'openrouter/fusion': {}}}"


@pytest.mark.parametrize(
    ("written", "ref"),
    [
        ("openrouter/auto", "openrouter/auto"),
        ("openrouter:auto", "openrouter/auto"),
        (" OpenRouter / moonshotai/Kimi ", "openrouter/moonshotai/Kimi"),
        ("kimi", "openrouter/moonshotai/kimi-k2.6"),
        ("openrouter/openrouter/fusion", "openrouter/openrouter/fusion"),
    ],
)
def test_a_model_is_found_by_reference_or_by_short_name(written: str, ref: str) -> None:
    assert find_model(_defaults(SOME), written) == ref


@pytest.mark.parametrize(
    ("written", "fix"),
    [("kimmi", "'Kimi'"), ("anthropic/claude", "'openrouter/anthropic/claude'"), ("/x", "openrouter/")],
)
def test_anything_else_is_refused_with_a_hint(written: str, fix: str) -> None:
    with pytest.raises(ConfigError, match=fix):
        find_model(_defaults(SOME), written)


def test_an_empty_list_allows_every_model_and_a_filled_one_only_its_own() -> None:
    assert allowed(_defaults("{}"), "openrouter/x/y")
    assert not allowed(_defaults(SOME), "openrouter/x/y")
    assert allowed(_defaults(SOME), "openrouter/openrouter/fusion")
    assert allowed(_defaults(SOME), "openrouter/MoonshotAI/Kimi-K2.6")


@pytest.mark.parametrize(
    "before",
    [
        "{}",
        "{agents: {defaults: {model: 'openrouter/auto'}}}",
        "{agents: {defaults: {model: {primary: 'openrouter/auto', fallbacks: ['openrouter/a/b']}}}} // mine",
    ],
)
def test_setting_a_model_makes_it_primary_and_choosable_and_keeps_fallbacks(tmp_path: Path, before: str) -> None:
    file = tmp_path / "voxline.json5"
    file.write_text(before)
    old = parse(before).agents.defaults

    defaults = change(file, primary_changes(old, "openrouter/x/y")).agents.defaults

    assert defaults.model.primary == "openrouter/x/y"
    assert defaults.model.fallbacks == old.model.fallbacks
    assert list(defaults.models) == ["openrouter/x/y"]


def test_signing_in_chooses_auto_and_keeps_what_was_chosen_before(tmp_path: Path) -> None:
    file = tmp_path / "voxline.json5"
    file.write_text(
        "{agents: {defaults: {model: {primary: 'openrouter/a/b', fallbacks: ['openrouter/c/d']},"
        " models: {'openrouter/auto': {alias: 'Mine', params: {x: 1}}}}}}"
    )

    defaults = change(file, onboarding_changes(parse(file.read_text()).agents.defaults)).agents.defaults

    assert (defaults.model.primary, defaults.model.fallbacks) == ("openrouter/auto", ("openrouter/c/d",))
    assert defaults.models["openrouter/auto"].alias == "Mine"
    assert defaults.models["openrouter/auto"].params == {"x": 1}


def test_signing_in_for_the_first_time_gives_auto_a_short_name(tmp_path: Path) -> None:
    defaults = change(tmp_path / "voxline.json5", onboarding_changes(AgentDefaults())).agents.defaults
    assert defaults.models["openrouter/auto"].alias == "OpenRouter"


def test_a_login_leaves_the_primary_alone() -> None:
    changes = onboarding_changes(AgentDefaults(), set_primary=False)
    assert list(changes) == [("agents", "defaults", "models", "openrouter/auto", "alias")]
