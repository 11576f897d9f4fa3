"""A secret in the configuration: the value itself, or where it lies. Never shown by `repr`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from bot.config.section import Schema
from bot.core.errors import ConfigError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREATE = "Create it with mode 0600, readable by the user that runs Voxline."
_CREDENTIAL = (
    "If it is a credential of the systemd service (LoadCredential=), only the service can read it; `voxline status"
    " --service` asks the service. Else create it with mode 0600."
)
_SHAPES = 'write the value itself, "${ENV_NAME}", {source: "env", id: "ENV_NAME"} or {file: "path"}'


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Exactly one of: `value` (the secret itself), `env` (a variable's name), `file` (a path)."""

    value: str = ""
    env: str = ""
    file: str = ""

    def __repr__(self) -> str:
        return f"Secret({self.where})"

    __str__ = __repr__

    @property
    def where(self) -> str:
        """Where the secret lies, in words that are safe to show."""
        if self.env:
            return f"environment variable {self.env}"
        if self.file:
            return f"file {self.file}"
        return f"the configuration file, {mask(self.value)}"

    def reveal(self, environ: Mapping[str, str], *, path: str = "") -> str:
        """The secret's text without surrounding white space.

        `path` is the key path, for the error. Relative files lie in the credentials directory that
        systemd hands over (CREDENTIALS_DIRECTORY), else beside the working directory.
        Raises `ConfigError` when the variable is not set, or the file is missing or empty.
        """
        if self.env:
            if text := environ.get(self.env, "").strip():
                return text
            raise ConfigError(
                f"the environment variable {self.env} is not set", path=path, fix=f"Set {self.env}, or {_SHAPES}."
            )
        if self.file:
            return self._read(environ, path)
        return self.value

    def _is_credential(self, environ: Mapping[str, str]) -> bool:
        """Whether only a service is handed this file, which this process is not."""
        return not environ.get("CREDENTIALS_DIRECTORY") and "/" not in self.file

    def _read(self, environ: Mapping[str, str], path: str) -> str:
        place = place_of(self, environ)
        try:
            secret = place.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConfigError(
                f"the secret file {str(place)!r} cannot be read ({reason})",
                path=path,
                fix=_CREDENTIAL if self._is_credential(environ) else _CREATE,
            ) from None
        if not secret:
            raise ConfigError(f"the secret file {str(place)!r} is empty", path=path, fix="Put the secret into it.")
        return secret


def place_of(secret: Secret, environ: Mapping[str, str]) -> Path:
    """Where the file of a secret lies."""
    return Path(environ.get("CREDENTIALS_DIRECTORY", "")) / Path(secret.file).expanduser()


def mask(secret: str) -> str:
    """A secret shortened so that only its owner recognises it: `sk-or-…wxyz`."""
    if len(secret) < 16:
        return "…"
    head = "sk-or-" if secret.startswith("sk-or-") else ""
    return f"{head}…{secret[-4:]}"


def _parse(value: object) -> object:
    match value:
        case Secret():
            return value
        case str() if not value.strip():
            raise ValueError(f"is empty; leave the key out, or {_SHAPES}")
        case str() if reference := _REFERENCE.fullmatch(value.strip()):
            return Secret(env=reference[1])
        case str():
            return Secret(value=value.strip())
        case {"source": "env", "id": str(name), "provider": str(), **rest} if _NAME.fullmatch(name) and not rest:
            return Secret(env=name)
        case {"source": "env", "id": str(name), **rest} if _NAME.fullmatch(name) and not rest:
            return Secret(env=name)
        case {"file": str(file), **rest} if file and not rest:
            return Secret(file=file)
        case _:
            raise ValueError(f"is not a secret; {_SHAPES}")


_ENV = {
    "type": "object",
    "properties": {
        "source": {"const": "env"},
        "id": {"type": "string", "pattern": f"^{_NAME.pattern}$"},
        "provider": {"type": "string"},
    },
    "required": ["source", "id"],
    "additionalProperties": False,
}
_FILE = {
    "type": "object",
    "properties": {"file": {"type": "string", "minLength": 1}},
    "required": ["file"],
    "additionalProperties": False,
}


def secret_schema(text_pattern: str) -> Schema:
    """The three shapes of a secret, as JSON Schema."""
    text = {"type": "string", "pattern": text_pattern}
    return Schema(lambda _: {"anyOf": [text, _ENV, _FILE]})


SecretField = Annotated[Secret, BeforeValidator(_parse), secret_schema("\\S")]
