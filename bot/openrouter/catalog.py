"""Model catalog, what each model can do: bundled facts, OpenRouter's model list, and a copy of it on disk."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

from bot.core.chat import Usage
from bot.core.errors import BadAnswer, Blocked, ProviderError
from bot.core.ports.clock import Clock
from bot.openrouter.http.client import JsonAnswer
from bot.openrouter.http.route import Route
from bot.openrouter.refs import AUTO, FUSION, upstream_slug

log = logging.getLogger(__name__)

FETCH_SECONDS = 10.0
FRESH_SECONDS = 24 * 3600.0
PAUSE_SECONDS = 60.0
LONG_PAUSE_SECONDS = 900.0
PAGES_AT_MOST = 20
PAGE_ROWS = 500
_VERSION = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens."""

    prompt: float = 0.0
    completion: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model can do. None means that no source says; `listed` False means every other field is a default.

    `prices` None: unknown, or the model is a router that costs what the model behind it costs. `efforts` are the
    reasoning efforts that it takes, none where all are taken; `must_think`: reasoning cannot be switched off.
    """

    slug: str
    name: str = ""
    reasoning: bool | None = None
    images: bool = False
    tools: bool | None = None
    context_tokens: int = 200_000
    output_tokens: int = 8_192
    prices: Prices | None = None
    outputs: tuple[str, ...] = ("text",)
    efforts: tuple[str, ...] = ()
    must_think: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class FactOverride:
    """What the configuration says about a model. None means: as the catalog says."""

    name: str | None = None
    reasoning: bool | None = None
    images: bool | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None


BUNDLED = (
    ModelFacts(AUTO, "OpenRouter automatic routing", reasoning=False, images=True, listed=True),
    ModelFacts(FUSION, "OpenRouter Fusion router"),
    ModelFacts(
        "moonshotai/kimi-k2.6",
        "Kimi K2.6 via MoonshotAI",
        reasoning=True,
        images=True,
        context_tokens=262_144,
        output_tokens=262_144,
        prices=Prices(0.80, 3.50, 0.20),
        listed=True,
    ),
    ModelFacts(
        "moonshotai/kimi-k2.5",
        "Kimi K2.5 via MoonshotAI",
        reasoning=True,
        images=True,
        context_tokens=262_144,
        output_tokens=262_144,
        prices=Prices(0.44, 2.00, 0.22),
        listed=True,
    ),
)


class ModelList(Protocol):
    """Where the model list comes from."""

    @property
    def route(self) -> Route: ...
    async def get_json(self, path_or_url: str, /, *, label: str, timeout_seconds: float) -> JsonAnswer: ...


class Catalog:
    """Answers what a model can do. Asks the model list at most once a minute, for a model that is already known
    at most once a day (every quarter of an hour while that fails), and never fails for it.

    `path` is where the list is kept between runs, None for nowhere. Source: OpenRouter docs, list models.
    """

    def __init__(
        self,
        source: ModelList,
        *,
        clock: Clock,
        path: Path | None = None,
        overrides: Mapping[str, FactOverride] | None = None,
    ) -> None:
        self._source, self._clock, self._path = source, clock, path
        self._overrides = {upstream_slug(key): value for key, value in (overrides or {}).items()}
        self._listed: dict[str, ModelFacts] = {}
        self._fetched_at = -math.inf
        self._asked_at = -math.inf
        self._loaded = False
        self._lock = asyncio.Lock()

    async def facts(self, slug: str) -> ModelFacts:
        """What is known about a slug, with what the configuration says on top."""
        known_facts = next((facts for facts in BUNDLED if facts.slug == slug and facts.listed), None)
        if known_facts is None:
            await self._look_up(slug)
            # A variant such as :nitro is routed differently but is the same model.
            known_facts = self._listed.get(slug) or self._listed.get(slug.partition(":")[0])
        return self._with_override(replace(known_facts, slug=slug) if known_facts else ModelFacts(slug))

    def on_hand(self, slug: str) -> ModelFacts:
        """What the list says as it is here by now, without asking for it."""
        facts = self._listed.get(slug) or self._listed.get(slug.partition(":")[0])
        return replace(facts, slug=slug) if facts else ModelFacts(slug)

    async def models(self) -> tuple[ModelFacts, ...]:
        """All models that answer with text, by slug: the bundled ones first."""
        await self._look_up("")
        bundled = {facts.slug for facts in BUNDLED}
        listed = (self._listed[slug] for slug in sorted(self._listed) if slug not in bundled)
        return (*map(self._with_override, BUNDLED), *(self._with_override(f) for f in listed if "text" in f.outputs))

    async def refresh(self) -> bool:
        """Fetches the list anew. False when that failed; what was known stays."""
        async with self._lock:
            return await self._fetch()

    async def _look_up(self, slug: str) -> None:
        """Makes sure that the list is there, fresh, and asked for this slug ("" for any) a short while ago."""
        if not self._loaded or self._is_due(slug):
            async with self._lock:
                if not self._loaded:
                    await self._load()
                if self._is_due(slug):
                    await self._fetch()

    def _is_due(self, slug: str) -> bool:
        now = self._clock.monotonic()
        if slug and slug not in self._listed and slug.partition(":")[0] not in self._listed:
            return now - self._asked_at > PAUSE_SECONDS
        return now - self._fetched_at > FRESH_SECONDS and now - self._asked_at > LONG_PAUSE_SECONDS

    async def _fetch(self) -> bool:
        self._asked_at = self._clock.monotonic()
        try:
            listed = await self._pages()
        except (ProviderError, Blocked) as error:
            log.warning("catalog.unavailable", extra={"reason": str(error)})
            return False
        if not listed:
            log.warning("catalog.unavailable", extra={"reason": "the list is empty"})
            return False
        self._listed = {facts.slug: facts for facts in listed}
        self._fetched_at = self._asked_at
        log.info("catalog.fetched", extra={"models": len(listed)})
        await self._save()
        return True

    async def _pages(self) -> list[ModelFacts]:
        """The whole list, page by page. A list that leads in circles or has no end raises `BadAnswer`, a page at
        another origin `Blocked`: half a list would make models unknown that were known."""
        page, seen, rows = "/models", set[str](), list[object]()
        while page:
            if page in seen or len(seen) >= PAGES_AT_MOST:
                raise BadAnswer(f"the model list leads in circles or has more than {PAGES_AT_MOST} pages")
            seen.add(page)
            answer = await self._source.get_json(page, label="OpenRouter model list", timeout_seconds=FETCH_SECONDS)
            page_rows = answer.body.get("data")
            rows += page_rows if isinstance(page_rows, list) else []
            page = _next_page(answer.body, self._source.route.base_url, len(rows)) if page_rows else ""
        return [facts for row in rows if (facts := facts_of(row))]

    async def _load(self) -> None:
        self._loaded = True
        if self._path is None:
            return
        try:
            text = await asyncio.to_thread(self._path.read_text, encoding="utf-8")
            kept = json.loads(text)
            if kept["v"] != _VERSION or kept["from"] != self._source.route.base_url:
                return  # written by another version, or a list of another host
            self._listed = {row["slug"]: _restored(row) for row in kept["models"]}
            age = self._clock.now().timestamp() - float(kept["fetched_at"])
            self._fetched_at = self._clock.monotonic() - max(0.0, age)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("catalog.unreadable", extra={"reason": type(error).__name__})

    async def _save(self) -> None:
        if self._path is None:
            return
        kept = {
            "v": _VERSION,
            "from": self._source.route.base_url,
            "fetched_at": self._clock.now().timestamp(),
            "models": [asdict(facts) for facts in self._listed.values()],
        }
        try:
            await asyncio.to_thread(_write, self._path, kept)
        except OSError as error:
            log.warning("catalog.not_kept", extra={"reason": type(error).__name__})

    def _with_override(self, facts: ModelFacts) -> ModelFacts:
        override = self._overrides.get(facts.slug)
        if override is None:
            return facts
        overridden = {name: value for name, value in asdict(override).items() if value is not None}
        return replace(facts, **overridden, listed=True)


def facts_of(row: object) -> ModelFacts | None:
    """The facts in one row of the model list, None when it has no id. Prices come per token, as decimal text."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        return None
    shape, top = _object(row.get("architecture")), _object(row.get("top_provider"))
    taken = str(shape.get("modality") or "").partition("->")[0]
    inputs, outputs = shape.get("input_modalities"), shape.get("output_modalities")
    supported = row.get("supported_parameters")
    thinking = _object(row.get("reasoning"))
    efforts = thinking.get("supported_efforts")
    knows = isinstance(supported, list)
    return ModelFacts(
        slug=row["id"].lower(),
        name=str(row.get("name") or row["id"]),
        reasoning="reasoning" in supported if isinstance(supported, list) else None,
        images="image" in taken or (isinstance(inputs, list) and "image" in inputs),
        tools="tools" in supported if knows and isinstance(supported, list) else None,
        context_tokens=_count(top.get("context_length"), row.get("context_length")) or 128_000,
        output_tokens=_count(
            top.get("max_completion_tokens"), row.get("max_completion_tokens"), row.get("max_output_tokens")
        )
        or 8_192,
        prices=_prices(row.get("pricing")),
        outputs=tuple(str(kind) for kind in outputs) if isinstance(outputs, list) and outputs else ("text",),
        efforts=tuple(effort for effort in efforts if isinstance(effort, str)) if isinstance(efforts, list) else (),
        must_think=thinking.get("mandatory") is True,
        listed=True,
    )


