"""The configuration file: what is accepted, and what an operator reads when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.load import check, environment, load, parse
from bot.config.model import Config
from bot.core.errors import ConfigError
from tests.bot.config import provider_page


@pytest.mark.parametrize("example", provider_page.ALL)
def test_every_example_of_the_provider_page_is_accepted_as_written(example: str) -> None:
    mistakes, _ = check(example)
    assert not mistakes


def test_the_examples_mean_what_the_page_says() -> None:
    assert parse(provider_page.KEY_AND_MODEL).agents.defaults.model.primary == "openrouter/auto"
    assert parse(provider_page.IMAGES).agents.defaults.image.timeout_ms == 180_000
    assert parse(provider_page.VIDEOS).agents.defaults.video.primary == "openrouter/google/veo-3.1-fast"
    assert parse(provider_page.SPEECH).speech.providers.openrouter.chosen_voice == "af_alloy"
    assert parse(provider_page.TRANSCRIPTION).tools.media.audio.models[0].model == "openai/whisper-large-v3-turbo"
    fusion = parse(provider_page.FUSION).agents.defaults.models["openrouter/openrouter/fusion"].params
    assert list(fusion) == ["extraBody"]


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json5") == Config()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{\n agent: {}\n}", "f:2: agent: unknown key 'agent'. Did you mean 'agents'?"),
        (
            "{channels: {\n telegram: {\n bot_token: '1:x'}}}",
            "f:3: channels.telegram.bot_token: unknown key 'bot_token'. Did you mean 'botToken'?",
        ),
        (
            "{channels: {telegram: {groups: {\n'-100': {requireMentions: true}}}}}",
            "f:2: channels.telegram.groups[\"-100\"].requireMentions: unknown key 'requireMentions'."
            " Did you mean 'requireMention'?",
        ),
        (
            "{agents: {defaults: {models: {\n'openrouter/auto': {parms: {}}}}}}",
            "f:2: agents.defaults.models[\"openrouter/auto\"].parms: unknown key 'parms'. Did you mean 'params'?",
        ),
        (
            "{agents: {list: [{id: 'a'},\n{id: 'b', modle: 'x'}]}}",
            "f:2: agents.list[1].modle: unknown key 'modle'. Did you mean 'model'?",
        ),
        (
            "{channels: {telegram: {\ndmPolicy: 'opne'}}}",
            "f:2: channels.telegram.dmPolicy: 'opne' is not one of the choices."
            ' Write "pairing", "allowlist", "open" or "disabled". Did you mean \'open\'?',
        ),
        (
            "{limits: {\nturnsAtOnce: '3'}}",
            "f:2: limits.turnsAtOnce: a text is not a whole number. Write a whole number.",
        ),
        ("{env: {\nA: 1}}", "f:2: env.A: 1 is not a text in quotes. Write a text in quotes."),
        ("{\nlogging: {},\nlogging: {}}", "f:3: logging: is set twice. Keep one of them."),
        ("[]", "f:1: the file is not an object. Write { … } around it."),
        (
            "{agents: {defaults: {\nuserTimezone: 'Mars/Base'}}}",
            "f:2: agents.defaults.userTimezone: 'Mars/Base' is not a time zone;"
            " write an IANA name such as Europe/Berlin",
        ),
        (
            "{channels: {\nweb: {host: '0.0.0.0'}}}",
            "f:2: channels.web.host: '0.0.0.0' is not one of the choices. Write \"127.0.0.1\".",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_its_key_path_and_the_fix(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")
    assert str(caught.value) == told


def test_an_openclaw_section_is_refused_with_the_way_to_bring_it_over() -> None:
    with pytest.raises(ConfigError, match="voxline config import FILE"):
        parse("{gateway: {port: 18789}}")


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(ConfigError, match=r"f:3: not JSON5: .*comma"):
        parse("{\n owners: []\n limits: {}\n}", "f")


def test_the_first_mistake_by_line_is_raised_and_the_others_are_noted() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("{\n limit: {},\n owner: [],\n agents: {list: [{}]}\n}", "f")
    assert caught.value.line == 2
    assert [note.split(":")[1] for note in caught.value.__notes__] == ["3", "4"]


@pytest.mark.parametrize(
    ("channel", "works"),
    [
        ("{dmPolicy: 'open'}", False),
        ("{dmPolicy: 'open', allowFrom: ['5']}", False),
        ("{dmPolicy: 'open', allowFrom: ['*']}", True),
        ("{dmPolicy: 'allowlist'}", True),
        ("{dmPolicy: 'allowlist', allowFrom: ['*']}", False),
    ],
)
@pytest.mark.parametrize("name", ["telegram", "discord"])
def test_everybody_is_let_in_only_when_it_is_said_twice(name: str, channel: str, works: bool) -> None:
    mistakes, _ = check(f"{{channels: {{{name}: {channel}}}}}")
    assert (not mistakes) is works


def test_nobody_is_let_in_by_default() -> None:
    telegram = parse("{channels: {telegram: {}}}").channels.telegram
    assert telegram is not None
    assert (telegram.dm_policy, telegram.allow_from, dict(telegram.groups)) == ("pairing", (), {})


def test_ids_may_be_numbers_or_texts() -> None:
    telegram = parse("{channels: {telegram: {allowFrom: [12, '13']}}}").channels.telegram
    assert telegram is not None
    assert telegram.allow_from == ("12", "13")


@pytest.mark.parametrize(
    "text",
    [
        "{channels: {telegram: {botToken: 'SECRETVALUE', nonsense: 1}}}",
        "{channels: {telegram: {botToken: ['SECRETVALUE']}}}",
        "{models: {providers: {openrouter: {baseUrl: 'https://me:SECRETVALUE@host'}}}}",
        "{models: {providers: {openrouter: {apiKey: {source: 'exec', id: 'SECRETVALUE'}}}}}",
        "{limits: {turnsAtOnce: 'SECRETVALUE'}}",
        "{env: 'SECRETVALUE'}",
    ],
)
def test_an_error_never_repeats_a_secret(text: str) -> None:
    mistakes, _ = check(text)
    assert mistakes
    assert not any("SECRETVALUE" in str(mistake) for mistake in mistakes)


def test_a_configuration_never_shows_its_secrets() -> None:
    config = parse(
        "{models: {providers: {openrouter: {apiKey: 'sk-or-SECRETVALUE-1234'}}},"
        " channels: {telegram: {botToken: '1:SECRETVALUE'}, discord: {token: 'SECRETVALUE'}}, env: {K: 'SECRETVALUE'}}"
    )
    assert "SECRETVALUE" not in repr(config)
    assert "SECRETVALUE" not in str(config)


def test_variables_of_the_file_are_set_only_where_none_is_set() -> None:
    config = parse("{env: {A: 'file', B: 'file', vars: {C: 'vars', A: 'vars'}}}")

    assert environment(config, {"A": "process"}) == {"A": "process", "B": "file", "C": "vars"}


def test_the_newer_places_for_speech_and_media_models_are_read_too() -> None:
    config = parse(
        "{tts: {auto: 'off'}, agents: {defaults: {mediaModels: {image: 'openrouter/x/y', music: {timeoutMs: 5}}}}}"
    )
    assert config.speech.auto == "off"
    assert config.agents.defaults.image.primary == "openrouter/x/y"
    assert (config.agents.defaults.music.primary, config.agents.defaults.music.timeout_ms) == (
        "openrouter/google/lyria-3-pro-preview",
        5,
    )


def test_speech_may_be_configured_in_one_place_only() -> None:
    with pytest.raises(ConfigError, match="keep one of them"):
        parse("{tts: {}, messages: {tts: {}}}")


@pytest.mark.parametrize(
    ("text", "served"),
    [
        ("{}", True),
        ("{channels: {telegram: {}}}", False),
        ("{channels: {telegram: {enabled: false}}}", True),
        ("{channels: {telegram: {}, web: {enabled: true}}}", True),
        ("{channels: {web: {enabled: false}}}", False),
    ],
)
def test_the_local_page_is_served_when_it_is_the_only_place_to_talk(text: str, served: bool) -> None:
    assert parse(text).channels.web_enabled is served


def test_an_unreadable_file_is_told_by_name(tmp_path: Path) -> None:
    file = tmp_path / "voxline.json5"
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(ConfigError, match=r"voxline\.json5: the file is not UTF-8"):
        load(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
