"""Retries of a failed chat request: when it is asked again, how it changes, and the backoff before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.chat import Retrying
from bot.core.errors import BadAnswer, BadRequest, ContextTooLong, OutOfCredit, ProviderBusy, ProviderError
from bot.core.ports.clock import Clock
from bot.openrouter.chat.messages import estimated_tokens
from bot.openrouter.chat.remedies import LESSONS, REMEDIES, Remedy
from bot.openrouter.http.error_kinds import is_about_pictures
from bot.openrouter.http.failure import Unreached
from bot.openrouter.shaping.shape import Body

Jitter = Callable[[], float]

LONG_SHARE = 0.5  # of the context: a request from here on may have been refused for its length


class EmptyCompletion(BadAnswer):
    """The model ended without a word, a call or a picture."""

    tell = "The model returned nothing. Please try again."


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """`window_seconds` counts from the first failure; `longest_wait_seconds` caps an honoured Retry-After.

    The `visible_` ones hold from the moment a person saw text that broke off: they look at half an answer."""

    retries: int = 8
    window_seconds: float = 90.0
    visible_retries: int = 3
    visible_window_seconds: float = 20.0
    longest_wait_seconds: float = 60.0
    first_backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 20.0


class Tries:
    """What happened to one model so far in one question. Source: OpenRouter docs, errors; full jitter backoff."""

    def __init__(
        self, limits: RetryLimits, *, clock: Clock, context_tokens: int, jitter: Jitter = random.random
    ) -> None:
        self._limits, self._clock, self._jitter = limits, clock, jitter
        self._context_tokens = context_tokens
        self._used: set[Remedy] = set()
        self._empty = 0
        self._failures = 0
        self._began: float | None = None
        self._seen_failures = 0
        self._seen_began: float | None = None

    def next(self, body: Body, error: ProviderError, *, seen: bool = False) -> tuple[Body, Retrying]:
        """The body to ask with now, and what to say and wait before. Raises `error` when asking again is no use.

        `seen` means that this try had shown text."""
        for remedy in REMEDIES:
            changed = None if remedy in self._used else remedy(body, error, self._context_tokens)
            if changed is not None:
                self._used.add(remedy)
                return changed, Retrying(
                    "The model service did not take that as it was. I ask again, a little simpler."
                )
        if isinstance(error, EmptyCompletion) and not self._empty:
            self._empty += 1
            return body, Retrying("The model returned nothing. I ask once more.")
        return body, self._later(_unknown_overflow(body, error, self._context_tokens), seen)

    @property
    def lessons(self) -> frozenset[Remedy]:
        """The remedies that were tried and hold for the model, not only for this question."""
        return frozenset(self._used & LESSONS.keys())

    def _later(self, error: ProviderError, seen: bool) -> Retrying:
        waits = isinstance(error, OutOfCredit) and error.retry_after is not None
        if not (isinstance(error, ProviderBusy) or waits):
            raise error
        limits, now = self._limits, self._clock.monotonic()
        if error.retry_after is not None and error.retry_after > limits.longest_wait_seconds:
            error.tell = f"The model is busy. Please try again {_in_words(error.retry_after)}."
            raise error
        self._began = now if self._began is None else self._began
        wait = self._backoff() if error.retry_after is None else error.retry_after
        if self._failures >= limits.retries or now + wait > self._began + limits.window_seconds:
            raise error
        if seen and self._seen_began is None:
            self._seen_began = now
        if self._seen_began is not None:
            until = self._seen_began + limits.visible_window_seconds
            if self._seen_failures >= limits.visible_retries or now + wait > until:
                raise error
            self._seen_failures += 1
        self._failures += 1
        return Retrying(f"{_why(error)} I will try again {_in_words(wait)}.", wait)

    def _backoff(self) -> float:
        limits = self._limits
        ceiling = limits.first_backoff_seconds * 2.0**self._failures
        return self._jitter() * min(limits.longest_backoff_seconds, ceiling)


def _unknown_overflow(body: Body, error: ProviderError, context_tokens: int) -> ProviderError:
    """The error; for a long request that was refused for a reason which nothing here knows, `ContextTooLong`: that is
    worth one shorter try."""
    is_known = not isinstance(error, BadRequest) or error.status not in (400, 422) or is_about_pictures(error.detail)
    if is_known or estimated_tokens(body) < context_tokens * LONG_SHARE:
        return error
    return ContextTooLong(str(error), tell=error.tell, status=error.status, detail=error.detail)


def _why(error: ProviderError) -> str:
    if isinstance(error, Unreached):
        return "The model service cannot be reached."
    return "The model is busy." if error.status is not None else "The answer broke off."


def _in_words(seconds: float) -> str:
    if seconds < 2:
        return "in a moment"
    if seconds < 90:
        return f"in {round(seconds)} seconds"
    return f"in {round(seconds / 60)} minutes"
