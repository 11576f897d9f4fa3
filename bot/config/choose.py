"""Choosing a model: references, short names, the list people may choose from, and what `models set` changes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from bot.config.agents import DEFAULT_MODEL, AgentDefaults, ModelEntry
from bot.core.errors import ConfigError

Changes = dict[tuple[str, ...], JsonValue]

_DEFAULTS = ("agents", "defaults")
_ALIAS = "OpenRouter"


def find_model(defaults: AgentDefaults, written: str) -> str:
    """The reference behind a short name or a reference, such as openrouter/auto.

    Raises `ConfigError` for text that is neither. Source: OpenClaw, model references.
    """
    text = written.strip()
    for ref, entry in defaults.models.items():
        if entry.alias and entry.alias.lower() == text.lower():
            return normal_ref(ref)
    ref = normal_ref(text)
    provider, slash, model = ref.partition("/")
    if not (provider and slash and model):
        named = {ref: entry.alias for ref, entry in defaults.models.items()}
        near = nearest(text, [DEFAULT_MODEL, *defaults.models], named)
        hint = f" Did you mean {named.get(near) or near!r}?" if near else ""
        raise ConfigError(
            f"{written!r} is neither a model nor a short name", fix=f"Write openrouter/<vendor>/<model>.{hint}"
        )
    if provider != "openrouter":
        raise ConfigError(f"{written!r} is not a model of OpenRouter", fix=f"Did you mean 'openrouter/{ref}'?")
    return ref


def normal_ref(written: str) -> str:
    """The reference with its provider in lower case; openrouter:auto is an old spelling of openrouter/auto."""
    text = written.strip()
    if text.lower() == "openrouter:auto":
        return DEFAULT_MODEL
    provider, slash, model = text.partition("/")
    return f"{provider.strip().lower()}{slash}{model.strip()}"


def nearest(written: str, refs: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """The closest reference to a misspelt one, "" when none comes near. `aliases` are short names by reference."""
    spelled: dict[str, str] = {}
    for ref in refs:
        for name in (ref, _slug(ref), ref.rpartition("/")[2], (aliases or {}).get(ref, "")):
            spelled.setdefault(name.lower(), ref)
    near = difflib.get_close_matches(written.strip().lower(), filter(None, spelled), n=1)
    return spelled[near[0]] if near else ""


def among(ref: str, refs: Iterable[str]) -> bool:
    """Whether a model is one of these, however it is spelled; a variant such as :free counts as its model."""
    return _slug(ref).partition(":")[0] in {_slug(listed).partition(":")[0] for listed in refs}


def allowed(defaults: AgentDefaults, ref: str) -> bool:
    """Whether people may choose this model: an empty `models` map allows every one."""
    return not defaults.models or entry_for(defaults, ref) is not None


def chosen_by_person(defaults: AgentDefaults, default: str, written: str) -> str:
    """The reference that a person in a chat means. The vendor may come first, as there is one provider only.

    Raises `ConfigError` as `find_model`, and for a model that is neither the default nor listed where some are.
    """
    try:
        ref = find_model(defaults, written)
    except ConfigError:
        if "/" not in written.strip().strip("/"):
            raise
        ref = find_model(defaults, f"openrouter/{written.strip()}")
    if ref != default and not allowed(defaults, ref):
        raise ConfigError(f"{written!r} is not among the models that may be chosen here", fix="/model shows them.")
    return ref


def entry_for(defaults: AgentDefaults, ref: str) -> ModelEntry | None:
    """The model's entry in `agents.defaults.models`, however its reference is spelled."""
    wanted = _slug(ref)
    return next((entry for name, entry in defaults.models.items() if _slug(name) == wanted), None)


def primary_changes(defaults: AgentDefaults, written: str) -> Changes:
    """What `models set` writes: the primary, and the model's place in the list people may choose from.

    Fallbacks stay. Raises `ConfigError` as `find_model`.
    """
    ref = find_model(defaults, written)
    changes: Changes = {(*_DEFAULTS, "model", "primary"): ref}
    if entry_for(defaults, ref) is None:
        changes[*_DEFAULTS, "models", ref] = {}
    return changes


def onboarding_changes(defaults: AgentDefaults, *, set_primary: bool = True) -> Changes:
    """What signing in writes: openrouter/auto may be chosen, under a short name, and is the primary.

    An alias that is set stays, and so do fallbacks. Source: OpenRouter provider page, getting started.
    """
    entry = entry_for(defaults, DEFAULT_MODEL)
    changes: Changes = {}
    if set_primary:
        changes[*_DEFAULTS, "model", "primary"] = DEFAULT_MODEL
    if entry is None or not entry.alias:
        changes[*_DEFAULTS, "models", _written_name(defaults.models), "alias"] = _ALIAS
    return changes


def _written_name(models: Mapping[str, ModelEntry]) -> str:
    """How openrouter/auto is spelled in the file, so that it is not entered twice."""
    return next((name for name in models if _slug(name) == _slug(DEFAULT_MODEL)), DEFAULT_MODEL)


def _slug(ref: str) -> str:
    """The spelling-independent name of a model: openrouter/openrouter/fusion and openrouter/fusion are one."""
    text = normal_ref(ref).lower()
    rest = text.removeprefix("openrouter/")
    return rest if "/" in rest else text
