"""Stored API keys (auth profiles): one private JSON file in the state directory, changed under a lock.

Its shape is the one OpenClaw users know: {version: 1, profiles: {"openrouter:default": {type, provider,
key or keyRef, displayName, metadata}}, order, usageStats}. Fields we do not know are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from bot.config.files import locked, write_private
from bot.config.key_cooldown import KeyUse
from bot.config.secret import mask
from bot.core.errors import StateError

FILE_NAME = "auth-profiles.json"
DEFAULT_PROFILE = "openrouter:default"
PROVIDER = "openrouter"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One profile. Exactly one of `key` and `env` (a variable's name) is set."""

    id: str
    provider: str = PROVIDER
    type: str = "api_key"
    key: str = field(default="", repr=False)
    env: str = ""
    display_name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    use: KeyUse = field(default_factory=KeyUse)

    @property
    def where(self) -> str:
        return f"profile {self.id}" + (f" (environment variable {self.env})" if self.env else "")

    def text(self, environ: Mapping[str, str]) -> str:
        """The key itself, "" when its variable is not set."""
        return environ.get(self.env, "").strip() if self.env else self.key

    def shown(self) -> str:
        """One line about the profile that is safe to print."""
        name = f"  {self.display_name}" if self.display_name else ""
        return f"{self.id}  {'$' + self.env if self.env else mask(self.key)}{name}"


@dataclass(frozen=True, slots=True)
class Profiles:
    """All stored keys, and the order the file itself asks for, by provider. `file` is where they lie."""

    stored: tuple[StoredKey, ...] = ()
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file: Path | None = None

    def get(self, profile: str) -> StoredKey | None:
        return next((stored for stored in self.stored if stored.id == profile), None)


def read_profiles(file: Path) -> Profiles:
    """The stored keys; no file means none. Raises `StateError` for a file that is broken or not private."""
    return replace(_understood(_read(file)), file=file)


def store_key(file: Path, key: StoredKey, *, replacing: Iterable[str] = ()) -> None:
    """Adds or replaces one profile and puts it first in its provider's order.

    `replacing` names profiles to remove first. Raises `StateError`, `ConfigError`.
    """
    with locked(file):
        raw = _read(file)
        _drop(raw, replacing)
        profiles = _object(raw, "profiles")
        old = profiles.get(key.id)
        kept = {name: value for name, value in old.items() if name not in _OURS} if isinstance(old, dict) else {}
        profiles[key.id] = {**_written(key), **kept}
        _note_use(raw, key.id, KeyUse())  # what the old key did is not the new one's fault
        order = _object(raw, "order")
        earlier = order.get(key.provider)
        others = earlier if isinstance(earlier, list) else _of_provider(profiles, key.provider)
        order[key.provider] = [key.id, *(name for name in others if name != key.id)]
        _save(file, raw)


def remove_keys(file: Path, profiles: Iterable[str]) -> tuple[str, ...]:
    """Removes the profiles; returns those that were there. Raises `StateError`, `ConfigError`."""
    with locked(file):
        raw = _read(file)
        gone = _drop(raw, profiles)
        if gone:
            _save(file, raw)
    return gone


def save_uses(file: Path, uses: Mapping[str, KeyUse]) -> None:
    """Keeps how stored keys fared, by profile; one that is no longer stored is left out. Fields we do not know stay.

    Raises `StateError`, `ConfigError`.
    """
    with locked(file):
        raw = _read(file)
        for name in uses.keys() & _object(raw, "profiles").keys():
            _note_use(raw, name, uses[name])
        _save(file, raw)


def _of_provider(profiles: dict[str, JsonValue], provider: str) -> list[JsonValue]:
    return [name for name, value in profiles.items() if isinstance(value, dict) and value.get("provider") == provider]


_MADE = frozenset({"order", "usageStats"})
_OURS = frozenset({"type", "provider", "key", "keyRef", "displayName", "metadata"})


def _written(key: StoredKey) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {"type": key.type, "provider": key.provider}
    if key.env:
        fields["keyRef"] = {"source": "env", "provider": "default", "id": key.env}
    else:
        fields["key"] = key.key
    if key.display_name:
        fields["displayName"] = key.display_name
    if key.metadata:
        fields["metadata"] = dict(key.metadata)
    return fields


_STATS = frozenset(
    {"lastUsed", "cooldownUntil", "disabledUntil", "disabledReason", "errorCount", "failureCounts", "lastFailureAt"}
)


