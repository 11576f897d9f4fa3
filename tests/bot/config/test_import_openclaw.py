"""Bringing over an OpenClaw configuration: what is taken, renamed, left behind, and that it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.config import json5
from bot.config.edit import as_text
from bot.config.import_openclaw import Imported, bring_over
from bot.config.load import parse
from bot.config.model import Config
from bot.config.openclaw_notes import Fate, Keys
from bot.core.errors import ConfigError
from tests.bot.config import openclaw_files, provider_page

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
    assert fates["env.shellEnv.enabled"] is Fate.TAKEN
    assert fates["messages.tts.provider"] is Fate.DROPPED
    assert fates["channels.telegram.allowFrom"] is Fate.TAKEN  # without @me
    assert fates["agents.defaults.model.primary"] is Fate.RENAMED
    assert fates["channels.discord.dm.policy"] is Fate.RENAMED
    assert fates["commands.ownerAllowFrom"] is Fate.RENAMED
    assert fates["channels.telegram.botToken"] is Fate.TAKEN
    assert fates["env.OPENROUTER_API_KEY"] is Fate.TAKEN


FILES = [THEIRS, openclaw_files.OLDER, openclaw_files.NEWER]


@pytest.mark.parametrize("theirs", FILES)
def test_no_secret_is_repeated(theirs: str) -> None:
    assert not any("SECRETVALUE" in f"{note.path} {note.detail}" for note in bring_over(theirs).notes)


def _deepest(value: JsonValue, keys: Keys = ()) -> Iterator[Keys]:
    """Every key and entry of a file that holds no further ones."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inside and keys:
        yield keys
    for key, inner in inside:
        yield from _deepest(inner, (*keys, key))


def _lines(keys: Keys, imported: Imported) -> int:
    """How many lines of the report stand for a key: those about it, or about what it stands in."""
    return sum(keys[: len(note.keys)] == note.keys for note in imported.notes)


@pytest.mark.parametrize("theirs", FILES)
def test_every_key_of_a_file_has_exactly_one_line(theirs: str) -> None:
    imported = bring_over(theirs)
    assert {keys: _lines(keys, imported) for keys in _deepest(json5.parse(theirs)) if _lines(keys, imported) != 1} == {}


def test_a_whole_and_its_parts_are_not_both_told() -> None:
    theirs = """{
      agents: { list: [{ id: "main", identity: { name: "Clawd", emoji: "C" }, workspace: "~" }, { id: "two" }] },
      commands: { native: true, ownerAllowFrom: ["telegram:1"] },
      channels: { telegram: { allowFrom: ["@me", "@you", 3] }, discord: { guilds: { "*": { users: ["7"] } } } },
      logging: {},
    }"""
    assert [(note.path, note.fate.value, note.detail) for note in bring_over(theirs).notes] == [
        ("agents.list[0].id", "taken", ""),
        ("agents.list[0].identity.emoji", "does not apply", "there is no such setting here"),
        ("agents.list[0].identity.name", "renamed", "name"),
        ("agents.list[0].workspace", "does not apply", "there is no workspace; see systemPrompt"),
        ("agents.list[1]", "taken", ""),
        ('channels.discord.guilds["*"].users', "renamed", "allowFrom"),
        (
            "channels.telegram.allowFrom",
            "taken",
            "without '@me', '@you': only numeric ids let somebody in",
        ),
        ("commands.native", "does not apply", "commands need no setting"),
        ("commands.ownerAllowFrom", "renamed", "owners"),
        ("logging", "does not apply", "nothing is set there"),
    ]


def test_all_that_is_to_know_about_a_key_stands_in_its_line() -> None:
    (note,) = bring_over("{channels: {discord: {allowFrom: ['Ann', '*']}}}").notes
    assert (note.fate, note.detail) == (
        Fate.TAKEN,
        'without \'Ann\': only numeric ids let somebody in; "*" counts only with dmPolicy: "open"',
    )


def test_entries_of_a_list_are_told_by_their_place_in_the_file_that_was_read() -> None:
    theirs = """{ tools: { media: { audio: { models: [
      { provider: "openai", model: "a" }, { provider: "openrouter", model: "b", speed: 1 },
    ] } } } }"""
    assert [note.path for note in bring_over(theirs).notes] == [
        "tools.media.audio.models[0]",
        "tools.media.audio.models[1].model",
        "tools.media.audio.models[1].provider",
        "tools.media.audio.models[1].speed",
    ]


@pytest.mark.parametrize("theirs", FILES)
def test_whatever_does_not_apply_says_why(theirs: str) -> None:
    notes = bring_over(theirs).notes
    assert [note.path for note in notes if note.fate is Fate.DROPPED and not note.detail] == []