def _next_page(body: Mapping[str, Any], base_url: str, read: int) -> str:
    """The address of the page after the `read` rows so far, "" after the last: the link that the answer names, else
    the rest of the rows that it counts. Source: OpenRouter API reference, list models."""
    link, total = _object(body.get("links")).get("next"), body.get("total_count")
    if isinstance(link, str) and link:
        return urljoin(f"{base_url}/models", link)
    return f"/models?offset={read}&limit={PAGE_ROWS}" if isinstance(total, int) and total > read else ""


def estimate(usage: Usage, facts: ModelFacts) -> int | None:
    """What the tokens cost at list prices, in millionths of a dollar; None when the prices are not known."""
    prices = facts.prices
    if prices is None:
        return None
    # Dollars for a million tokens are millionths of a dollar for one.
    return round(
        usage.input_tokens * prices.prompt
        + usage.output_tokens * prices.completion
        + usage.cache_read_tokens * prices.cache_read
        + usage.cache_write_tokens * prices.cache_write
    )


def _prices(pricing: object) -> Prices | None:
    """None for a router: it lists negative prices."""
    if not isinstance(pricing, dict):
        return None
    per_token = [_price(pricing.get(k)) for k in ("prompt", "completion", "input_cache_read", "input_cache_write")]
    if min(per_token) < 0:
        return None
    return Prices(*(price * 1_000_000 for price in per_token))


def _price(value: object) -> float:
    try:
        price = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return 0.0
    return price if math.isfinite(price) else 0.0


def _count(*values: object) -> int | None:
    return next(
        (value for value in values if isinstance(value, int) and not isinstance(value, bool) and value > 0), None
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _restored(row: dict[str, Any]) -> ModelFacts:
    prices = Prices(**row["prices"]) if row["prices"] else None
    return ModelFacts(**{**row, "prices": prices, "outputs": tuple(row["outputs"]), "efforts": tuple(row["efforts"])})


def _write(path: Path, kept: dict[str, Any]) -> None:
    """Replaces the file in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
