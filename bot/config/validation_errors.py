"""Validation errors of pydantic as `ConfigError`s that name the key path and the fix."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.core.errors import ConfigError

_WANTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "an object { … }",
    "mapping_type": "an object { … }",
    "model_type": "an object { … }",
    "model_attributes_type": "an object { … }",
    "dataclass_type": "an object { … }",
    "tuple_type": "a list [ … ]",
}

LONGEST_KEY = 60  # of what a key is compared with; comparing takes time that grows with the square


def config_errors(error: ValidationError, model: type[BaseModel]) -> tuple[ConfigError, ...]:
    """One error per mistake, without file and line. Values are shown only where they cannot be secret."""
    return tuple(config_error(details, model) for details in error.errors(include_url=False))


def dotted(path: Sequence[str | int]) -> str:
    """A key path as people write it: agents.list[0].id, models["openrouter/auto"]."""
    path_text = ""
    for key in path:
        if isinstance(key, int):
            path_text += f"[{key}]"
        elif key.replace("_", "").replace("$", "").isalnum():
            path_text += f".{key}" if path_text else key
        else:
            path_text += f'["{key}"]'
    return path_text


def config_error(details: ErrorDetails, model: type[BaseModel]) -> ConfigError:
    """What is wrong at one place."""
    path = tuple(part for part in details["loc"] if part != "[key]")
    where, kind = dotted(path), details["type"]
    if kind == "extra_forbidden":
        return ConfigError(f"unknown key {str(path[-1])!r}", path=where, fix=_did_you_mean(path, model))
    if kind == "missing":
        return ConfigError("is missing", path=where, fix="Add it.")
    if kind == "value_error":
        return ConfigError(details["msg"].removeprefix("Value error, "), path=where)
    if kind == "literal_error":
        return ConfigError(f"{_shown(details['input'])} is not one of the choices", path=where, fix=_choices(details))
    if wanted := _WANTED.get(kind):
        return ConfigError(f"{_shape(details['input'])} is not {wanted}", path=where, fix=f"Write {wanted}.")
    return ConfigError(f"{_shown(details['input'])} cannot be used", path=where, fix=f"{details['msg']}.")


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, (int, float)) or (isinstance(value, str) and len(value) < 40) else "it"


def _shape(value: object) -> str:
    """What kind of value was written. Texts are not repeated: a secret may stand in the wrong place."""
    match value:
        case None:
            return "null"
        case bool() | int() | float():
            return repr(value).lower()
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case _:
            return "a list"


def _choices(details: ErrorDetails) -> str:
    expected = str(details.get("ctx", {}).get("expected", "")).replace("'", '"')
    written = str(details["input"]).strip().lower()
    choices = [choice for choice in expected.split('"') if choice.strip(", or")]
    near = difflib.get_close_matches(written, choices, n=1) if len(choices) > 1 else []
    return f"Write {expected}." + (f" Did you mean {near[0]!r}?" if near else "")


def _did_you_mean(path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    keys = _keys_at(path[:-1], model)
    written = str(path[-1])[:LONGEST_KEY]
    by_lower = {key.lower().replace("_", ""): key for key in keys}
    near = difflib.get_close_matches(written.lower().replace("_", ""), by_lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_lower[near[0]]!r}?"
    return (
        f"Known here: {', '.join(sorted(keys))}. A file made for OpenClaw is brought over with"
        " `voxline config import FILE`."
    )


def _keys_at(path: Sequence[str | int], model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that the section at `path` knows."""
    annotation: Any = model
    for key in path:
        annotation = _inside(annotation, key)
        if annotation is None:
            return ()
    section = _section(annotation)
    return tuple(field.alias or name for name, field in section.model_fields.items()) if section else ()


def _inside(annotation: Any, key: str | int) -> Any:
    """The type of what stands under `key` in a value of this type."""
    if section := _section(annotation):
        fields: dict[str, FieldInfo] = {field.alias or name: field for name, field in section.model_fields.items()}
        return fields[str(key)].annotation if str(key) in fields else None
    for part in _parts(annotation):
        if get_origin(part) is not None and (inner := get_args(part)):
            return inner[0] if isinstance(key, int) else inner[-1]
    return None


def _section(annotation: Any) -> type[BaseModel] | None:
    return next((part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; the type itself otherwise."""
    if get_origin(annotation) is types.UnionType:
        return get_args(annotation)
    return (annotation,)