def _note_use(raw: dict[str, JsonValue], name: str, use: KeyUse) -> None:
    stats = _object(raw, "usageStats")
    old = stats.pop(name, None)
    kept = {key: value for key, value in old.items() if key not in _STATS} if isinstance(old, dict) else {}
    if figures := {**_stats(use), **kept}:
        stats[name] = figures


def _stats(use: KeyUse) -> dict[str, JsonValue]:
    stats: dict[str, JsonValue] = {
        "lastUsed": use.last_used_ms,
        "cooldownUntil": use.cooldown_until_ms,
        "disabledUntil": use.disabled_until_ms,
        "disabledReason": use.disabled_reason,
        "errorCount": use.errors,
        "failureCounts": {"billing": use.bills} if use.bills else {},
        "lastFailureAt": use.last_failure_ms,
    }
    return {name: value for name, value in stats.items() if value}


def _used(stats: JsonValue) -> KeyUse:
    fields = stats if isinstance(stats, dict) else {}
    counts, reason = fields.get("failureCounts"), fields.get("disabledReason")
    return KeyUse(
        last_used_ms=_whole(fields.get("lastUsed")),
        cooldown_until_ms=_whole(fields.get("cooldownUntil")),
        disabled_until_ms=_whole(fields.get("disabledUntil")),
        disabled_reason=reason if isinstance(reason, str) else "",
        errors=_whole(fields.get("errorCount")),
        bills=_whole(counts.get("billing")) if isinstance(counts, dict) else 0,
        last_failure_ms=_whole(fields.get("lastFailureAt")),
    )


def _drop(raw: dict[str, JsonValue], names: Iterable[str]) -> tuple[str, ...]:
    gone = tuple(name for name in names if _object(raw, "profiles").pop(name, None) is not None)
    for name in gone:
        _object(raw, "usageStats").pop(name, None)
        for provider, listed in _object(raw, "order").items():
            if isinstance(listed, list):
                _object(raw, "order")[provider] = [other for other in listed if other != name]
    return gone


def _object(raw: dict[str, JsonValue], key: str) -> dict[str, JsonValue]:
    """The object under `key`, made when it is missing or something else."""
    inner = raw.get(key)
    if not isinstance(inner, dict):
        raw[key] = inner = {}
    return inner


def _read(file: Path) -> dict[str, JsonValue]:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"version": 1, "profiles": {}}
    except (OSError, UnicodeDecodeError):
        raise StateError(f"{file}: the stored keys cannot be read. Check the file and its permissions.") from None
    if mode & 0o077:
        raise StateError(f"{file}: the stored keys are open to other users. Run: chmod 600 {file}")
    try:
        raw = json.loads(text)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise StateError(
            f"{file}: the stored keys are not JSON. Move the file away and run `voxline models auth login` again."
        )
    return raw


def _save(file: Path, raw: dict[str, JsonValue]) -> None:
    kept = {name: value for name, value in raw.items() if value != {} or name not in _MADE}
    write_private(file, json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def _understood(raw: dict[str, JsonValue]) -> Profiles:
    usage = _object(raw, "usageStats")
    stored = tuple(
        key
        for name, value in _object(raw, "profiles").items()
        if isinstance(value, dict) and (key := _stored(name, value, usage.get(name)))
    )
    order = {
        provider: tuple(name for name in listed if isinstance(name, str))
        for provider, listed in _object(raw, "order").items()
        if isinstance(listed, list)
    }
    return Profiles(stored, order)


def _stored(name: str, value: dict[str, JsonValue], usage: JsonValue) -> StoredKey | None:
    """The profile, or None for one that holds no key we can use."""
    texts = {field: text for field, text in value.items() if isinstance(text, str)}
    reference = value.get("keyRef")
    env = reference.get("id") if isinstance(reference, dict) and reference.get("source") == "env" else None
    metadata = value.get("metadata")
    if not texts.get("provider") or not (texts.get("key", "").strip() or isinstance(env, str)):
        return None
    return StoredKey(
        id=name,
        provider=texts["provider"],
        type=texts.get("type", "api_key"),
        key="" if isinstance(env, str) else texts["key"].strip(),
        env=env if isinstance(env, str) else "",
        display_name=texts.get("displayName", ""),
        metadata={k: v for k, v in metadata.items() if isinstance(v, str)} if isinstance(metadata, dict) else {},
        use=_used(usage),
    )


def _whole(value: JsonValue) -> int:
    """A count or a time; 0 for any other value."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    return int(number) if 0 <= number < 1e15 else 0
