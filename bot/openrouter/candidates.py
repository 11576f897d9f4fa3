"""Model fallback for paid requests: which models may be asked, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.core.errors import (
    BadRequest,
    ConfigError,
    ContextTooLong,
    KeyRefused,
    ModelMissing,
    ProviderBusy,
    ProviderError,
)
from bot.openrouter.refs import slug_of

log = logging.getLogger(__name__)

NO_SUCH_MODEL = "That model is not available for this."

Answer = TypeVar("Answer")
Model = TypeVar("Model")


def candidates(asked: str, primary: str, fallbacks: Sequence[str]) -> tuple[str, ...]:
    """The slugs to try in order, each once: the one the call names, alone; otherwise as configured.

    Raises `ModelMissing` when the call names something that is no model, `ConfigError` when the configuration does.
    """
    if not asked.strip():
        return tuple(dict.fromkeys(slug_of(ref) for ref in (primary, *fallbacks) if ref.strip()))
    try:
        return (slug_of(asked),)
    except ConfigError as error:
        raise ModelMissing(str(error), tell=NO_SUCH_MODEL) from error


def _no_key(error: ProviderError) -> bool:
    """A key that the provider does not accept: every other model would be asked with it."""
    return isinstance(error, KeyRefused) and error.status != 403


async def first_answer(
    models: Sequence[Model],
    ask: Callable[[Model], Awaitable[Answer]],
    name: Callable[[Model], str] = str,
    *,
    final: Callable[[ProviderError], bool] = _no_key,
) -> Answer:
    """What the first model that answers gives.

    One failure is raised as it is, several as a summary that names each model. A `final` failure is raised
    at once: no other model is asked after it.
    """
    failures: list[tuple[str, ProviderError]] = []
    for model in models:
        try:
            return await ask(model)
        except ProviderError as error:
            failures.append((name(model), _about_media(error)))
            if _no_key(error) or final(error):
                raise
            if len(models) > 1:
                fields = {"model": name(model), "status": error.status, "kind": type(error).__name__}
                log.info("model.failed", extra=fields)
    if not failures:
        raise BadRequest("No model is configured for this. Set a primary model")
    raise _summary(failures)


def _summary(failures: Sequence[tuple[str, ProviderError]]) -> ProviderError:
    if len(failures) == 1:
        return failures[0][1]
    summary = f"All {len(failures)} models failed: " + "; ".join(f"{model}: {error}" for model, error in failures)
    busy = next((error for _, error in failures if isinstance(error, ProviderBusy)), None)
    if busy is not None:
        return ProviderBusy(summary, tell=busy.tell, status=busy.status, retry_after=busy.retry_after)
    last = failures[-1][1]
    return type(last)(summary, tell=last.tell, status=last.status)


def _about_media(error: ProviderError) -> ProviderError:
    """What the sentences about chat models would get wrong: neither /new nor /model helps a picture, clip or song."""
    if isinstance(error, ContextTooLong):
        return BadRequest(str(error), tell="That is too large for the model.", status=error.status)
    if isinstance(error, ModelMissing):
        return ModelMissing(str(error), tell=NO_SUCH_MODEL, status=error.status)
    return error
