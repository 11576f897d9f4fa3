"""API key selection and order: pure functions over the configuration, the stored keys and the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from bot.config.key_cooldown import KeyUse
from bot.config.model import Config
from bot.config.profiles import PROVIDER, Profiles, StoredKey
from bot.config.providers import Auth
from bot.config.secret import Secret, mask

ENV_NAME = "OPENROUTER_API_KEY"
ENV_LIST = "OPENROUTER_API_KEYS"
CONFIG_PATH = "models.providers.openrouter.apiKey"
OPENROUTER = ("https://openrouter.ai/api/v1", "https://openrouter.ai/v1")
SPEECH_PATH = "messages.tts.providers.openrouter.apiKey"


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and where it came from. `profile` is the stored profile's id, or ""."""

    key: str = field(repr=False)
    where: str = ""
    profile: str = ""

    def __str__(self) -> str:
        return f"{mask(self.key)} from {self.where}"


def model_key(
    config: Config, profiles: Profiles, environ: Mapping[str, str], *, profile: str = "", now_ms: int = 0
) -> FoundKey | None:
    """The first of `model_keys`, None when there is none. Raises `ConfigError`."""
    return next(iter(model_keys(config, profiles, environ, profile=profile, now_ms=now_ms)), None)


def model_keys(
    config: Config, profiles: Profiles, environ: Mapping[str, str], *, profile: str = "", now_ms: int = 0
) -> tuple[FoundKey, ...]:
    """The keys for chat, pictures, clips, songs and transcription as they are tried; more than one only where more
    than one is stored.

    The first of these that there is: the named profile, the configured key under `auth: "api-key"`, the stored
    profiles, the environment, the configured key, the spare keys. `environ` includes the file's `env` block.
    Raises `ConfigError` when the configured key points at something that is not there.
    Source: OpenClaw 2026.6, provider authentication.
    """
    if profile:
        return tuple(_usable(profiles.get(profile), environ))
    provider = config.models.providers.openrouter
    if provider.auth == "api-key" and provider.api_key:
        return tuple(_configured(provider.api_key, environ, CONFIG_PATH))
    stored = in_order(config.auth, profiles, now_ms=now_ms)
    return (
        tuple(usable for key in stored for usable in _usable(key, environ))
        or tuple(_from_environ(environ))
        or tuple(_configured(provider.api_key, environ, CONFIG_PATH))
        or spare_keys(environ)[:1]
    )


def spare_keys(environ: Mapping[str, str]) -> tuple[FoundKey, ...]:
    """The keys that are tried only once a rate limit was met: those of OPENROUTER_API_KEYS (a list), the usual one,
    and OPENROUTER_API_KEY_* by name, each once. Source: OpenClaw documentation, key rotation."""
    listed = [(ENV_LIST, text) for text in re.split(r"[\s,;]+", environ.get(ENV_LIST, ""))]
    named = [(name, environ[name].strip()) for name in sorted(environ) if name.startswith(f"{ENV_NAME}_")]
    spare: dict[str, FoundKey] = {}
    for number, (name, text) in enumerate((*listed, (ENV_NAME, environ.get(ENV_NAME, "").strip()), *named), 1):
        place = f"{name} ({number})" if name == ENV_LIST else name
        if text:
            spare.setdefault(text, FoundKey(text, f"environment variable {place}"))
    return tuple(spare.values())


def speech_key(config: Config, profiles: Profiles, environ: Mapping[str, str], *, now_ms: int = 0) -> FoundKey | None:
    """The key for speech: its own, the provider's configured one, the environment, then any other.

    The first three are in the order of the OpenRouter provider page, text-to-speech; the stored
    profile comes last, so that a person who only signed in is spoken to as well. A key that is configured for a
    proxy stays there when another host speaks.
    """
    provider, speech = config.models.providers.openrouter, config.speech.providers.openrouter
    proxy = provider.base_url if provider.base_url not in OPENROUTER else None
    foreign = bool(proxy and speech.base_url and proxy != speech.base_url)
    places = (
        _configured(speech.api_key, environ, SPEECH_PATH),
        () if foreign else _configured(provider.api_key, environ, CONFIG_PATH),
        _from_environ(environ),
    )
    if first := next(chain.from_iterable(places), None):
        return first
    others = model_keys(config, profiles, environ, now_ms=now_ms)
    return next((key for key in others if not (foreign and key.where == CONFIG_PATH)), None)


def in_order(auth: Auth, profiles: Profiles, *, now_ms: int = 0) -> tuple[StoredKey, ...]:
    """The stored keys of the provider as they are tried.

    An order that was written down is kept (the file's before the stored one). Otherwise signed-in
    profiles come before plain keys, and among equals the one that rested longest.
    Profiles that have to rest come last either way.
    """
    ours = [stored for stored in profiles.stored if stored.provider == PROVIDER]
    written = auth.order.get(PROVIDER) or profiles.order.get(PROVIDER)
    if written:
        ranked = [stored for name in written for stored in ours if stored.id == name]
    else:
        listed = {name for name, profile in auth.profiles.items() if profile.provider == PROVIDER}
        chosen = [stored for stored in ours if stored.id in listed] or ours
        ranked = sorted(chosen, key=lambda stored: (stored.type != "oauth", stored.use.last_used_ms))
    return tuple(sorted(ranked, key=lambda stored: _rest(stored.use, now_ms)))


def _rest(use: KeyUse, now_ms: int) -> int:
    """0 for a key that is ready; else when it will be, so that the one that is ready soonest comes first."""
    return use.resting_until_ms if use.resting_until_ms > now_ms else 0


def _usable(stored: StoredKey | None, environ: Mapping[str, str]) -> Iterator[FoundKey]:
    if stored and (text := stored.text(environ)):
        yield FoundKey(text, stored.where, stored.id)


def _from_environ(environ: Mapping[str, str]) -> Iterator[FoundKey]:
    if text := environ.get(ENV_NAME, "").strip():
        yield FoundKey(text, f"environment variable {ENV_NAME}")


def _configured(secret: Secret | None, environ: Mapping[str, str], path: str) -> Iterator[FoundKey]:
    if secret:
        yield FoundKey(secret.reveal(environ, path=path), path)
