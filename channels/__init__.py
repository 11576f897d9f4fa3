"""Where people talk: Telegram, Discord, the local page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.config.channels import Channels
from bot.core.ports import Blobs, Channel, Clock, Cursors, PageLog


class ChannelStore(Cursors, Blobs, PageLog, Protocol):
    """The slices of the store that channels use."""


def make_channels(
    config: Channels, *, store: ChannelStore, environ: Mapping[str, str], menu: Mapping[str, str], clock: Clock
) -> tuple[Channel, ...]:
    """Every enabled channel, not yet connected. An adapter and its library are imported only when it is enabled.

    `menu` holds the slash commands with what they do. Raises `ConfigError` for a token that points nowhere
    and `ChannelDown` for one that cannot be a token."""
    channels: list[Channel] = []
    telegram, discord = config.telegram, config.discord
    if telegram is not None and telegram.enabled and telegram.bot_token is not None:
        from channels.telegram.adapter import TelegramChannel
        from channels.telegram.settings import TelegramSettings

        token = telegram.bot_token.reveal(environ, path="channels.telegram.botToken")
        channels.append(
            TelegramChannel(
                TelegramSettings(token, api_root=telegram.api_root, commands=tuple(menu.items())),
                cursors=store,
                blobs=store,
                clock=clock,
            )
        )
    if discord is not None and discord.enabled and discord.token is not None:
        from channels.discord.adapter import DiscordChannel
        from channels.discord.settings import DiscordSettings, SlashCommand

        token = discord.token.reveal(environ, path="channels.discord.token")
        commands = tuple(SlashCommand(name, about, "text") for name, about in menu.items())
        channels.append(
            DiscordChannel(
                DiscordSettings(token, api_base=discord.api_base, commands=commands),
                cursors=store,
                blobs=store,
                clock=clock,
            )
        )
    if config.web_enabled:
        from channels.web.adapter import WebChannel
        from channels.web.settings import WebSettings

        channels.append(WebChannel(WebSettings(port=config.web.port), log=store, blobs=store, clock=clock))
    return tuple(channels)
