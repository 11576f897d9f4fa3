"""Chat completions, questions to chat models: with everything that can go wrong on the way handled here."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from bot.core.chat import ChatEvent, ChatRequest, Finished, FinishReason, Retrying, TextDelta, Usage
from bot.core.errors import BadRequest, ConfigError, ModelMissing, OutOfCredit, ProviderBusy, ProviderError
from bot.core.log_events import CHAT_RETRY
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs
from bot.openrouter.catalog import Catalog, ModelFacts, estimate
from bot.openrouter.chat.answer import AnswerBuilder
from bot.openrouter.chat.chunks import BROKE_OFF, FUSION_PATIENCE, Patience, chunks_of
from bot.openrouter.chat.messages import Album, estimated_tokens, load_pictures, unread_notice, wire_messages, wire_tool
from bot.openrouter.chat.pseudonyms import Pseudonyms
from bot.openrouter.chat.remedies import LESSONS, Remedy, pictures_in
from bot.openrouter.chat.response_cache import response_cache_headers
from bot.openrouter.chat.retries import EmptyCompletion, Jitter, RetryLimits, Tries
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.error_kinds import UPSTREAM
from bot.openrouter.params import ParamLayers, Params, first, number
from bot.openrouter.refs import is_fusion, slug_of
from bot.openrouter.shaping.pipeline import shaped, thinking_of
from bot.openrouter.shaping.shape import Body, Shape
from bot.openrouter.shaping.thinking_levels import level_of
from bot.openrouter.usage import billed, usage_of

log = logging.getLogger(__name__)

LABEL = "OpenRouter chat"
BILL_SECONDS = 2.0
COOLING_SECONDS = 60.0
LESSON_SECONDS = 24 * 3600.0
UNREAD_KEPT = 1_000
_LIMIT_NAMES = ("max_completion_tokens", "maxCompletionTokens", "max_tokens", "maxTokens")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How models are asked. `fallbacks` are references, tried in order; `thinking` is the default level."""

    params: ParamLayers = field(default_factory=ParamLayers)
    fallbacks: tuple[str, ...] = ()
    thinking: str = ""
    patience: Patience = field(default_factory=Patience)
    fusion_patience: Patience = FUSION_PATIENCE
    retries: RetryLimits = field(default_factory=RetryLimits)
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)


@dataclass(frozen=True, slots=True)
class _Question:
    """One request as it goes to one model."""

    slug: str
    body: Body
    headers: dict[str, str]
    facts: ModelFacts
    album: Album


