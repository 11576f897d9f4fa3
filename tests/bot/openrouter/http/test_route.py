"""Where requests go, and what they may carry there."""

from __future__ import annotations

import pytest

from bot.core.errors import ConfigError
from bot.openrouter.http.route import CANONICAL, Attribution, Route, normalise_base_url, same_origin


@pytest.mark.parametrize(
    "url",
    [
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/api/v1///",
        " https://OpenRouter.AI:443/api/v1 ",
        "https://openrouter.ai/v1",
        "https://openrouter.ai/v1/",
    ],
)
def test_openrouter_itself_is_verified_in_every_spelling(url: str) -> None:
    assert Route(url).verified
    assert normalise_base_url(url) == CANONICAL


@pytest.mark.parametrize(
    "url",
    [
        "http://openrouter.ai/api/v1",
        "https://openrouter.ai:8443/api/v1",
        "https://openrouter.ai.evil.com/api/v1",
        "https://notopenrouter.ai/api/v1",
        "https://eu.openrouter.ai/api/v1",
        "https://openrouter.ai",
        "https://openrouter.ai/api",
        "https://openrouter.ai/api/v1/x",
        "https://openrouter.ai/api/v1/../../x",
        "https://openrouter.ai//api/v1",
        "https://openrouter.ai./api/v1",
        "http://127.0.0.1:8080/api/v1",
    ],
)
def test_everything_else_is_a_proxy(url: str) -> None:
    assert not Route(url).verified


@pytest.mark.parametrize(
    "url",
    [
        "",
        "openrouter.ai/api/v1",
        "ftp://openrouter.ai/api/v1",
        "https://",
        "https://openrouter.ai@evil.com/api/v1",
        "https://user:secret@openrouter.ai/api/v1",
        "https://openrouter.ai/api/v1?key=secret",
        "https://openrouter.ai/api/v1?",
        "https://openrouter.ai/api/v1#x",
        "https://openrouter.ai:99999/api/v1",
        "https://openrouter.ai:0/api/v1",
        "https://openrouter.ai\\@evil.com/api/v1",
        "https://open router.ai/api/v1",
        "https://openrouter.ai/api\n/v1",
    ],
)
def test_an_address_that_could_mislead_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Route(url)

    assert "secret" not in str(caught.value)
    assert caught.value.path == "models.providers.openrouter.baseUrl"


def test_attribution_is_as_documented() -> None:
    assert Route(key="k").headers(categories=True) == {
        "Authorization": "Bearer k",
        "HTTP-Referer": "https://openclaw.ai",
        "X-OpenRouter-Title": "OpenClaw",
        "X-OpenRouter-Categories": (
            "cli-agent,cloud-agent,programming-app,creative-writing,writing-assistant,general-chat,personal-agent"
        ),
    }


def test_media_calls_send_no_categories() -> None:
    assert "X-OpenRouter-Categories" not in Route(key="k").headers(categories=False)


def test_configured_headers_win_except_over_attribution_and_appear_once_in_any_case() -> None:
    custom = (("http-referer", "https://mine"), ("AUTHORIZATION", "Bearer other"), ("x-a", "1"), ("X-A", "2"))

    headers = Route(key="k", custom=custom).headers(categories=False)

    assert headers["HTTP-Referer"] == "https://openclaw.ai"
    assert len(headers) == len({name.lower() for name in headers}) == 4
    assert {name.lower(): value for name, value in headers.items()} | {"http-referer": ""} == {
        "authorization": "Bearer other",
        "http-referer": "",
        "x-openrouter-title": "OpenClaw",
        "x-a": "2",
    }


def test_media_calls_cannot_be_given_categories_by_configuration() -> None:
    headers = Route(key="k", custom=(("X-OpenRouter-Categories", "mine"),)).headers(categories=False)

    assert "mine" not in headers.values()


def test_a_proxy_gets_configured_values_and_no_attribution() -> None:
    route = Route("http://proxy.test/v1", key="k", custom=(("HTTP-Referer", "https://mine"),))

    assert route.headers(categories=True) == {"Authorization": "Bearer k", "HTTP-Referer": "https://mine"}


def test_attribution_can_be_configured_and_left_out() -> None:
    route = Route(key="k", attribution=Attribution("https://mine", "", "a,b"))

    assert route.headers(categories=True) == {
        "Authorization": "Bearer k",
        "HTTP-Referer": "https://mine",
        "X-OpenRouter-Categories": "a,b",
    }


def test_without_a_key_there_is_no_bearer() -> None:
    assert "Authorization" not in Route().headers(categories=False)


def test_the_key_and_configured_headers_are_never_shown() -> None:
    assert "secret" not in repr(Route(key="secret", custom=(("X-Key", "secret"),)))


@pytest.mark.parametrize("header", [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("", "1"), ("X-Ä", "1")])
def test_a_header_that_could_smuggle_another_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="cannot be sent"):
        Route(custom=(header,))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.test/x", "https://A.test:443/y?z", True),
        ("http://a.test:80", "http://a.test/", True),
        ("https://a.test", "http://a.test", False),
        ("https://a.test", "https://a.test:444", False),
        ("https://a.test", "https://b.a.test", False),
        ("https://a.test", "https://a.test@evil.test", False),
        ("https://a.test", "/relative", False),
        ("data:x", "data:x", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same
    assert same_origin(other, one) is same


@pytest.mark.parametrize("path", ["/chat/completions", "/images", "/audio/speech", "/audio/transcriptions"])
def test_zero_data_retention_goes_out_with_whatever_is_routed(path: str) -> None:
    route = Route(key="k", zdr=True)

    assert route.private(path, {"model": "m"}) == {"model": "m", "provider": {"zdr": True}}
    assert route.private(path, {"provider": {"order": ["a"], "zdr": False}}) == {
        "provider": {"order": ["a"], "zdr": True}
    }
    assert route.private("/videos", {"model": "m"}) == {"model": "m"}
    assert Route(key="k").private(path, {"model": "m"}) == {"model": "m"}
    assert Route(base_url="https://proxy.example", key="k", zdr=True).private(path, {"model": "m"}) == {"model": "m"}
