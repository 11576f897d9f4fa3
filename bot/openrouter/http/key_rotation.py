"""API key rotation and cooldown: which key the next request goes out with, and what each request taught about it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from bot.config.key_cooldown import KeyUse, Trouble, after_failure, after_success
from bot.config.keys import FoundKey
from bot.config.profiles import Profiles, save_uses
from bot.core.errors import ConfigError, KeyRefused, ModelMissing, OutOfCredit, ProviderBusy, ProviderError, StateError
from bot.core.ports.clock import Clock
from bot.openrouter.http.error_kinds import UPSTREAM
from bot.openrouter.http.failure import Unreached
from bot.openrouter.http.route import Route

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Ask = Callable[[Route], Awaitable[Answer]]


class KeyBook:
    """How every key fared. What is stored of it is written beside the event loop and only when something changed;
    leaving waits for the last of it. A file that cannot be written costs no request."""

    def __init__(self, profiles: Profiles, *, clock: Clock) -> None:
        self._uses: dict[str, KeyUse] = {stored.id: stored.use for stored in profiles.stored}
        self._stored, self._file, self._clock = frozenset(self._uses), profiles.file, clock
        self._unwritten: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writing is not None:
            await asyncio.wait({self._writing})

    def ready(self, key: FoundKey) -> bool:
        """Whether the key need not rest."""
        return self.resting_until_ms(key) <= self._now_ms()

    def resting_until_ms(self, key: FoundKey) -> int:
        """When the key has rested, in milliseconds since 1970."""
        return self._uses.get(_name(key), _UNUSED).resting_until_ms

    def worked(self, key: FoundKey) -> None:
        """The provider took the key."""
        self._keep(key, after_success(self._uses.get(_name(key), _UNUSED), self._now_ms()))

    def failed(self, key: FoundKey, trouble: Trouble) -> None:
        """The key is to blame."""
        use = after_failure(self._uses.get(_name(key), _UNUSED), trouble, self._now_ms())
        if use != self._uses.get(_name(key)):
            log.info("key.rests", extra={"key": _name(key), "why": trouble.value, "errors": use.errors})
        self._keep(key, use)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _keep(self, key: FoundKey, use: KeyUse) -> None:
        if use == self._uses.get(_name(key)):
            return
        self._uses[_name(key)] = use
        if self._file is None or key.profile not in self._stored:
            return
        self._unwritten.add(key.profile)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="how keys fared")

    async def _write(self) -> None:
        while self._unwritten and self._file is not None:
            uses = {profile: self._uses[profile] for profile in self._unwritten}
            self._unwritten.clear()
            try:
                await asyncio.to_thread(save_uses, self._file, uses)
            except (StateError, ConfigError) as error:
                log.warning("key.use_not_kept", extra={"reason": str(error)})


class KeyRotation:
    """The keys of one client in the order they are tried: those that rest come last, and spare keys only once a rate
    limit was met. Source: OpenClaw documentation, model failover."""

    def __init__(self, keys: Sequence[FoundKey], *, book: KeyBook, spares: Sequence[FoundKey] = ()) -> None:
        self._keys, self._book = tuple(keys), book
        own = {key.key for key in keys}
        self._spares = tuple(spare for spare in spares if spare.key not in own)
        self._limited: set[str] = set()

    async def answered(self, ask: Ask[Answer], route: Route) -> Answer:
        """What the first key that is not refused brings."""
        answer, key = await self.first_answer(ask, route)
        self._worked(key)
        return answer

    async def first_answer(self, ask: Ask[Answer], route: Route) -> tuple[Answer, FoundKey]:
        """The same with the key, for an answer that is not whole yet.

        A refusal is asked again at once with the next key; what may have been done is not."""
        tried = [self.first()]
        while True:
            try:
                return await ask(replace(route, key=tried[-1].key)), tried[-1]
            except ProviderError as error:
                if (following := self._after(error, tried)) is None:
                    raise
                tried.append(following)

    @contextmanager
    def judging(self, key: FoundKey) -> Iterator[None]:
        """Notes how an answer ended that came with this key."""
        try:
            yield
        except ProviderError as error:
            self._failed(key, error)
            raise
        self._worked(key)

    async def found(self, ask: Ask[Answer], route: Route) -> Answer:
        """What a question that costs nothing brings. What one key cannot see is looked for with the others: a clip
        belongs to whose key ordered it. Nothing is learnt of a key: some of it can be read without any."""
        tried = [self.first()]
        while True:
            try:
                return await ask(replace(route, key=tried[-1].key))
            except ModelMissing:
                following = next((key for key in (*self._keys, *self._spares) if key not in tried), None)
                if following is None:
                    raise
                tried.append(following)

    def first(self) -> FoundKey:
        """The key to begin with, one without text when there is none: one that rests only when every key does."""
        limited = any(_name(key) in self._limited for key in self._keys)
        ready = (key for key in (*self._keys, *(self._spares if limited else ())) if self._book.ready(key))
        return next(ready, None) or min(self._keys, key=self._book.resting_until_ms, default=FoundKey(""))

    def _after(self, error: ProviderError, tried: Sequence[FoundKey]) -> FoundKey | None:
        """The key to ask with now, None when no other would help or when asking again might pay twice."""
        if not self._failed(tried[-1], error) or error.status not in _REFUSALS:
            return None
        limited = error.status == 429 or tried[-1] in self._spares
        others = (*self._keys, *(self._spares if limited else ()))
        return next((key for key in others if key not in tried and self._book.ready(key)), None)

    def _failed(self, key: FoundKey, error: ProviderError) -> bool:
        """Notes what `error` says about the key; whether it says anything."""
        trouble = trouble_of(error)
        if trouble is None or not key.key:
            return False
        if trouble is Trouble.RATE_LIMIT:
            self._limited.add(_name(key))
        self._book.failed(key, trouble)
        return True

    def _worked(self, key: FoundKey) -> None:
        if key.key:
            self._limited.discard(_name(key))
            self._book.worked(key)


def one_key(key: str, clock: Clock) -> KeyRotation:
    """A ring with this key alone, or with none."""
    return KeyRotation((FoundKey(key),) if key else (), book=KeyBook(Profiles(), clock=clock))


def trouble_of(error: ProviderError) -> Trouble | None:
    """What the key is to blame for, None when the failure is not about it."""
    match error:
        case Unreached():
            return None
        case OutOfCredit(retry_after=None):
            return Trouble.BILLING
        case OutOfCredit():  # the credit is only held by requests that run
            return Trouble.RATE_LIMIT
        case KeyRefused(status=401 | 403):
            return Trouble.AUTH
        case ProviderBusy(status=429):
            return Trouble.RATE_LIMIT
        case ProviderBusy(status=None | 408):
            return Trouble.TIMEOUT
        case ProviderBusy() if UPSTREAM.search(error.detail):
            return Trouble.TIMEOUT
    return None


def _name(key: FoundKey) -> str:
    return key.profile or key.where


_UNUSED = KeyUse()
_REFUSALS = frozenset({401, 402, 403, 429})
"""Answers that say for certain that nothing was done and nothing will be paid."""
