"""Secrets that other users of this machine may read: files of keys whose mode is too open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from bot.config.environment import FILE_NAME
from bot.config.model import Config
from bot.config.secret import Secret, place_of

OTHERS_READ = 0o044
_HANDED_OVER = Path("/run")  # systemd's credentials, a container's secrets: their mode is not the operator's to set
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS", re.IGNORECASE)


def exposed_files(file: Path, config: Config, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The configuration `file` if a secret stands in it, the `.env` beside it, and the files that secrets lie in: those
    of them that the group or all users may read."""
    secrets = list(secrets_in(config))
    places = [file] if _written_in(config, secrets) else []
    places += [file.parent / FILE_NAME, *(place_of(secret, environ) for secret in secrets if secret.file)]
    return tuple(dict.fromkeys(place for place in places if _is_exposed(place)))


def exposure(file: Path, config: Config, environ: Mapping[str, str]) -> str:
    """One sentence with the command that ends it, "" where no secret is exposed."""
    files = " ".join(map(str, exposed_files(file, config, environ)))
    return f"Other users of this machine may read your secrets. Run: chmod 600 {files}" if files else ""


def _written_in(config: Config, secrets: list[Secret]) -> bool:
    headers = config.models.providers.openrouter.headers
    named = any(_SECRET_NAME.search(name) for name in (*config.env.all, *headers))
    return named or any(secret.value for secret in secrets)


def secrets_in(value: object) -> Iterator[Secret]:
    """Every secret in a part of the configuration."""
    match value:
        case Secret():
            yield value
        case BaseModel():
            for field in type(value).model_fields:
                yield from secrets_in(getattr(value, field))
        case Mapping():
            for inner in value.values():
                yield from secrets_in(inner)
        case tuple():
            for inner in value:
                yield from secrets_in(inner)


def _is_exposed(place: Path) -> bool:
    try:
        mode = place.stat().st_mode
    except OSError:  # it is not there, or a folder above it is closed
        return False
    return bool(mode & OTHERS_READ) and not place.resolve().is_relative_to(_HANDED_OVER)
