"""Which key a call uses, in the two orders of the provider page."""

from __future__ import annotations

import pytest

from bot.config.key_cooldown import KeyUse
from bot.config.keys import in_order, model_key, model_keys, spare_keys, speech_key
from bot.config.load import parse
from bot.config.profiles import Profiles, StoredKey
from bot.core.errors import ConfigError

CONFIGURED = "models: {providers: {openrouter: {apiKey: 'configured'}}}"
SPEECH = "messages: {tts: {providers: {openrouter: {apiKey: 'speech'}}}}"
STORED = Profiles((StoredKey("openrouter:default", key="stored"),))
ENVIRON = {"OPENROUTER_API_KEY": "environ"}


def _model(text: str, profiles: Profiles, environ: dict[str, str]) -> str:
    found = model_key(parse(f"{{{text}}}"), profiles, environ)
    return found.key if found else ""


def _speech(text: str, profiles: Profiles, environ: dict[str, str]) -> str:
    found = speech_key(parse(f"{{{text}}}"), profiles, environ)
    return found.key if found else ""


def test_models_take_the_stored_key_then_the_environment_then_the_file() -> None:
    assert _model(CONFIGURED, STORED, ENVIRON) == "stored"
    assert _model(CONFIGURED, Profiles(), ENVIRON) == "environ"
    assert _model(CONFIGURED, Profiles(), {}) == "configured"
    assert _model("", Profiles(), {"OPENROUTER_API_KEY": " "}) == ""


def test_the_configured_key_comes_first_when_it_is_asked_for() -> None:
    text = "models: {providers: {openrouter: {apiKey: 'configured', auth: 'api-key'}}}"
    assert _model(text, STORED, ENVIRON) == "configured"
    assert _model("models: {providers: {openrouter: {auth: 'api-key'}}}", STORED, ENVIRON) == "stored"


def test_a_named_profile_is_used_alone() -> None:
    profiles = Profiles((*STORED.stored, StoredKey("openrouter:ears", key="ears")))
    config = parse(f"{{{CONFIGURED}}}")
    named = model_key(config, profiles, ENVIRON, profile="openrouter:ears")
    assert named is not None and named.key == "ears"
    assert model_key(config, profiles, ENVIRON, profile="openrouter:none") is None


def test_speech_takes_its_own_key_then_the_file_then_the_environment_then_the_stored_one() -> None:
    assert _speech(f"{SPEECH}, {CONFIGURED}", STORED, ENVIRON) == "speech"
    assert _speech(CONFIGURED, STORED, ENVIRON) == "configured"
    assert _speech("", STORED, ENVIRON) == "environ"
    assert _speech("", STORED, {}) == "stored"
    assert _speech("", Profiles(), {}) == ""


@pytest.mark.parametrize(
    ("provider", "speech", "found"),
    [
        ("https://proxy.example", "https://openrouter.ai/api/v1", ""),
        ("https://proxy.example", "https://proxy.example", "configured"),
        ("https://proxy.example", "", "configured"),
        ("", "https://proxy.example", "configured"),
        ("https://openrouter.ai/v1", "https://openrouter.ai/api/v1", "configured"),
    ],
)
def test_a_key_for_one_host_is_not_spoken_with_at_another(provider: str, speech: str, found: str) -> None:
    def at(url: str) -> str:
        return f", baseUrl: '{url}'" if url else ""

    text = (
        f"models: {{providers: {{openrouter: {{apiKey: 'configured', auth: 'api-key'{at(provider)}}}}}}},"
        f" messages: {{tts: {{providers: {{openrouter: {{model: 'a/b'{at(speech)}}}}}}}}}"
    )
    assert _speech(text, Profiles(), {}) == found
    assert _speech(text, Profiles(), ENVIRON) == (found or "environ")


def test_a_key_that_points_at_nothing_is_an_error_and_not_silence() -> None:
    with pytest.raises(ConfigError, match=r"models\.providers\.openrouter\.apiKey: .*NOWHERE"):
        _model("models: {providers: {openrouter: {apiKey: '${NOWHERE}'}}}", Profiles(), {})


