"""Model references and families of models."""

from __future__ import annotations

import pytest

from bot.core.errors import ConfigError
from bot.openrouter.refs import (
    drops_replayed_thinking,
    is_deepseek_v4,
    is_gemini,
    is_mistral,
    ref_of,
    skips_thinking,
    slug_of,
    split_ref,
    upstream_slug,
)


@pytest.mark.parametrize(
    ("model", "slug"),
    [
        ("openrouter/auto", "openrouter/auto"),
        ("openrouter/openrouter/auto", "openrouter/auto"),
        ("openrouter/openrouter/fusion", "openrouter/fusion"),
        ("openrouter/fusion", "openrouter/fusion"),
        ("openrouter/anthropic/claude-sonnet-4.6", "anthropic/claude-sonnet-4.6"),
        ("anthropic/claude-sonnet-4.6", "anthropic/claude-sonnet-4.6"),
        ("openrouter/deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
        ("openrouter/deepseek-v4-flash", "deepseek/deepseek-v4-flash"),
        ("openrouter/hunter-alpha", "openrouter/hunter-alpha"),
        (" Vendor/Model:Free ", "vendor/model:free"),
    ],
)
def test_a_model_id_becomes_the_slug_the_api_knows(model: str, slug: str) -> None:
    assert upstream_slug(model) == slug
    assert upstream_slug(slug) == slug


@pytest.mark.parametrize(
    ("ref", "slug"),
    [
        ("openrouter/auto", "openrouter/auto"),
        ("openrouter:auto", "openrouter/auto"),
        ("OpenRouter/openrouter/Fusion", "openrouter/fusion"),
        ("openrouter/moonshotai/kimi-k2.6", "moonshotai/kimi-k2.6"),
        ("openrouter/deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
        ("openrouter/~anthropic/claude-opus-latest", "~anthropic/claude-opus-latest"),
        ("moonshotai/kimi-k2.6:nitro", "moonshotai/kimi-k2.6:nitro"),
    ],
)
def test_a_reference_becomes_a_slug(ref: str, slug: str) -> None:
    assert slug_of(ref) == slug


@pytest.mark.parametrize("text", ["", "auto", "/x", "x/", " / ", "two words/x"])
def test_a_text_that_names_no_provider_is_no_reference(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a model reference"):
        slug_of(text)


def test_a_reference_is_split_at_its_first_slash_and_keeps_the_models_case() -> None:
    assert split_ref(" OpenRouter / Vendor/Model ") == ("openrouter", "Vendor/Model")


@pytest.mark.parametrize("slug", ["openrouter/auto", "openrouter/fusion", "vendor/model:free"])
def test_a_slug_finds_back_from_its_reference(slug: str) -> None:
    assert slug_of(ref_of(slug)) == slug


def test_families_are_told_by_the_whole_id() -> None:
    assert is_deepseek_v4("deepseek/deepseek-v4-pro:free")
    assert is_deepseek_v4("deepseek/deepseek-v4-flash-20260423")
    assert not is_deepseek_v4("deepseek/deepseek-v4-pro-max")
    assert not is_deepseek_v4("other/deepseek-v4-pro")
    assert is_gemini("google/Gemini-3-pro")
    assert all(map(is_mistral, ("mistralai/x", "mistral/x", "mistral-large", "codestral-2", "voxtral-mini")))
    assert not is_mistral("vendor/mistral")


def test_routes_that_get_no_thinking_are_named() -> None:
    assert all(map(skips_thinking, ("openrouter/auto", "x-ai/grok-4", "openrouter/hunter-alpha:free")))
    assert not any(map(skips_thinking, ("openrouter/healer-alpha", "openrouter/fusion", "vendor/x-ai")))
    assert all(map(drops_replayed_thinking, ("anthropic/claude", "~anthropic/claude-latest", "x-ai/grok-4")))
    assert not drops_replayed_thinking("deepseek/deepseek-v4-pro")