class OpenRouterChat:
    """A `ChatModel` that asks OpenRouter, or a proxy that speaks its language."""

    def __init__(
        self,
        client: OpenRouterClient,
        settings: ChatSettings,
        *,
        catalog: Catalog,
        blobs: Blobs,
        clock: Clock,
        jitter: Jitter = random.random,
    ) -> None:
        self._client, self._settings, self._catalog = client, settings, catalog
        self._blobs, self._clock, self._jitter = blobs, clock, jitter
        self._cooling: dict[str, float] = {}
        self._lessons: dict[tuple[str, Remedy], float] = {}
        self._unread: dict[tuple[str, str], None] = {}

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Deltas, then exactly one `Finished`; or raises `ProviderError`.

        A model that is gone, or still busy after all retries, gives way to the next fallback.
        """
        slug, *left = self._candidates(request.model)
        while True:
            try:
                async with aclosing(self._ask(slug, request)) as events:
                    async for event in events:
                        yield event
                return
            except (ModelMissing, ProviderBusy, BadRequest, OutOfCredit) as error:
                if isinstance(error, OutOfCredit):  # what costs nothing may still answer
                    left = [free for free in left if free.endswith(":free")]
                if not left or not _gives_way(error):
                    raise
                self._cool(slug, error)
                log.warning("model.fallback", extra={"model": slug, "next": left[0], "reason": str(error)})
            yield Retrying(f"{slug} is not available now. I ask {left[0]} instead.")
            slug, *left = left

    async def context_tokens(self, model: str) -> int:
        """How many tokens a model can take, its answer among them. Raises `ModelMissing` for what is no model."""
        return (await self._catalog.facts(_slug(model))).context_tokens

    def _candidates(self, model: str) -> tuple[str, ...]:
        """The slugs to try in order; those that were busy a moment ago only when there is no other."""
        slugs = [_slug(model), *map(_slug, self._settings.fallbacks)]
        unique, now = tuple(dict.fromkeys(slugs)), self._clock.monotonic()
        return tuple(slug for slug in unique if self._cooling.get(slug, -math.inf) <= now) or unique

    def _cool(self, slug: str, error: ProviderError) -> None:
        if isinstance(error, ProviderBusy):
            pause = COOLING_SECONDS if error.retry_after is None else min(error.retry_after, 3600.0)
            self._cooling[slug] = self._clock.monotonic() + pause

    async def _ask(self, slug: str, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        first = question = await self._question(slug, request)
        tries = Tries(
            self._settings.retries,
            clock=self._clock,
            context_tokens=question.facts.context_tokens,
            jitter=self._jitter,
        )
        while True:
            seen = False
            try:
                async with aclosing(self._try(question)) as events:
                    async for event in events:
                        seen = seen or (isinstance(event, TextDelta) and bool(event.text.strip()))
                        if isinstance(event, Finished):
                            event = replace(event, notice=self._learn(first, question, tries, request))
                        yield event
                return
            except ProviderError as error:
                body, notice = tries.next(question.body, error, seen=seen)
                fields = {"of": "openrouter", "throttled": error.status == 429, "model": slug, "reason": str(error)}
                log.warning(CHAT_RETRY, extra=fields | {"seconds": round(notice.wait_seconds, 1)})
            question = replace(question, body=body)
            yield notice
            await self._clock.sleep(notice.wait_seconds)

    def _learn(self, first: _Question, last: _Question, tries: Tries, request: ChatRequest) -> str:
        """Remembers for the next questions what this one had to leave out; what the person should know of it."""
        for remedy in tries.lessons:
            self._lessons[first.slug, remedy] = self._clock.monotonic() + LESSON_SECONDS
        unread = pictures_in(first.body) - pictures_in(last.body)
        hashes = {sha256 for sha256, url in first.album.items() if url in unread}
        self._unread |= dict.fromkeys((first.slug, sha256) for sha256 in hashes)
        while len(self._unread) > UNREAD_KEPT:
            del self._unread[next(iter(self._unread))]
        return unread_notice(request.messages, hashes)

    def _taught(self, slug: str, body: Body) -> Body:
        """The body as earlier questions taught for this model."""
        for remedy, change in LESSONS.items():
            if self._lessons.get((slug, remedy), -math.inf) > self._clock.monotonic():
                body = change(body)
        return body

    async def _try(self, question: _Question) -> AsyncGenerator[ChatEvent, None]:
        """One request: its deltas, then `Finished`. Raises for an answer that is not whole."""
        answer = AnswerBuilder(LABEL, secret=self._client.route.key)
        fusion = is_fusion(question.slug)
        patience = self._settings.fusion_patience if fusion else self._settings.patience
        async with self._client.stream(
            "/chat/completions",
            question.body,
            label=LABEL,
            headers=question.headers,
            categories=True,
            headers_seconds=patience.headers,
        ) as opened:
            chunks = chunks_of(opened, label=LABEL, patience=patience, clock=self._clock, answer=answer)
            async with aclosing(chunks):
                async for chunk in chunks:
                    for delta in answer.feed(chunk):
                        yield delta
                    if answer.full:
                        break
            generation = answer.id or opened.headers.get("X-Generation-Id", "")
        if not answer.complete:
            raise ProviderBusy(f"{LABEL}: the stream ended before the answer did", tell=BROKE_OFF)
        for delta in answer.finish():
            yield delta
        yield await self._finished(question, answer, generation)

    async def _finished(self, question: _Question, answer: AnswerBuilder, generation: str) -> Finished:
        reason, assistant = answer.reason(), answer.assistant()
        if not (assistant.text or assistant.calls or answer.pictures):
            raise EmptyCompletion(f"{LABEL}: {question.slug!r} ended ({reason}) without text, calls or pictures")
        usage = usage_of(answer.usage, generation)
        if usage.cost_microusd is None:
            usage = await self._priced(usage, question, answer.model)
        log.info(
            "chat.done",
            extra={
                "model": answer.model or question.slug,
                "reason": str(reason),
                "input": usage.input_tokens,
                "output": usage.output_tokens,
                "thought": usage.reasoning_tokens,
                "microusd": usage.cost_microusd,
            },
        )
        return Finished(assistant, usage, FinishReason(reason), answer.model or question.slug, tuple(answer.pictures))

    async def _priced(self, usage: Usage, question: _Question, answered_by: str) -> Usage:
        """The usage with what was billed, else with what it costs at list prices.

        Source: OpenRouter docs, get a generation."""
        if self._client.route.verified and usage.generation_id:
            billed = await self._billed(usage.generation_id)
            if billed is not None:
                return replace(usage, cost_microusd=billed, billed=True)
        if not (usage.input_tokens or usage.output_tokens):
            return usage
        priced = estimate(usage, question.facts)
        if priced is None and answered_by and answered_by != question.slug:
            priced = estimate(usage, await self._catalog.facts(answered_by.lower()))
        return replace(usage, cost_microusd=priced)

    async def _billed(self, generation: str) -> int | None:
        try:
            return await billed(self._client, generation, timeout_seconds=BILL_SECONDS)
        except ProviderError as error:
            log.debug("bill.unknown", extra={"reason": str(error)})
            return None

    async def _question(self, slug: str, request: ChatRequest) -> _Question:
        facts = await self._catalog.facts(slug)
        params = self._settings.params.for_slug(slug)
        sees = facts.images or not facts.listed
        album = await load_pictures(request.messages, self._blobs) if sees else {}
        album = {sha256: "" if (slug, sha256) in self._unread else url for sha256, url in album.items()}
        messages = wire_messages(request.messages, album, slug=slug, sees=sees)
        if not messages:
            raise BadRequest(f"{LABEL}: there is no message to send to {slug!r}")
        body: Body = {"model": slug, "messages": messages, "stream": True}
        if self._client.route.verified:
            body |= self._settings.pseudonyms.fields(request)
        if request.tools:
            body["tools"] = [wire_tool(tool) for tool in request.tools]
        verified = self._client.route.verified
        body["max_completion_tokens"] = _answer_tokens(request, params, facts, None if verified else body)
        level = level_of(thinking_of(request.thinking, params, self._settings.thinking)) or ""
        shape = Shape(
            slug,
            verified=verified,
            params=params,
            thinking=level,
            reasons=facts.reasoning is not False,
            tools=facts.tools is not False,
            efforts=facts.efforts,
        )
        return _Question(slug, self._taught(slug, shaped(body, shape)), response_cache_headers(shape), facts, album)


def _answer_tokens(request: ChatRequest, params: Params, facts: ModelFacts, proxied: Body | None) -> int:
    """The longest answer to ask for: always said, because the credit check otherwise assumes the model's maximum.

    Behind a proxy (`proxied` is the body so far) it also leaves room for the prompt, which no router does there."""
    configured = number(first(params, _LIMIT_NAMES))
    if request.max_tokens is not None:
        tokens = min(request.max_tokens, facts.output_tokens)
    else:
        tokens = int(configured) if configured else facts.output_tokens
    if proxied is not None:
        tokens = min(tokens, facts.context_tokens - estimated_tokens(proxied) - 1)
    return max(1, tokens)


def _gives_way(error: ProviderError) -> bool:
    """Whether another model may answer what this one did not: also when its own provider refused for a reason that
    only that provider knows."""
    return not isinstance(error, BadRequest) or UPSTREAM.search(error.detail) is not None


def _slug(ref: str) -> str:
    try:
        return slug_of(ref)
    except ConfigError as error:
        raise ModelMissing(f"{LABEL}: {error}") from error
