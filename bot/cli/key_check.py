"""Live check of a provider key before it is stored: accepted with what it has left, refused, or kept unchecked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.cli.signin import KeyOptions, new_key
from bot.cli.terminal import Terminal, agrees
from bot.config.keys import OPENROUTER
from bot.config.model import Config
from bot.config.profiles import StoredKey
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused, ProviderError
from bot.openrouter import configured
from bot.openrouter.account import Account, account
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.signin.oauth import Places

PREFIX = "sk-or-"


def checked_key(
    options: KeyOptions, terminal: Terminal, config: Config, environ: Mapping[str, str], *, places: Places | None = None
) -> StoredKey:
    """The key to store, once the provider was asked about it. A refused key that was typed is asked for again at a
    terminal. Raises as `new_key`, and `KeyRefused`."""
    while True:
        key = new_key(options, terminal, environ, places=places)
        text = key.text(environ)
        try:
            if looks_wrong(config, text) and not _used_all_the_same(terminal):
                raise KeyRefused("That is no OpenRouter key: they begin with sk-or-. Copy it from openrouter.ai/keys.")
            terminal.say(asyncio.run(key_sentence(config, text)))
        except KeyRefused as error:
            if options.oauth or options.reference or not terminal.interactive:
                raise
            terminal.say(str(error))
            options, environ = replace(options, key_text=""), {}
        else:
            return key


def looks_wrong(config: Config, text: str) -> bool:
    """Whether a text cannot be a key of OpenRouter itself; another host may have keys of any form."""
    base_url = config.models.providers.openrouter.base_url
    return base_url in (None, *OPENROUTER) and not text.startswith(PREFIX)


def _used_all_the_same(terminal: Terminal) -> bool:
    return terminal.interactive and agrees(
        terminal,
        "That does not look like a key of OpenRouter (they begin with sk-or-). Use it all the same?",
        default=False,
    )


async def key_sentence(config: Config, text: str) -> str:
    """What the provider says of a key, in one sentence. Raises `KeyRefused`."""
    try:
        async with OpenRouterClient(configured.route(config, text), clock=SystemClock()) as client:
            return f"The key is accepted{_left(await account(client))}."
    except KeyRefused as error:
        raise KeyRefused(f"This key is refused. Copy it again from openrouter.ai/keys. ({error})") from error
    except ProviderError as error:
        return f"The key is kept unchecked; `voxline doctor` checks it later. ({error})"


def _left(balances: Account) -> str:
    limit = balances.key.remaining if balances.key else None
    if limit is not None:
        return f", ${limit:.2f} left of its limit"
    return "" if balances.balance is None else f", ${balances.balance:.2f} on the account"
