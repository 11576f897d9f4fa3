"""Settings of the Discord channel."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.errors import ConfigError
from bot.net.proxy import ProxyRules


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command that Discord offers while people type. `name` is lower case, `description` 100 characters at
    most. `argument` names its one optional text argument ("" for none)."""

    name: str
    description: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """`api_base` points REST at another server, and the gateway at the one that server names.

    `connect_seconds` bounds the first connection. `guild_wait_seconds` is how long the client waits for
    one more server to be announced before it counts as ready. A connection that says nothing for `silence_seconds`, not
    even that it heard a heartbeat, counts as dead. `proxies` hold for REST, gateway and files.
    Raises `ConfigError` for a token that cannot be one.
    """

    token: str = field(repr=False)
    api_base: str = "https://discord.com/api/v10"
    commands: tuple[SlashCommand, ...] = ()
    connect_seconds: float = 60.0
    guild_wait_seconds: float = 2.0
    silence_seconds: float = 60.0
    proxies: ProxyRules = field(default=ProxyRules(), repr=False)

    def __post_init__(self) -> None:
        if not self.token.isascii() or any(letter.isspace() for letter in self.token):
            raise ConfigError(
                "the token holds letters that no Discord token has",
                path="channels.discord.token",
                fix="Copy it again from the Bot page of the application at discord.com/developers/applications.",
            )
