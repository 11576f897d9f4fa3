"""Why Discord closed the door for good, and what the operator can do.

Source: Discord docs, Gateway Close Event Codes.
"""

from __future__ import annotations

import discord

from bot.core.errors import ChannelDown

PORTAL = "https://discord.com/developers/applications"
_ADVICE = {
    4004: f"Discord does not accept the bot token: copy a new one from {PORTAL} (Bot, Reset Token) into the settings",
    4010: "Discord refused the shard (4010); this daemon runs one shard only: remove any sharding proxy before it",
    4011: "this bot is in too many servers for one connection (4011); leave some, below 2500 one is enough",
    4012: "Discord no longer speaks this gateway version (4012): install a newer release of this program",
    4013: "Discord does not know the requested intents (4013): install a newer release of this program",
    4014: f"Discord denies a privileged intent (4014): open {PORTAL}, your application, Bot, Privileged Gateway "
    "Intents, and save the switches there once more",
}


def login_refused() -> ChannelDown:
    return ChannelDown(f"{_ADVICE[4004]} (401)")


def closed_for_good(
    error: discord.PrivilegedIntentsRequired | discord.ConnectionClosed, flags: discord.ApplicationFlags | None
) -> ChannelDown:
    """What the close code asks the operator to do. `flags` say which switches of the portal are on."""
    code = 4014 if isinstance(error, discord.PrivilegedIntentsRequired) else error.code
    granted = flags and (flags.gateway_message_content or flags.gateway_message_content_limited)
    if code == 4014 and not granted:
        return ChannelDown(
            f"Discord denies the Message Content intent (4014): open {PORTAL}, your application, Bot, Privileged "
            "Gateway Intents, and switch on MESSAGE CONTENT INTENT; then start again"
        )
    return ChannelDown(_ADVICE.get(code, f"Discord closed the connection with code {code}; see {PORTAL}"))
