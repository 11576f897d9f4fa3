"""Which requests go through a proxy: the conventions of HTTPS_PROXY and NO_PROXY."""

from __future__ import annotations

import pytest

from bot.net.proxy import ProxyRules, rules, shown, unusable_variables

P, Q = "http://proxy:3128", "http://other:1"
API = "https://openrouter.ai/api/v1"


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": P}, API, P),
        ({"https_proxy": P, "HTTPS_PROXY": Q}, API, P),
        ({"HTTPS_PROXY": P}, "wss://gateway.discord.gg/?v=10", P),
        ({"HTTPS_PROXY": P}, "http://bot-api.lan:8081", None),
        ({"HTTP_PROXY": P}, "http://bot-api.lan:8081", P),
        ({"ALL_PROXY": P}, API, P),
        ({"HTTPS_PROXY": "proxy:3128"}, API, P),
        ({"HTTPS_PROXY": P}, "https://127.0.0.1:1/x", None),
        ({"HTTPS_PROXY": P}, "https://[::1]:1/x", None),
        ({"HTTPS_PROXY": P}, "https://localhost/x", None),
        ({"HTTPS_PROXY": P, "NO_PROXY": "*"}, API, None),
        ({"HTTPS_PROXY": P, "NO_PROXY": "openrouter.ai"}, API, None),
        ({"HTTPS_PROXY": P, "NO_PROXY": "a.b, .openrouter.ai"}, "https://eu.openrouter.ai", None),
        ({"HTTPS_PROXY": P, "NO_PROXY": "router.ai"}, API, P),
        ({"HTTPS_PROXY": P, "NO_PROXY": "openrouter.ai:8443"}, API, P),
        ({"HTTPS_PROXY": P, "NO_PROXY": "openrouter.ai:443"}, API, None),
        ({"HTTPS_PROXY": P, "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/x", None),
        ({"HTTPS_PROXY": P, "no_proxy": "*.OpenRouter.ai"}, API, None),
        ({"HTTPS_PROXY": "socks5://proxy:1080"}, API, None),
    ],
)
def test_the_conventions_hold(environ: dict[str, str], url: str, proxy: str | None) -> None:
    assert rules(environ).proxy_for(url) == proxy


def test_the_setting_takes_the_place_of_the_variables_and_no_proxy_stays() -> None:
    chosen = rules({"HTTPS_PROXY": Q, "HTTP_PROXY": Q, "NO_PROXY": "api.telegram.org"}, P)

    assert chosen.proxy_for(API) == chosen.proxy_for("http://x.example") == P
    assert chosen.proxy_for("https://api.telegram.org/bot1/getMe") is None


def test_a_password_is_not_shown() -> None:
    assert shown("http://anna:winter@proxy:3128") == "http://proxy:3128"
    assert "winter" not in repr(ProxyRules("http://anna:winter@proxy:3128"))


def test_a_variable_that_cannot_be_used_is_named_without_its_value() -> None:
    [sentence] = unusable_variables({"ALL_PROXY": "socks5://anna:winter@proxy:1080", "HTTP_PROXY": P})
    assert sentence.startswith("ALL_PROXY is a SOCKS proxy") and "winter" not in sentence
