"""The agent's settings from the configuration: access rules, models, voice, budget, character."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.agent.assembly import AgentSettings
from bot.agent.background.jobs import SECONDS_FOR_A_CLIP
from bot.agent.commands.choosing import ModelChoices
from bot.agent.policy.access import AccessRules, DmPolicy, RoomRules
from bot.agent.policy.budget import MICRO, BudgetLimits
from bot.agent.policy.transcription_policy import Rule, TranscriptionPolicy
from bot.agent.prompt import Character
from bot.agent.speak import VoiceChoice, VoiceMode, VoiceSettings
from bot.config.agents import AgentDefaults
from bot.config.channels import Discord, Guild, Telegram
from bot.config.channels import Room as RoomConfig
from bot.config.choose import chosen_by_person, find_model
from bot.config.model import Config
from bot.config.speech import Audio, Tts

WEB_DOOR = AccessRules(dm=DmPolicy.OPEN, allow_from=frozenset({"*"}), owners=frozenset({"you"}))
"""The local page: a person who has its token sits at this machine."""


def agent_settings(config: Config) -> AgentSettings:
    """The agent's settings."""
    defaults = config.agents.defaults
    chosen = config.agents.active.model or defaults.model
    default = find_model(defaults, chosen.primary)
    speech, audio, limits = config.speech, config.tools.media.audio, config.limits
    summary = find_model(defaults, speech.summary_model) if speech.summary_model else default
    return AgentSettings(
        models=models(defaults, default),
        doors=doors(config),
        voice=voice_settings(speech, summary if speech.summarize else ""),
        character=character(config),
        budget=BudgetLimits(
            microdollars(limits.dollars_per_day),
            microdollars(limits.dollars_per_person_per_day),
            microdollars(limits.dollars_per_month),
            microdollars(limits.dollars_per_person_per_month),
        ),
        echo=audio.echo_format if audio.echo_transcript else "",
        language=audio.language,
        hearing=hearing(audio),
        zone=defaults.user_timezone,
        clip_seconds=SECONDS_FOR_A_CLIP if defaults.video.timeout_ms is None else defaults.video.timeout_ms / 1000,
        picture_folders=tuple(map(Path, defaults.media_local_roots)),
        turns_at_once=limits.turns_at_once,
        messages_per_minute=limits.messages_per_minute or 1_000_000,
    )


def hearing(audio: Audio) -> TranscriptionPolicy:
    """Which recordings are transcribed."""
    rules = (
        Rule(rule.action == "allow", rule.match.channel, rule.match.chat_type, rule.match.key_prefix)
        for rule in audio.scope.rules
    )
    return TranscriptionPolicy(audio.attachments.at_most, tuple(rules), audio.scope.default == "allow")


def voice_settings(speech: Tts, summary: str) -> VoiceSettings:
    """When answers are spoken, and what the answering model may choose about it."""
    overrides = speech.model_overrides
    allowed = {
        VoiceChoice.TEXT: overrides.allow_text,
        VoiceChoice.VOICE: overrides.allow_voice,
        VoiceChoice.MODEL: overrides.allow_model_id,
        VoiceChoice.SPEED: overrides.allow_voice_settings,
    }
    return VoiceSettings(
        VoiceMode(speech.auto),
        min(speech.max_length, speech.max_text_length),
        summary,
        choices=frozenset(choice for choice, allows in allowed.items() if overrides.enabled and allows),
    )


def models(defaults: AgentDefaults, default: str) -> ModelChoices:
    """What people may choose from."""
    return ModelChoices(
        default,
        tuple(dict.fromkeys((default, *defaults.models))),
        partial(chosen_by_person, defaults, default),
        {ref: entry.alias for ref, entry in defaults.models.items() if entry.alias},
        closed=bool(defaults.models),
    )


def character(config: Config) -> Character:
    """Who the active agent is: what is written for all agents comes before its own."""
    agents = config.agents
    prompts = (agents.defaults.system_prompt.strip(), agents.active.system_prompt.strip())
    return Character(agents.active.name.strip() or Character().name, "\n\n".join(part for part in prompts if part))


def microdollars(dollars: float | None) -> int | None:
    """A limit as the ledger counts; None for none."""
    return None if dollars is None else round(dollars * MICRO)


def doors(config: Config) -> dict[str, AccessRules]:
    """The access rules of every channel."""
    rules = {"web": WEB_DOOR} if config.channels.web_enabled else {}
    for name, channel in (("telegram", config.channels.telegram), ("discord", config.channels.discord)):
        if channel is not None and channel.enabled:
            rules[name] = AccessRules(
                dm=DmPolicy(channel.dm_policy),
                allow_from=frozenset(channel.allow_from),
                bots=channel.allow_bots,
                guests_in_rooms=channel.guests_in_groups,
                rooms=rooms(channel),
                owners=frozenset(owner.partition(":")[2] for owner in config.owners if owner.startswith(f"{name}:")),
            )
    return rules


def rooms(channel: Telegram | Discord) -> dict[str, RoomRules]:
    """The groups or servers that are served."""
    listed: Mapping[str, RoomConfig | Guild] = channel.groups if isinstance(channel, Telegram) else channel.guilds
    return {room_id: room_of(room) for room_id, room in listed.items() if room.enabled}


def room_of(written: RoomConfig | Guild) -> RoomRules:
    """One group, or one server with its channels."""
    allowed = None if written.allow_from is None else frozenset(written.allow_from)
    room = RoomRules(written.require_mention, allowed, written.system_prompt)
    if not isinstance(written, Guild) or written.channels is None:
        return room
    inside = {name: channel_of(channel, room) for name, channel in written.channels.items() if channel.enabled}
    return replace(room, channels=inside)


def channel_of(written: RoomConfig, server: RoomRules) -> RoomRules:
    """A channel of a server: what it does not say is as in the server, and both prompts count."""
    written_keys = written.model_fields_set
    allowed = server.allow_from if written.allow_from is None else frozenset(written.allow_from)
    prompt = "\n\n".join(part for part in (server.prompt, written.system_prompt) if part)
    return RoomRules(
        written.require_mention if "require_mention" in written_keys else server.require_mention, allowed, prompt
    )
