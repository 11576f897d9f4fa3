"""The setting `network.proxy`."""

from __future__ import annotations

import pytest

from bot.config.known_secrets import known_secrets
from bot.config.load import parse
from bot.config.network import proxy_rules
from bot.core.errors import ConfigError

API = "https://api.telegram.org"


def test_the_proxy_is_read_from_the_file_from_a_variable_and_from_the_environment() -> None:
    written = parse('{network: {proxy: "http://p:1"}}').network
    named = parse('{network: {proxy: "${MY_PROXY}"}}').network

    assert proxy_rules(written, {"HTTPS_PROXY": "http://q:2"}).proxy_for(API) == "http://p:1"
    assert proxy_rules(named, {"MY_PROXY": "http://r:3"}).proxy_for(API) == "http://r:3"
    assert proxy_rules(parse("{}").network, {"HTTPS_PROXY": "http://q:2"}).proxy_for(API) == "http://q:2"


@pytest.mark.parametrize("address", ["socks5://p:1", "p:1", "http://", "http://p:port"])
def test_an_address_that_cannot_be_used_is_refused_with_the_way_to_write_it(address: str) -> None:
    with pytest.raises(ConfigError, match=r"network\.proxy.*http://host:port"):
        parse(f'{{network: {{proxy: "{address}"}}}}')
    with pytest.raises(ConfigError, match=r"network\.proxy.*http://host:port"):
        proxy_rules(parse('{network: {proxy: "${P}"}}').network, {"P": address})


def test_the_password_of_a_proxy_is_a_secret() -> None:
    config = parse('{network: {proxy: "http://anna:winter%21@p:1"}}')

    assert {"winter%21", "winter!"} <= set(known_secrets(config, {}))
    assert "winter" not in repr(config)
