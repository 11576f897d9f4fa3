"""The stored keys: private, whole, and careful with what others wrote."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bot.config.key_cooldown import KeyUse
from bot.config.profiles import StoredKey, read_profiles, remove_keys, save_uses, store_key
from bot.core.errors import StateError


def _write(file: Path, raw: object) -> None:
    file.write_text(json.dumps(raw))
    file.chmod(0o600)


def test_a_stored_key_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "state" / "auth-profiles.json"
    key = StoredKey(
        "openrouter:default", key="sk-or-1", display_name="OpenRouter user_1", metadata={"authFlow": "oauth-pkce"}
    )

    store_key(file, key)

    assert read_profiles(file).get("openrouter:default") == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["profiles"]["openrouter:default"] == {
        "type": "api_key",
        "provider": "openrouter",
        "key": "sk-or-1",
        "displayName": "OpenRouter user_1",
        "metadata": {"authFlow": "oauth-pkce"},
    }


def test_a_reference_is_stored_instead_of_the_key(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:default", env="OPENROUTER_API_KEY"))
    stored = json.loads(file.read_text())["profiles"]["openrouter:default"]
    assert stored["keyRef"] == {"source": "env", "provider": "default", "id": "OPENROUTER_API_KEY"}
    assert "key" not in stored


def test_storing_again_rotates_the_key_and_keeps_what_others_wrote(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    _write(
        file,
        {
            "version": 1,
            "ours": {"x": 1},
            "profiles": {
                "anthropic:default": {"type": "api_key", "provider": "anthropic", "key": "a"},
                "openrouter:manual": {"type": "api_key", "provider": "openrouter", "key": "m"},
                "openrouter:default": {"type": "api_key", "provider": "openrouter", "key": "old", "note": "mine"},
            },
            "usageStats": {"openrouter:default": {"lastUsed": 5, "cooldownUntil": 9, "seen": True}},
        },
    )

    store_key(file, StoredKey("openrouter:default", key="new"))

    raw = json.loads(file.read_text())
    assert raw["ours"] == {"x": 1}
    assert raw["profiles"]["anthropic:default"]["key"] == "a"
    assert raw["profiles"]["openrouter:default"] == {
        "type": "api_key",
        "provider": "openrouter",
        "key": "new",
        "note": "mine",
    }
    assert raw["order"] == {"openrouter": ["openrouter:default", "openrouter:manual"]}
    assert raw["usageStats"] == {"openrouter:default": {"seen": True}}
    assert read_profiles(file).get("openrouter:default") == StoredKey("openrouter:default", key="new")


def test_how_a_key_fared_is_kept_beside_what_others_wrote(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    kept = {"openrouter:a": {"lastUsed": 5, "cooldownUntil": 9, "seen": True}, "anthropic:a": {"lastUsed": 3}}
    _write(
        file,
        {
            "profiles": {"openrouter:a": {"type": "api_key", "provider": "openrouter", "key": "a", "note": "mine"}},
            "usageStats": kept,
            "ours": [1],
        },
    )
    use = KeyUse(7, 8, 9, "billing", errors=3, bills=2, last_failure_ms=6)

    save_uses(file, {"openrouter:a": use, "openrouter:forgotten": use})

    raw = json.loads(file.read_text())
    assert (raw["ours"], raw["profiles"]["openrouter:a"]["note"]) == ([1], "mine")
    assert raw["usageStats"].keys() == kept.keys()
    assert (raw["usageStats"]["anthropic:a"], raw["usageStats"]["openrouter:a"]["seen"]) == ({"lastUsed": 3}, True)
    assert file.stat().st_mode & 0o777 == 0o600
    found = read_profiles(file).get("openrouter:a")
    assert found is not None and found.use == use

    save_uses(file, {"openrouter:a": KeyUse(last_used_ms=20)})
    assert json.loads(file.read_text())["usageStats"]["openrouter:a"] == {"lastUsed": 20, "seen": True}


def test_forgetting_a_key_removes_every_trace_of_it(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:a", key="one"))
    store_key(file, StoredKey("openrouter:b", key="two"))

    assert remove_keys(file, ["openrouter:a", "openrouter:gone"]) == ("openrouter:a",)

    assert "openrouter:a" not in file.read_text()
    assert [key.id for key in read_profiles(file).stored] == ["openrouter:b"]


def test_a_login_may_replace_every_earlier_key(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, StoredKey("openrouter:a", key="one"))
    store_key(file, StoredKey("openrouter:b", key="two"), replacing=["openrouter:a"])
    assert [key.id for key in read_profiles(file).stored] == ["openrouter:b"]


def test_no_file_means_no_keys(tmp_path: Path) -> None:
    assert read_profiles(tmp_path / "none.json").stored == ()


def test_a_file_that_others_can_read_is_refused_with_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    _write(file, {"profiles": {}})
    file.chmod(0o644)
    with pytest.raises(StateError, match="chmod 600"):
        read_profiles(file)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_file_is_never_silently_started_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "auth-profiles.json"
    file.write_text(text, encoding="latin-1")
    file.chmod(0o600)
    with pytest.raises(StateError):
        store_key(file, StoredKey("openrouter:default", key="new"))
    assert file.read_text(encoding="latin-1") == text


def test_entries_that_hold_no_usable_key_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    _write(file, {"profiles": {"a": 1, "b": {"provider": "openrouter"}, "c": {"key": "k"}}})
    assert read_profiles(file).stored == ()


def test_two_logins_at_once_are_both_kept(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    threads = [
        threading.Thread(target=store_key, args=(file, StoredKey(f"openrouter:{place}", key="k"))) for place in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_profiles(file).stored) == 8


def test_a_profile_never_shows_its_key() -> None:
    key = StoredKey("openrouter:default", key="sk-or-v1-SECRETVALUE", display_name="me")
    assert "SECRETV" not in repr(key) + key.shown()
    assert key.shown() == "openrouter:default  sk-or-…ALUE  me"
