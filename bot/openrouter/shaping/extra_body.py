"""Extra request fields (`extraBody`) that the operator adds as they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.openrouter.params import EXTRA_BODY, clean, first
from bot.openrouter.shaping.shape import Body, Shape

log = logging.getLogger(__name__)


def merge_extra_body(body: Body, shape: Shape) -> Body:
    """The body with `extraBody` on top: its fields win over everything, `model` and `messages` included.

    Source: OpenRouter docs, Fusion router and plugins.
    """
    extra = extra_body(shape.params)
    overridden = sorted(key for key in extra if key in body and body[key] != extra[key])
    if overridden:
        log.warning("extra_body.overrides", extra={"fields": ",".join(overridden), "model": shape.slug})
    return {**body, **extra}


def extra_body(params: Mapping[str, Any]) -> dict[str, Any]:
    """The configured extra fields. Where both spellings exist, `extra_body` wins as a whole."""
    value = first(params, EXTRA_BODY)
    if isinstance(value, Mapping):
        return clean(value)
    if value is not None:
        log.warning("extra_body.ignored", extra={"type": type(value).__name__})
    return {}
