"""Live checks of `voxline doctor` over the network: the API key, and the bots behind the tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from bot.cli.findings import Finding, fail, ok, warn
from bot.cli.setup import Setup
from bot.cli.tokens import discord_bot, telegram_bot
from bot.config.agents import DEFAULT_MODEL, ModelChoice
from bot.config.channels import Discord, Telegram, token_of
from bot.config.choose import among, find_model, nearest
from bot.config.network import proxy_rules
from bot.core.clock import SystemClock
from bot.core.errors import ChannelDown, ConfigError, KeyRefused, NotSent, ProviderError, StateError
from bot.net.proxy import ProxyRules
from bot.openrouter import configured
from bot.openrouter.account import Account, account
from bot.openrouter.catalog import Catalog
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.refs import ref_of


async def services(setup: Setup) -> tuple[Finding, ...]:
    """One finding or more for the provider and for each channel that is on, asked all at once."""
    configured = setup.config.channels
    asked = [_provider(setup), _models(setup)]
    if configured.telegram is not None and configured.telegram.enabled:
        asked.append(_telegram(setup, configured.telegram))
    if configured.discord is not None and configured.discord.enabled:
        asked.append(_discord(setup, configured.discord))
    return tuple(finding for findings in await asyncio.gather(*asked) for finding in findings)


async def _provider(setup: Setup) -> Iterable[Finding]:
    try:
        key = setup.key()
        if key is None:
            return ()  # already reported among the keys
        async with OpenRouterClient(
            configured.route(setup.config, key.key),
            clock=SystemClock(),
            proxies=proxy_rules(setup.config.network, setup.environ),
        ) as client:
            credit = await account(client)
    except (ConfigError, StateError):
        return ()  # already reported among the keys
    except KeyRefused as error:
        return (fail("openrouter", str(error), "Sign in again: `voxline models auth login --provider openrouter`."),)
    except ProviderError as error:
        return (warn("openrouter", str(error), "Check the network and openrouter.ai, then try again."),)
    return (_money(credit),)


async def _models(setup: Setup) -> Iterable[Finding]:
    """A finding for each chat model that the provider's list does not hold; none where there is no list."""
    try:
        key = setup.key()
    except (ConfigError, StateError):
        key = None
    if key is None:
        return ()
    choice = setup.config.agents.active.model or setup.config.agents.defaults.model
    async with OpenRouterClient(configured.route(setup.config, key.key), clock=SystemClock()) as client:
        overrides = configured.catalog_overrides(setup.config)
        listed = await Catalog(client, clock=SystemClock(), path=None, overrides=overrides).models()
    refs = [ref_of(facts.slug) for facts in listed]
    return tuple(_unlisted(ref, refs) for ref in _refs(setup, choice) if refs and not among(ref, refs))


def _refs(setup: Setup, choice: ModelChoice) -> Iterable[str]:
    """The models that answer, by reference; a short name stands for its model."""
    for written in (choice.primary, *choice.fallbacks):
        with suppress(ConfigError):  # reported by the rehearsal
            if (ref := find_model(setup.config.agents.defaults, written)) != DEFAULT_MODEL:
                yield ref


def _unlisted(ref: str, refs: list[str]) -> Finding:
    near = nearest(ref, refs)
    hint = f"Did you mean {near!r}? `voxline models set {near}`." if near else "`voxline models list --all` shows them."
    return warn("model", f"{ref} is not in OpenRouter's list", hint)


def _money(credit: Account) -> Finding:
    """Whether there is something left to pay with, of the key's own limit and of the account."""
    limit = credit.key.remaining if credit.key else None
    if limit is not None and limit <= 0:
        return fail("openrouter", "the key's limit is used up", "Raise it at openrouter.ai/keys.")
    if credit.balance is not None and credit.balance <= 0:
        return warn("openrouter", "the account is out of credit", "Only free models answer: openrouter.ai/credits.")
    left = [f"${limit:.2f} left of its limit"] if limit is not None else []
    left += [f"${credit.balance:.2f} on the account"] if credit.balance is not None else []
    return ok("openrouter", ", ".join(["the key is accepted", *left]))


async def _telegram(setup: Setup, channel: Telegram) -> Iterable[Finding]:
    try:
        bot = await telegram_bot(token_of(channel, setup.environ), channel.api_root, proxies=proxies(setup))
    except (ConfigError, ChannelDown, NotSent) as error:
        return (_unknown("telegram", error),)
    bot_is = ok("telegram", f"@{bot.username}")
    return (bot_is, _PRIVACY) if channel.groups and not bot.reads_groups else (bot_is,)


async def _discord(setup: Setup, channel: Discord) -> Iterable[Finding]:
    try:
        bot = await discord_bot(token_of(channel, setup.environ), channel.api_base, proxies=proxies(setup))
    except (ConfigError, ChannelDown, NotSent) as error:
        return (_unknown("discord", error),)
    return (ok("discord", bot.name),) if bot.reads_content else (ok("discord", bot.name), _INTENT)


def proxies(setup: Setup) -> ProxyRules:
    """Which requests go through a proxy. Raises `ConfigError`."""
    return proxy_rules(setup.config.network, setup.environ)


def _unknown(name: str, error: ConfigError | ChannelDown | NotSent) -> Finding:
    """The finding for a bot that could not be asked."""
    match error:
        case ConfigError():
            return fail(name, f"{error.path}: {error.message}", error.fix)
        case ChannelDown():
            return fail(name, "the token is refused", str(error))
        case NotSent():
            return warn(name, "not reached", str(error))


_PRIVACY = warn(
    "telegram",
    "in groups it only sees commands and replies",
    "In @BotFather: /setprivacy, Disable; then remove the bot from its groups and add it again.",
)
_INTENT = fail(
    "discord",
    "it may not read what people write",
    "On discord.com/developers/applications, page Bot: switch on Message Content Intent.",
)
