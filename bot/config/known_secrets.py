"""Secrets for redaction: every text of the configuration and the environment that no log may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

from bot.config.channels import token_of
from bot.config.keys import spare_keys
from bot.config.model import Config
from bot.config.profiles import StoredKey
from bot.core.errors import ConfigError

_PROXY = re.compile(r"(?:https?|all)_proxy", re.IGNORECASE)


def known_secrets(config: Config, environ: Mapping[str, str], stored: Iterable[StoredKey] = ()) -> Iterator[str]:
    """Every secret of this process. A reference that points nowhere yields none.

    Any value of a header or of the `env` block may be one; a proxy's password stands in its address.
    """
    yield from (spare.key for spare in spare_keys(environ))
    yield from (key.text(environ) for key in stored)
    yield from config.env.all.values()
    for name, address in environ.items():
        if _PROXY.fullmatch(name):
            yield from _passwords(address)
    if config.network.proxy is not None:
        yield from _passwords(_revealed(partial(config.network.proxy.reveal, environ)))
    openrouter = config.models.providers.openrouter
    for headers in (openrouter.headers, *(model.headers for model in config.tools.media.audio.models)):
        yield from headers.values()
    yield from filter(None, (_revealed(reveal) for reveal in _configured(config, environ)))


def _configured(config: Config, environ: Mapping[str, str]) -> Iterator[Callable[[], str]]:
    """How to read each secret that the configuration names."""
    telegram, discord = config.channels.telegram, config.channels.discord
    webhook = telegram.webhook if telegram else None
    providers = (config.models.providers.openrouter, config.speech.providers.openrouter)
    for secret in (*(provider.api_key for provider in providers), webhook.secret if webhook else None):
        if secret is not None:
            yield partial(secret.reveal, environ)
    for channel in (telegram, discord):
        if channel is not None:
            yield partial(token_of, channel, environ)


def _revealed(reveal: Callable[[], str]) -> str:
    try:
        return reveal()
    except ConfigError:
        return ""


def _passwords(address: str) -> tuple[str, ...]:
    """The password in a proxy's address, as it is written and as it is meant."""
    try:
        password = urlsplit(address).password or ""
    except ValueError:  # it is no address, so that nothing connects by it
        return ()
    return password, unquote(password)
