"""Reasons for OpenClaw settings without a counterpart here, a few words each."""

from __future__ import annotations

from collections.abc import Sequence

_ABOUT_ITSELF = "a note of the other program about itself"
_ONE_AGENT = "one agent answers everywhere, in its own conversations"
_NO_COMPUTER = "the agent draws, films, sings and reminds; it does not use a computer"
_BY_ITSELF = "this needs no setting here"

_REASONS = {
    "acp": _NO_COMPUTER,
    "agents.defaults.compaction": "long conversations are shortened by themselves",
    "agents.defaults.heartbeat": "the agent speaks when it is spoken to, or reminds",
    "agents.defaults.imageModel": "the model that answers also looks at pictures",
    "agents.defaults.maxConcurrent": "see limits.turnsAtOnce",
    "agents.defaults.sandbox": _NO_COMPUTER,
    "agents.defaults.workspace": "there is no workspace; see systemPrompt",
    "agents.list.groupChat": "the agent is called by its name",
    "agents.list.sandbox": _NO_COMPUTER,
    "agents.list.tools": _NO_COMPUTER,
    "agents.list.workspace": "there is no workspace; see systemPrompt",
    "approvals": _NO_COMPUTER,
    "auth.cooldowns": "a refused key rests by itself",
    "bindings": _ONE_AGENT,
    "browser": _NO_COMPUTER,
    "canvasHost": "there is no canvas",
    "channels": "this channel is not served",
    "channels.defaults": "each channel is set by itself",
    "channels.discord": "there is no such setting for discord",
    "channels.telegram": "there is no such setting for telegram",
    "channels.telegram.accounts": "one bot is served; run a second daemon for another",
    "channels.discord.accounts": "one bot is served; run a second daemon for another",
    "channels.telegram.webhookUrl": "messages are fetched; no webhook is needed",
    "channels.telegram.webhookSecret": "messages are fetched; no webhook is needed",
    "channels.telegram.webhookPath": "messages are fetched; no webhook is needed",
    "commands": "commands need no setting",
    "cron": "reminders are set in the chat",
    "discovery": "there is no gateway to find",
    "gateway": "there is no gateway: the daemon talks to the channels itself",
    "hooks": "there are no hooks",
    "identity": "write agents.list[0].name",
    "mcp": _NO_COMPUTER,
    "memory": _BY_ITSELF,
    "messages": _BY_ITSELF,
    "messages.tts": "only openrouter speaks here, with no such setting",
    "meta": _ABOUT_ITSELF,
    "models.mode": "the catalog of OpenRouter is always used",
    "models.providers": "every model is asked through openrouter",
    "models.providers.openrouter": "there is no such setting for openrouter",
    "models.providers.openrouter.models": "the catalog of OpenRouter says this",
    "plugins": "there are no plugins",
    "secrets": 'a secret is a text, or {source: "env", id: NAME}, or {file: PATH}',
    "session": _ONE_AGENT,
    "skills": "there are no skills",
    "talk": "see messages.tts",
    "tools": _NO_COMPUTER,
    "tools.media": "pictures are looked at and voice notes heard without further settings",
    "tts": "only openrouter speaks here, with no such setting",
    "ui": "there is no such page",
    "update": _ABOUT_ITSELF,
    "wizard": _ABOUT_ITSELF,
}


def reason(path: Sequence[str | int]) -> str:
    """Why the key at `path` does not apply: the reason of its nearest known section."""
    names = [part for part in path if isinstance(part, str)]
    for depth in range(len(names), 0, -1):
        if reason := _REASONS.get(".".join(names[:depth])):
            return reason
    return "there is no such setting here"
