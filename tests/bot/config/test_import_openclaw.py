"""Bringing over an OpenClaw configuration: what is taken, renamed, left behind, and that it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.config import json5
from bot.config.edit import as_text
from bot.config.import_openclaw import Fate, Imported, bring_over
from bot.config.load import parse
from bot.config.model import Config
from bot.core.errors import ConfigError
from tests.bot.config import provider_page

THEIRS = """{
  // my assistant
  gateway: { port: 18789, auth: { token: "SECRETVALUE" } },
  env: { OPENROUTER_API_KEY: "sk-or-x", shellEnv: { enabled: true } },
  agents: {
    defaults: {
      workspace: "~/clawd",
      model: { primary: "anthropic/claude-opus-4-5", fallbacks: ["openrouter/auto", "ollama/llama"] },
      models: { "openrouter/auto": { alias: "auto", streaming: true } },
    },
    list: [{ id: "main", identity: { name: "Clawd" } }],
  },
  channels: {
    whatsapp: { allowFrom: ["*"] },
    telegram: {
      botToken: "1:SECRETVALUE", dmPolicy: "pairing", allowFrom: ["tg:12", "@me", 99],
      groupAllowFrom: [12], groups: { "-100": { requireMention: false, topics: {} } },
    },
    discord: {
      token: { source: "env", provider: "default", id: "DISCORD_BOT_TOKEN" },
      dm: { policy: "allowlist", allowFrom: ["7"], groupEnabled: false },
      guilds: { "5": { slug: "home", users: ["7"], channels: { "6": { allow: true, requireMention: false } } } },
    },
  },
  commands: { ownerAllowFrom: ["telegram:12"] },
  messages: { tts: { auto: "inbound", provider: "elevenlabs", providers: { openrouter: { voice: "nova" } } } },
  tools: { media: { audio: { models: [{ provider: "openai" }, { provider: "openrouter", model: "x/y" }] } } },
}"""


def _fates(imported: Imported) -> dict[str, Fate]:
    return {note.path: note.fate for note in imported.notes}


def test_what_means_something_here_is_kept() -> None:
    config = parse(bring_over(THEIRS).text)

    assert config.env.all == {"OPENROUTER_API_KEY": "sk-or-x"}
    assert config.agents.defaults.model.primary == "openrouter/anthropic/claude-opus-4-5"
    assert config.agents.defaults.model.fallbacks == ("openrouter/auto",)
    assert config.owners == ("telegram:12",)
    assert config.speech.providers.openrouter.chosen_voice == "nova"
    assert [model.model for model in config.tools.media.audio.models] == ["x/y"]
    telegram, discord = config.channels.telegram, config.channels.discord
    assert telegram is not None and discord is not None
    assert telegram.allow_from == ("12", "99")
    assert telegram.groups["-100"].allow_from == ("12",)
    assert (discord.dm_policy, discord.allow_from) == ("allowlist", ("7",))
    assert discord.guilds["5"].allow_from == ("7",)
    assert discord.guilds["5"].channels is not None
    assert not discord.guilds["5"].channels["6"].require_mention


def test_every_key_is_told_about() -> None:
    fates = _fates(bring_over(THEIRS))

    assert fates["gateway"] is Fate.DROPPED
    assert fates["channels.whatsapp"] is Fate.DROPPED
    assert fates["env.shellEnv"] is Fate.DROPPED
    assert fates["messages.tts.provider"] is Fate.DROPPED
    assert fates["channels.telegram.allowFrom"] is Fate.DROPPED  # @me
    assert fates["agents.defaults.model.primary"] is Fate.RENAMED
    assert fates["channels.discord.dm.policy"] is Fate.RENAMED
    assert fates["commands.ownerAllowFrom"] is Fate.RENAMED
    assert fates["channels.telegram.botToken"] is Fate.TAKEN
    assert fates["env.OPENROUTER_API_KEY"] is Fate.TAKEN


def test_no_secret_is_repeated() -> None:
    assert not any("SECRETVALUE" in f"{note.path} {note.detail}" for note in bring_over(THEIRS).notes)


@pytest.mark.parametrize("example", provider_page.ALL)
def test_a_file_that_is_ours_already_comes_through_unchanged(example: str) -> None:
    imported = bring_over(example)
    assert json5.parse(imported.text) == json5.parse(example)
    assert set(_fates(imported).values()) == {Fate.TAKEN}


@pytest.mark.parametrize("channel", ["telegram", "discord"])
@pytest.mark.parametrize(
    "theirs", ["{dmPolicy: 'open'}", "{allowFrom: ['*']}", "{dmPolicy: 'allowlist', allowFrom: ['*']}"]
)
def test_a_door_is_never_opened_by_bringing_it_over(channel: str, theirs: str) -> None:
    door = getattr(parse(bring_over(f"{{channels: {{{channel}: {theirs}}}}}").text).channels, channel)
    assert door.dm_policy != "open"
    assert "*" not in door.allow_from


_WORDS = "dm guilds groups allowFrom dmPolicy policy model models primary fallbacks providers openrouter tokenFile"
_THEIR_KEYS = st.sampled_from([*_WORDS.split(), "groupAllowFrom", "channels", "users", "allow", "botToken", "5", "x"])
_THEIR_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["open", "*", "openrouter/auto", "", "a/b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_THEIR_KEYS, inner, max_size=5),
    max_leaves=20,
)


def _section(*names: str) -> st.SearchStrategy[JsonValue]:
    inside = st.dictionaries(_THEIR_KEYS, _THEIR_VALUES, max_size=5)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, inside)) | _THEIR_VALUES


_THEIR_FILES = st.fixed_dictionaries(
    {},
    optional={
        "channels": _section("telegram", "discord"),
        "agents": _section("defaults"),
        "tools": _section("media"),
        "messages": _section("tts"),
        "commands": st.fixed_dictionaries({"ownerAllowFrom": _THEIR_VALUES}),
        "tts": _THEIR_VALUES,
        "env": _THEIR_VALUES,
        "gateway": _THEIR_VALUES,
    },
)


@given(_THEIR_FILES)
def test_whatever_is_brought_over_can_be_used(theirs: dict[str, JsonValue]) -> None:
    assert isinstance(parse(bring_over(as_text(theirs)).text), Config)


def test_a_broken_file_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="f:2: not JSON5"):
        bring_over("{\n a: }", "f")
