"""Which key a call uses: pure functions over the configuration, the stored keys and the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.config.model import Config
from bot.config.profiles import PROVIDER, Profiles, StoredKey
from bot.config.providers import Auth
from bot.config.secret import Secret, mask

ENV_NAME = "OPENROUTER_API_KEY"
CONFIG_PATH = "models.providers.openrouter.apiKey"
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
    """The key for chat, pictures, clips, songs and transcription; None when there is none.

    In order: the named profile, the configured key under `auth: "api-key"`, the stored profiles, the
    environment, the configured key. `environ` includes the file's `env` block. Raises `ConfigError`
    when the configured key points at something that is not there.
    Source: OpenClaw 2026.6, provider authentication.
    """
    if profile:
        return next(_usable(profiles.get(profile), environ), None)
    provider = config.models.providers.openrouter
    if provider.auth == "api-key" and provider.api_key:
        return _configured(provider.api_key, environ, CONFIG_PATH)
    for stored in in_order(config.auth, profiles, now_ms=now_ms):
        for found in _usable(stored, environ):
            return found
    return _from_environ(environ) or _configured(provider.api_key, environ, CONFIG_PATH)


def speech_key(config: Config, profiles: Profiles, environ: Mapping[str, str], *, now_ms: int = 0) -> FoundKey | None:
    """The key for speech: its own, the provider's configured one, the environment, then any other.

    The first three are in the order of the OpenRouter provider page, text-to-speech; the stored
    profile comes last, so that somebody who only signed in is heard too.
    """
    provider = config.models.providers.openrouter
    return (
        _configured(config.speech.providers.openrouter.api_key, environ, SPEECH_PATH)
        or _configured(provider.api_key, environ, CONFIG_PATH)
        or _from_environ(environ)
        or model_key(config, profiles, environ, now_ms=now_ms)
    )


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
        ranked = sorted(chosen, key=lambda stored: (stored.type != "oauth", stored.last_used_ms))
    return tuple(sorted(ranked, key=lambda stored: stored.resting_until_ms > now_ms))


def _usable(stored: StoredKey | None, environ: Mapping[str, str]) -> Iterator[FoundKey]:
    if stored and (text := stored.text(environ)):
        yield FoundKey(text, stored.where, stored.id)


def _from_environ(environ: Mapping[str, str]) -> FoundKey | None:
    text = environ.get(ENV_NAME, "").strip()
    return FoundKey(text, f"environment variable {ENV_NAME}") if text else None


def _configured(secret: Secret | None, environ: Mapping[str, str], path: str) -> FoundKey | None:
    return FoundKey(secret.reveal(environ, path=path), path) if secret else None
