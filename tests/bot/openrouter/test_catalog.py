"""What is known about models."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.chat import Usage
from bot.openrouter.catalog import Catalog, FactOverride, ModelFacts, Prices, estimate, facts_of
from bot.openrouter.http.client import OpenRouterClient
from tests.bot.openrouter.dialogue import model_row
from tests.bot.openrouter.recording_server import RecordingServer, says
from tests.fakes.clock import FakeClock

LIST = "GET /models"


@pytest.fixture
def listed(server: RecordingServer) -> RecordingServer:
    server.on(LIST, says({"data": [model_row("vendor/model"), model_row("vendor/draws"), {"id": 5}, None]}))
    return server


@pytest.fixture
async def catalog(listed: RecordingServer, client: OpenRouterClient, clock: FakeClock) -> AsyncIterator[Catalog]:
    yield Catalog(client, clock=clock)


@pytest.mark.parametrize(
    ("slug", "reasoning", "images", "context", "output", "prices"),
    [
        ("openrouter/auto", False, True, 200_000, 8_192, None),
        ("moonshotai/kimi-k2.6", True, True, 262_144, 262_144, Prices(0.80, 3.50, 0.20)),
        ("moonshotai/kimi-k2.5", True, True, 262_144, 262_144, Prices(0.44, 2.00, 0.22)),
    ],
)
async def test_bundled_models_are_known_without_asking(
    catalog: Catalog,
    listed: RecordingServer,
    slug: str,
    reasoning: bool,
    images: bool,
    context: int,
    output: int,
    prices: Prices | None,
) -> None:
    facts = await catalog.facts(slug)

    assert (facts.reasoning, facts.images, facts.context_tokens) == (reasoning, images, context)
    assert (facts.output_tokens, facts.prices, facts.listed) == (output, prices, True)
    assert not listed.seen


async def test_the_efforts_of_a_model_are_read_and_kept(
    server: RecordingServer, client: OpenRouterClient, clock: FakeClock, tmp_path: Path
) -> None:
    row = model_row("vendor/thinks", reasoning={"mandatory": True, "supported_efforts": ["high", "low", None]})
    server.on(LIST, says({"data": [row, model_row("vendor/model", reasoning="odd")]}))
    fetched = await Catalog(client, clock=clock, path=tmp_path / "list").facts("vendor/thinks")
    again = Catalog(client, clock=clock, path=tmp_path / "list")

    assert (fetched.efforts, fetched.must_think) == (("high", "low"), True)
    assert await again.facts("vendor/thinks") == fetched
    assert again.on_hand("vendor/thinks:free").efforts == ("high", "low")
    assert (await again.facts("vendor/model")).efforts == ()


async def test_fusion_and_unknown_models_have_defaults_and_stay_usable(catalog: Catalog) -> None:
    assert await catalog.facts("openrouter/fusion") == ModelFacts("openrouter/fusion")
    facts = await catalog.facts("nobody/knows")
    assert (facts.images, facts.context_tokens, facts.output_tokens) == (False, 200_000, 8_192)
    assert (facts.prices, facts.tools, facts.listed) == (None, None, False)


async def test_a_listed_model_is_described_by_its_row(catalog: Catalog, listed: RecordingServer) -> None:
    facts = await catalog.facts("vendor/model")

    assert facts.prices is not None
    assert (facts.prices.prompt, facts.prices.completion) == pytest.approx((1.0, 2.0))
    assert (facts.reasoning, facts.tools, facts.images) == (True, True, True)
    assert (facts.context_tokens, facts.output_tokens) == (100_000, 4_000)
    assert len(listed.asked(LIST)) == 1


async def test_a_variant_is_the_same_model(catalog: Catalog) -> None:
    assert (await catalog.facts("vendor/model:nitro")).output_tokens == 4_000


async def test_a_miss_asks_once_and_not_again_for_a_minute(
    catalog: Catalog, listed: RecordingServer, clock: FakeClock
) -> None:
    await catalog.facts("nobody/knows")
    await catalog.facts("nobody/knows")
    assert len(listed.asked(LIST)) == 1

    await clock.advance(61)
    await catalog.facts("nobody/knows")
    await catalog.facts("vendor/model")
    assert len(listed.asked(LIST)) == 2


async def test_a_list_that_is_down_is_never_fatal(catalog: Catalog, listed: RecordingServer, clock: FakeClock) -> None:
    await catalog.facts("vendor/model")
    listed.on(LIST, says({"error": {"message": "down"}}, status=503))
    await clock.advance(25 * 3600)

    assert (await catalog.facts("vendor/model")).listed
    assert not await catalog.refresh()


async def test_a_known_model_does_not_wait_for_a_list_that_stays_down(
    catalog: Catalog, listed: RecordingServer, clock: FakeClock
) -> None:
    await catalog.facts("vendor/model")
    listed.on(LIST, says({}, status=503))
    await clock.advance(25 * 3600)

    for _ in range(14):
        await catalog.facts("vendor/model")
        await clock.advance(61)

    assert len(listed.asked(LIST)) == 2


async def test_an_empty_list_replaces_nothing(catalog: Catalog, listed: RecordingServer) -> None:
    await catalog.facts("vendor/model")
    listed.on(LIST, says({"data": []}))

    assert not await catalog.refresh()
    assert (await catalog.facts("vendor/model")).listed


async def test_the_list_survives_a_restart(
    listed: RecordingServer, client: OpenRouterClient, clock: FakeClock, tmp_path: Path
) -> None:
    path = tmp_path / "state" / "models.json"
    before = await Catalog(client, clock=clock, path=path).facts("vendor/model")
    listed.on(LIST, says({}, status=500))

    after = await Catalog(client, clock=clock, path=path).facts("vendor/model")

    assert after == before
    assert len(listed.asked(LIST)) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["models.json"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"links": {"next": "/api/v1/models?offset=1&limit=1"}, "total_count": 2}, "offset=1&limit=1"),
        ({"total_count": 2}, "offset=1&limit=500"),
    ],
)
async def test_a_long_list_is_read_page_by_page(
    server: RecordingServer, client: OpenRouterClient, clock: FakeClock, first: dict[str, Any], second: str
) -> None:
    last = {"data": [model_row("vendor/two")], "links": {"next": None}, "total_count": 2}
    server.on(LIST, says({"data": [model_row("vendor/one")], **first}), says(last))
    catalog = Catalog(client, clock=clock)

    assert (await catalog.facts("vendor/two")).listed
    assert (await catalog.facts("vendor/one")).listed
    assert [seen.path.partition("?")[2] for seen in server.seen] == ["", second]


@pytest.mark.parametrize("link", ["https://elsewhere.example/api/v1/models", "http://127.0.0.1:1/api/v1/models"])
async def test_a_page_at_another_origin_is_not_asked_and_nothing_known_is_lost(
    catalog: Catalog, listed: RecordingServer, link: str
) -> None:
    await catalog.facts("vendor/model")
    listed.on(LIST, says({"data": [model_row("vendor/other")], "links": {"next": link}}))

    assert not await catalog.refresh()
    assert (await catalog.facts("vendor/model")).listed


async def test_a_list_without_an_end_is_given_up(
    catalog: Catalog, listed: RecordingServer, client: OpenRouterClient
) -> None:
    listed.on(LIST, says({"data": [model_row("vendor/model")], "total_count": 10**9}))
    assert not await catalog.refresh()
    assert len(listed.seen) == 20

    listed.on(LIST, says({"data": [model_row("vendor/model")], "links": {"next": "/api/v1/models"}}))
    assert not await catalog.refresh()
    assert len(listed.seen) == 22


async def test_a_list_of_another_host_is_not_taken_for_this_one(
    listed: RecordingServer, client: OpenRouterClient, clock: FakeClock, tmp_path: Path
) -> None:
    path = tmp_path / "models.json"
    await Catalog(client, clock=clock, path=path).facts("vendor/model")
    path.write_text(path.read_text().replace(listed.base_url, "https://elsewhere.example"))

    await Catalog(client, clock=clock, path=path).facts("vendor/model")

    assert len(listed.asked(LIST)) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 2}', '{"v": 2, "fetched_at": 0, "models": [{"slug": "x"}]}'])
async def test_a_broken_copy_is_fetched_anew(
    listed: RecordingServer, client: OpenRouterClient, clock: FakeClock, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "models.json"
    path.write_text(text)

    assert (await Catalog(client, clock=clock, path=path).facts("vendor/model")).listed


async def test_the_configuration_has_the_last_word(
    listed: RecordingServer, client: OpenRouterClient, clock: FakeClock
) -> None:
    overrides = {
        "Vendor/Model": FactOverride(images=False, output_tokens=77),
        "own/model": FactOverride(reasoning=False),
    }
    catalog = Catalog(client, clock=clock, overrides=overrides)

    facts = await catalog.facts("vendor/model")
    assert (facts.images, facts.output_tokens, facts.context_tokens) == (False, 77, 100_000)
    assert (await catalog.facts("own/model")).listed


async def test_the_choice_starts_with_the_bundled_models_and_leaves_out_what_cannot_talk(
    listed: RecordingServer, client: OpenRouterClient, clock: FakeClock
) -> None:
    draws = model_row("a/draws", architecture={"modality": "text->image", "output_modalities": ["image"]})
    listed.on(LIST, says({"data": [model_row("z/last"), draws, model_row("a/first"), model_row("openrouter/auto")]}))

    models = await Catalog(client, clock=clock).models()

    assert [facts.slug for facts in models] == [
        "openrouter/auto",
        "openrouter/fusion",
        "moonshotai/kimi-k2.6",
        "moonshotai/kimi-k2.5",
        "a/first",
        "z/last",
    ]


def facts(**row: Any) -> ModelFacts:
    found = facts_of({"id": "V/M", **row})
    assert found is not None
    return found


def test_a_bare_row_has_careful_defaults() -> None:
    bare = facts()

    assert (bare.slug, bare.name, bare.context_tokens, bare.output_tokens) == ("v/m", "V/M", 128_000, 8_192)
    assert (bare.reasoning, bare.tools, bare.images, bare.prices) == (None, None, False, None)


def test_limits_are_looked_for_in_several_places() -> None:
    assert facts(context_length=5, max_output_tokens=3).context_tokens == 5
    assert facts(context_length=5, top_provider={"context_length": 7}).context_tokens == 7
    assert facts(max_output_tokens=3).output_tokens == 3
    assert facts(max_output_tokens=3, max_completion_tokens=4).output_tokens == 4
    assert facts(top_provider={"max_completion_tokens": None}, max_completion_tokens=4).output_tokens == 4


def test_only_pictures_that_go_in_count() -> None:
    assert facts(architecture={"modality": "text+image->text"}).images
    assert not facts(architecture={"modality": "text->text+image"}).images


def test_prices_are_text_for_one_token() -> None:
    priced = facts(pricing={"prompt": "0.000002", "completion": "junk", "input_cache_read": 0.000001, "request": "9"})

    assert priced.prices is not None
    assert (priced.prices.prompt, priced.prices.completion) == pytest.approx((2.0, 0.0))
    assert priced.prices.cache_read == pytest.approx(1.0)
    assert facts(pricing={"prompt": "-1", "completion": "-1"}).prices is None
    assert facts(pricing={"prompt": "nan"}).prices == Prices()


def test_an_estimate_adds_all_kinds_of_tokens() -> None:
    used = Usage(input_tokens=10, output_tokens=20, cache_read_tokens=30, cache_write_tokens=40)

    assert estimate(used, ModelFacts("x", prices=Prices(1, 2, 3, 4))) == 300
    assert estimate(used, ModelFacts("x")) is None
    assert estimate(Usage(), ModelFacts("x", prices=Prices())) == 0
