"""Response cache headers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bot.openrouter.chat.response_cache import response_cache_headers
from bot.openrouter.shaping.shape import Shape

ON = {"X-OpenRouter-Cache": "true"}


def headers(**params: Any) -> dict[str, str]:
    return response_cache_headers(Shape("v/m", params=params))


@pytest.mark.parametrize("name", ["responseCache", "response_cache"])
@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (True, ON),
        ("on", ON),
        (False, {"X-OpenRouter-Cache": "false"}),
        ("disabled", {"X-OpenRouter-Cache": "false"}),
        ("perhaps", {}),
        (None, {}),
        (1, {}),
    ],
)
def test_the_cache_is_opt_in(name: str, value: object, sent: dict[str, str]) -> None:
    assert headers(**{name: value}) == sent


@pytest.mark.parametrize(
    "name", ["responseCacheTtlSeconds", "response_cache_ttl_seconds", "responseCacheTtl", "response_cache_ttl"]
)
@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (300, "300"),
        ("300", "300"),
        (0, "1"),
        (-5, "1"),
        (99999999, "86400"),
        (12.9, "12"),
        (" 7 ", "7"),
        (math.nan, None),
        (math.inf, None),
        ("junk", None),
        ("1_000", None),
        (True, None),
        ("", None),
        ([], None),
    ],
)
def test_a_lifetime_is_clamped_and_junk_is_left_out(name: str, value: object, sent: str | None) -> None:
    found = headers(responseCache=True, **{name: value})

    assert found.get("X-OpenRouter-Cache-TTL") == sent
    assert found["X-OpenRouter-Cache"] == "true"


@pytest.mark.parametrize("name", ["responseCacheClear", "response_cache_clear"])
def test_clearing_implies_caching(name: str) -> None:
    assert headers(**{name: True}) == {**ON, "X-OpenRouter-Cache-Clear": "true"}
    assert headers(**{name: False}) == {}
    assert headers(responseCache=True, **{name: False}) == ON


def test_an_explicit_no_sends_only_that() -> None:
    assert headers(responseCache=False, responseCacheTtl=5, responseCacheClear=True) == {"X-OpenRouter-Cache": "false"}


def test_a_lifetime_alone_asks_for_nothing() -> None:
    assert headers(responseCacheTtlSeconds=300) == {}


def test_the_first_spelling_wins() -> None:
    assert headers(responseCache=False, response_cache=True) == {"X-OpenRouter-Cache": "false"}


def test_a_proxy_gets_no_cache_headers() -> None:
    assert response_cache_headers(Shape("v/m", verified=False, params={"responseCache": True})) == {}
