"""The section `network`: the outgoing HTTP proxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from bot.config.secret import Secret, SecretField, secret_schema
from bot.config.section import Section
from bot.core.errors import ConfigError
from bot.net.proxy import ProxyRules, mistake, rules

PATH = "network.proxy"
_PATTERN = (
    r"^\s*(\$\{[A-Za-z_][A-Za-z0-9_]*\}"
    r"|https?://([^\s/?#@]*@)?(\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(:\d{0,5})?([/?#].*)?)\s*$"
)


def _address(secret: Secret) -> Secret:
    if secret.value and (fault := mistake(secret.value)):
        raise ValueError(fault)
    return secret


class Network(Section):
    """`proxy` takes the place of HTTPS_PROXY and HTTP_PROXY; like a secret it may lie elsewhere, for its password."""

    proxy: Annotated[SecretField, AfterValidator(_address), secret_schema(_PATTERN)] | None = None


def proxy_rules(network: Network, environ: Mapping[str, str]) -> ProxyRules:
    """Which requests to the provider and the platforms go through a proxy. Raises `ConfigError` where `network.proxy`
    points at nothing, or at an address that cannot be used."""
    if network.proxy is None:
        return rules(environ)
    address = network.proxy.reveal(environ, path=PATH)
    if fault := mistake(address):
        raise ConfigError(f"the address {fault}", path=PATH, fix="Mend it, or take network.proxy out.")
    return rules(environ, address)
