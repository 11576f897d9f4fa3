"""The model catalog and the account's credit for the command line, asked live from OpenRouter."""

from __future__ import annotations

import asyncio
import json
import sys

from pydantic import JsonValue

from bot.cli.exit_codes import FAILED, OK
from bot.cli.setup import Setup
from bot.config.network import proxy_rules
from bot.core.clock import SystemClock
from bot.core.errors import ProviderError
from bot.openrouter import configured
from bot.openrouter.account import account, left
from bot.openrouter.catalog import Catalog, ModelFacts
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.provider import CATALOG_FILE
from bot.openrouter.refs import ref_of


def show(setup: Setup, search: str, *, refresh: bool, as_json: bool) -> int:
    """Prints the models whose name contains `search`, with limits and prices; returns the exit status.

    `refresh` asks for the list anew, also when the one that is kept is from today."""
    wanted = search.strip().casefold()
    models, fresh = asyncio.run(_models(setup, refresh))
    if refresh and not fresh:
        print("OpenRouter's list cannot be had right now: this is what was known before.", file=sys.stderr)
    rows = [row(facts) for facts in models if wanted in f"{facts.slug} {facts.name}".casefold()]
    if as_json:
        print(json.dumps({"ok": bool(rows), "models": rows}, ensure_ascii=False))
    else:
        print("\n".join(map(line, rows)) or "No model has that in its name, or the list cannot be had right now.")
    return OK if rows and fresh else FAILED


async def credit(setup: Setup) -> str:
    """What the account has left, in a sentence; or why the provider does not say."""
    key = setup.key()
    try:
        async with OpenRouterClient(
            configured.route(setup.config, key.key if key else ""),
            clock=SystemClock(),
            proxies=proxy_rules(setup.config.network, setup.environ),
        ) as client:
            return left(await account(client))
    except ProviderError as error:
        return f"Credit left: not known. {error}"


def row(facts: ModelFacts) -> dict[str, JsonValue]:
    """One model. Prices are US dollars for a million tokens, null where the catalog has none."""
    prices = facts.prices
    return {
        "ref": ref_of(facts.slug),
        "name": facts.name,
        "input": ["text", "image"] if facts.images else ["text"],
        "output": list(facts.outputs),
        "context": facts.context_tokens,
        "reasoning": facts.reasoning,
        "prices": None if prices is None else {"prompt": prices.prompt, "completion": prices.completion},
    }


def line(model: dict[str, JsonValue]) -> str:
    """The same for people."""
    match model["prices"]:
        case {"prompt": prompt, "completion": completion}:
            price = f"${prompt:.2f} in, ${completion:.2f} out"
        case _:
            price = "price varies"
    match model["input"], model["output"]:
        case list(inputs), list(outputs):
            kinds = f"{'+'.join(map(str, inputs))} to {'+'.join(map(str, outputs))}"
        case _:
            kinds = ""
    return f"{model['ref']}  {kinds}  {price}"


async def _models(setup: Setup, refresh: bool) -> tuple[tuple[ModelFacts, ...], bool]:
    """The models, and whether a list that was asked for anew came."""
    key, clock = setup.key(), SystemClock()
    route, proxies = (
        configured.route(setup.config, key.key if key else ""),
        proxy_rules(setup.config.network, setup.environ),
    )
    async with OpenRouterClient(route, clock=clock, proxies=proxies) as client:
        path, overrides = setup.state / CATALOG_FILE, configured.catalog_overrides(setup.config)
        catalog = Catalog(client, clock=clock, path=path, overrides=overrides)
        fresh = await catalog.refresh() if refresh else True
        return await catalog.models(), fresh