def test_a_stored_reference_is_read_from_the_environment_and_skipped_when_it_is_not_set() -> None:
    profiles = Profiles((StoredKey("openrouter:default", env="MY_KEY"),))
    assert _model(CONFIGURED, profiles, {"MY_KEY": "mine"}) == "mine"
    assert _model(CONFIGURED, profiles, {}) == "configured"


def _ids(text: str, profiles: Profiles, now_ms: int = 0) -> list[str]:
    return [key.id for key in in_order(parse(f"{{{text}}}").auth, profiles, now_ms=now_ms)]


def test_stored_keys_are_tried_signed_in_first_then_by_the_longest_rest() -> None:
    profiles = Profiles(
        (
            StoredKey("new", key="k", use=KeyUse(last_used_ms=20)),
            StoredKey("old", key="k", use=KeyUse(last_used_ms=10)),
            StoredKey("signed-in", key="k", type="oauth", use=KeyUse(last_used_ms=30)),
            StoredKey("limited", key="k", type="oauth", use=KeyUse(cooldown_until_ms=2000)),
            StoredKey("other", key="k", provider="elsewhere"),
        )
    )
    assert _ids("", profiles, now_ms=1000) == ["signed-in", "old", "new", "limited"]
    assert _ids("", profiles, now_ms=3000) == ["limited", "signed-in", "old", "new"]


def test_of_those_that_rest_the_one_that_is_ready_soonest_comes_first() -> None:
    rests = {
        "a": KeyUse(disabled_until_ms=9000),
        "b": KeyUse(cooldown_until_ms=5000),
        "c": KeyUse(cooldown_until_ms=10),
    }
    profiles = Profiles(tuple(StoredKey(name, key=name, use=use) for name, use in rests.items()))
    assert _ids("", profiles, now_ms=1000) == ["c", "b", "a"]


def test_every_stored_key_may_be_tried_and_nothing_else_beside_them() -> None:
    stored = (StoredKey("a", key="one"), StoredKey("b", env="UNSET"), StoredKey("c", key="two"))
    found = model_keys(parse(f"{{{CONFIGURED}}}"), Profiles(stored), ENVIRON)
    assert [key.key for key in found] == ["one", "two"]


def test_spare_keys_come_from_the_environment_each_once() -> None:
    environ = {
        "OPENROUTER_API_KEYS": " one, two;three\nfour ,",
        "OPENROUTER_API_KEY": "two",
        "OPENROUTER_API_KEY_2": "six",
        "OPENROUTER_API_KEY_1": "five",
        "OPENROUTER_API_KEYRING": "no",
    }
    assert [key.key for key in spare_keys(environ)] == ["one", "two", "three", "four", "five", "six"]
    assert "one" not in repr(spare_keys(environ))


def test_a_spare_key_serves_where_there_is_no_other() -> None:
    assert _model("", Profiles(), {"OPENROUTER_API_KEYS": "one two"}) == "one"
    assert _model(CONFIGURED, Profiles(), {"OPENROUTER_API_KEYS": "one two"}) == "configured"


def test_a_written_order_is_kept_and_the_file_outranks_what_is_stored() -> None:
    stored = (StoredKey("a", key="k"), StoredKey("b", key="k"), StoredKey("c", key="k"))
    profiles = Profiles(stored, {"openrouter": ("b", "a")})
    assert _ids("", profiles) == ["b", "a"]
    assert _ids("auth: {order: {openrouter: ['c', 'gone', 'a']}}", profiles) == ["c", "a"]
    assert _ids("auth: {profiles: {c: {provider: 'openrouter'}}}", Profiles(stored)) == ["c"]


def test_a_found_key_shows_where_it_came_from_and_nothing_more() -> None:
    found = model_key(parse("{}"), Profiles((StoredKey("openrouter:default", key="sk-or-v1-SECRETVALUE"),)), {})
    assert found is not None
    assert str(found) == "sk-or-…ALUE from profile openrouter:default"
    assert "SECRET" not in repr(found) + str(found)
