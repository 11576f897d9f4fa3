"""Model parameters: the configured layers merged, spellings settled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.errors import ConfigError
from bot.openrouter.refs import slug_of, upstream_slug

Params = Mapping[str, Any]

CACHE_ENABLE = ("responseCache", "response_cache")
CACHE_TTL = ("responseCacheTtlSeconds", "response_cache_ttl_seconds", "responseCacheTtl", "response_cache_ttl")
CACHE_CLEAR = ("responseCacheClear", "response_cache_clear")
EXTRA_BODY = ("extra_body", "extraBody")

_ALIASES = (CACHE_ENABLE, CACHE_TTL, CACHE_CLEAR)
_PROTOTYPE = frozenset({"__proto__", "prototype", "constructor"})


@dataclass(frozen=True, slots=True)
class ParamLayers:
    """Where params are configured, from the least specific to the most specific.

    `provider` holds for all of OpenRouter, `catalog` for a configured catalog entry (keys: model ids), `defaults`
    for every agent, `models` for one reference (keys: references), `agent` for this agent.
    """

    provider: Params = field(default_factory=dict)
    catalog: Mapping[str, Params] = field(default_factory=dict)
    defaults: Params = field(default_factory=dict)
    models: Mapping[str, Params] = field(default_factory=dict)
    agent: Params = field(default_factory=dict)

    def for_slug(self, slug: str) -> dict[str, Any]:
        """The merged params of one model."""
        return merge_params(
            (
                self.provider,
                *(params for key, params in self.catalog.items() if upstream_slug(key) == slug),
                self.defaults,
                *(params for key, params in self.models.items() if _names(key, slug)),
                self.agent,
            )
        )


def merge_params(layers: Iterable[Params]) -> dict[str, Any]:
    """All layers in one, the later winning key by key; only `provider` is merged one level deeper.

    A later layer's spelling of a response cache setting removes the earlier spellings.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        routing = {**record(merged.get("provider")), **record(layer.get("provider"))}
        for group in _ALIASES:
            if any(name in layer for name in group):
                merged = {key: value for key, value in merged.items() if key not in group}
        merged |= clean(layer)
        if routing:
            merged["provider"] = routing
        else:
            merged.pop("provider", None)
    return merged


def record(value: object) -> dict[str, Any]:
    """`value` as a clean object; anything but an object is an empty one."""
    return clean(value) if isinstance(value, Mapping) else {}


def clean(value: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy with lists for tuples. Prototype keys are dropped at every depth."""
    return {key: _clean(item) for key, item in value.items() if isinstance(key, str) and key not in _PROTOTYPE}


def first(params: Params, names: Sequence[str]) -> Any:
    """The value under the first of these names that is present, or None."""
    return next((params[name] for name in names if name in params), None)


def truth(value: object) -> bool | None:
    """A yes or no in any of the accepted spellings, or None."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in {"1", "true", "yes", "on", "enable", "enabled"}:
        return True
    return False if word in {"0", "false", "no", "off", "disable", "disabled"} else None


def number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _clean(value: Any) -> Any:
    match value:
        case Mapping():
            return clean(value)
        case list() | tuple():
            return [_clean(item) for item in value]
    return value


def _names(key: str, slug: str) -> bool:
    try:
        return slug_of(key) == slug
    except ConfigError:
        return False