def test_a_file_of_the_older_shape_is_brought_over() -> None:
    config = parse(bring_over(openclaw_files.OLDER).text)

    assert set(config.auth.order) == {"openrouter"}
    assert set(config.agents.defaults.models) == {"openrouter/auto", "openrouter/anthropic/claude-opus-4-6"}
    assert config.agents.defaults.music.primary == "openrouter/google/lyria-3-pro-preview"
    assert config.agents.active.name == "Clawd"
    assert config.agents.active.model is not None
    assert config.agents.active.model.primary == "openrouter/anthropic/claude-opus-4-6"
    assert config.models.providers.openrouter.params == {"provider": {"sort": "latency"}}
    discord = config.channels.discord
    assert discord is not None
    assert set(discord.guilds) == {"123456789012345678"}
    assert set(discord.guilds["123456789012345678"].channels or {}) == {"5"}


def test_a_file_of_the_newer_shape_is_brought_over() -> None:
    config = parse(bring_over(openclaw_files.NEWER).text)

    assert config.env.all == {"OPENROUTER_API_KEY": "sk-or-x"}
    assert config.agents.defaults.model.primary == "openrouter/google/gemini-3.1-pro"
    assert config.agents.defaults.image.primary == "openrouter/openai/gpt-5.4-image-2"
    assert config.agents.defaults.video.primary == "openrouter/google/veo-3.1-fast"
    assert (config.agents.active.system_prompt, config.agents.active.thinking_default) == ("Be terse.", "high")
    assert (config.speech.auto, config.speech.providers.openrouter.chosen_voice) == ("inbound", "af_bella")
    assert config.channels.telegram is not None
    assert config.channels.telegram.groups == {}  # groupPolicy: "disabled"


def test_speech_that_was_switched_off_stays_off() -> None:
    config = parse(bring_over("{tts: {enabled: false, auto: 'always'}}").text)
    assert config.speech.auto == "off"


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
    section: st.SearchStrategy[JsonValue] = st.fixed_dictionaries({}, optional=dict.fromkeys(names, inside))
    return section | _THEIR_VALUES


_THEIR_FILES = st.fixed_dictionaries(
    {},
    optional={
        "channels": _section("telegram", "discord"),
        "agents": _section("defaults"),
        "tools": _section("media"),
        "messages": _section("tts"),
        "commands": st.fixed_dictionaries({"ownerAllowFrom": _THEIR_VALUES}),
        "tts": _THEIR_VALUES,
        "auth": _section("order", "profiles"),
        "env": _THEIR_VALUES,
        "gateway": _THEIR_VALUES,
    },
)


def test_a_model_without_a_name_is_left_out_where_it_was_written() -> None:
    imported = bring_over('{ agents: { defaults: { model: "" } } }')

    assert [note.path for note in imported.notes] == ["agents.defaults.model"]
    assert parse(imported.text) == Config()


@given(_THEIR_FILES)
@example({"agents": {"defaults": {"model": ""}}, "channels": {"telegram": {"allowFrom": [None, ""]}}})
def test_whatever_is_brought_over_can_be_used(theirs: dict[str, JsonValue]) -> None:
    imported = bring_over(as_text(theirs))

    assert isinstance(parse(imported.text), Config)
    assert {keys: _lines(keys, imported) for keys in _deepest(theirs) if _lines(keys, imported) != 1} == {}


def test_a_broken_file_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="f:2: not JSON5"):
        bring_over("{\n a: }", "f")


def test_what_openclaw_says_about_speaking_and_listening_is_taken() -> None:
    theirs = """{
      messages: { tts: { auto: "tagged", summaryModel: "openai/gpt-4.1-mini",
        modelOverrides: { enabled: true, allowProvider: true, allowVoice: false } } },
      tools: { media: { audio: {
        attachments: { mode: "all", maxAttachments: 2, prefer: "first" },
        scope: { default: "deny", rules: [{ action: "allow", match: { chatType: "direct" } }] },
      } } },
      env: { shellEnv: { enabled: true, timeoutMs: 9000 } },
    }"""
    imported = bring_over(theirs)
    config, fates = parse(imported.text), _fates(imported)

    assert config.speech.summary_model == "openrouter/openai/gpt-4.1-mini"
    assert not config.speech.model_overrides.allow_voice
    assert config.tools.media.audio.attachments.at_most == 2
    assert config.tools.media.audio.scope.rules[0].match.chat_type == "direct"
    assert config.env.shell_env.timeout_ms == 9000
    assert fates["messages.tts.modelOverrides.allowProvider"] is Fate.DROPPED
    assert fates["tools.media.audio.attachments.prefer"] is Fate.DROPPED
