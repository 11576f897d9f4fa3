"""From the configuration to what the agent is told: who may talk, which models, when to speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.agent.access import DmPolicy, Door, Room
from bot.agent.assembly import AgentSettings
from bot.agent.commands.choosing import Models
from bot.agent.speak import VoiceMode, VoiceSettings
from bot.config.channels import Discord, Guild, Telegram
from bot.config.channels import Room as RoomConfig
from bot.config.choose import allowed, find_model
from bot.config.keys import ENV_NAME
from bot.config.model import Config
from bot.config.secret import Secret
from bot.core.errors import ConfigError

WEB_DOOR = Door(dm=DmPolicy.OPEN, allow_from=frozenset({"*"}), owners=frozenset({"you"}))
"""The local page: whoever has its token sits at this machine."""


def agent_settings(config: Config) -> AgentSettings:
    """What the operator decided about the agent."""
    defaults = config.agents.defaults
    chosen = config.agents.active.model or defaults.model
    default = find_model(defaults, chosen.primary)
    speech = config.speech

    def resolve(text: str) -> str:
        ref = find_model(defaults, text)
        if not allowed(defaults, ref):
            raise ConfigError(f"{ref!r} is not among the models allowed here", fix="/model shows them")
        return ref

    return AgentSettings(
        models=Models(default, tuple(dict.fromkeys((default, *defaults.models))), resolve),
        doors=doors(config),
        voice=VoiceSettings(VoiceMode(speech.auto), speech.max_length),
        language=config.tools.media.audio.language,
        zone=defaults.user_timezone,
        turns_at_once=config.limits.turns_at_once,
        messages_per_minute=config.limits.messages_per_minute or 1_000_000,
    )


def doors(config: Config) -> dict[str, Door]:
    """The access rules of every channel."""
    found = {"web": WEB_DOOR}
    for name, channel in (("telegram", config.channels.telegram), ("discord", config.channels.discord)):
        if channel is not None:
            found[name] = Door(
                dm=DmPolicy(channel.dm_policy),
                allow_from=frozenset(channel.allow_from),
                rooms=rooms(channel),
                owners=frozenset(owner.partition(":")[2] for owner in config.owners if owner.startswith(f"{name}:")),
            )
    return found


def rooms(channel: Telegram | Discord) -> dict[str, Room]:
    """The groups or servers that are served."""
    listed: Mapping[str, RoomConfig | Guild] = channel.groups if isinstance(channel, Telegram) else channel.guilds
    return {
        room_id: Room(room.require_mention, None if room.allow_from is None else frozenset(room.allow_from))
        for room_id, room in listed.items()
        if room.enabled
    }


def known_secrets(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    """Every secret this process was given, for redaction. One that points nowhere is nobody's secret."""
    yield environ.get(ENV_NAME, "")
    openrouter = config.models.providers.openrouter
    channels = config.channels
    secrets = [
        openrouter.api_key,
        config.speech.providers.openrouter.api_key,
        channels.telegram.bot_token if channels.telegram else None,
        channels.discord.token if channels.discord else None,
    ]
    for secret in secrets:
        if isinstance(secret, Secret):
            try:
                yield secret.reveal(environ)
            except ConfigError:
                continue
