"""Where people talk: Telegram, Discord, the local page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.config.channels import Webhook, token_of
from bot.config.model import Config
from bot.config.network import proxy_rules
from bot.core.errors import ConfigError
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs, Cursors, PageLog


class ChannelStore(Cursors, Blobs, PageLog, Protocol):
    """The slices of the store that channels use."""


def make_channels(
    config: Config,
    *,
    store: ChannelStore,
    environ: Mapping[str, str],
    menu: Mapping[str, str],
    clock: Clock,
    page_key: str,
) -> tuple[Channel, ...]:
    """Every enabled channel, not yet connected. An adapter and its library are imported only when it is enabled.

    `menu` holds the slash commands with what they do, `page_key` opens the local page. Raises `ConfigError` for a
    token that is missing or cannot be one, and for a proxy that cannot be used."""
    channels: list[Channel] = []
    proxies = proxy_rules(config.network, environ)
    telegram, discord, page = config.channels.telegram, config.channels.discord, config.channels.web
    if telegram is not None and telegram.enabled:
        from channels.telegram.adapter import TelegramChannel
        from channels.telegram.settings import TelegramSettings, WebhookSettings

        token = token_of(telegram, environ)
        webhook = None
        if (pushed := telegram.webhook) is not None:
            webhook = WebhookSettings(pushed.url, pushed.port, _secret_of(pushed, environ), pushed.asked_path)
        settings = TelegramSettings(
            token, api_root=telegram.api_root, commands=tuple(menu.items()), webhook=webhook, proxies=proxies
        )
        channels.append(TelegramChannel(settings, cursors=store, blobs=store, clock=clock))
    if discord is not None and discord.enabled:
        from channels.discord.adapter import DiscordChannel
        from channels.discord.settings import DiscordSettings, SlashCommand

        token = token_of(discord, environ)
        commands = tuple(SlashCommand(name, about, "text") for name, about in menu.items())
        channels.append(
            DiscordChannel(
                DiscordSettings(token, api_base=discord.api_base, commands=commands, proxies=proxies),
                cursors=store,
                blobs=store,
                clock=clock,
            )
        )
    if config.channels.web_enabled:
        from channels.web.adapter import WebChannel
        from channels.web.settings import WebSettings

        channels.append(WebChannel(WebSettings(port=page.port, token=page_key), log=store, blobs=store, clock=clock))
    return tuple(channels)


def _secret_of(webhook: Webhook, environ: Mapping[str, str]) -> str:
    """The secret. Without one a stranger who finds the address could speak as anybody, so there is no webhook then."""
    path = "channels.telegram.webhook.secret"
    if webhook.secret is None:
        raise ConfigError("there is no secret", path=path, fix="Set it to what `openssl rand -hex 32` prints.")
    return webhook.secret.reveal(environ, path=path)
