"""Catalog and money."""

from __future__ import annotations

import base64

import pytest
from openrouter import components, operations

from tests.bot.sandbox.conftest import Client


async def test_every_model_row_has_the_official_shape(client: Client) -> None:
    answer = await client.get("/models")

    rows = components.ModelsListResponse.model_validate(answer.json).data
    assert {"openrouter/auto", "openrouter/fusion", "moonshotai/kimi-k2.6"} <= {row.id for row in rows}


async def test_the_catalog_can_be_read_in_pages_and_by_output(client: Client) -> None:
    page = (await client.get("/models?limit=5&offset=5")).json
    images = (await client.get("/models?output_modalities=image")).json

    assert len(page["data"]) == 5
    assert page["links"]["next"].endswith("offset=10&limit=5")
    assert all("image" in row["architecture"]["output_modalities"] for row in images["data"])


async def test_video_models_have_the_official_shape(client: Client) -> None:
    answer = await client.get("/videos/models")

    assert components.VideoModelsListResponse.model_validate(answer.json).data[0].supported_durations == [4, 6, 8]


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")  # fields that the SDK calls so
async def test_what_an_answer_cost_shows_in_generation_credits_and_key(client: Client) -> None:
    answer = (await client.chat("tell me a long story", model="anthropic/claude-sonnet-4.6")).json

    generation = await client.get(f"/generation?id={answer['id']}")
    credits = await client.get("/credits")
    key = await client.get("/key")

    cost = answer["usage"]["cost"]
    assert cost > 0.01
    assert components.GenerationResponse.model_validate(generation.json).data.total_cost == cost
    assert operations.GetCreditsResponse.model_validate(credits.json).data.total_usage == cost
    assert operations.GetCurrentKeyResponse.model_validate(key.json).data.limit_remaining == 10 - cost


async def test_the_images_route_draws(client: Client) -> None:
    wish = {"model": "black-forest-labs/flux.2-pro", "prompt": "a blue bird", "n": 2, "aspect_ratio": "1:1"}
    answer = await client.post("/images", wish)

    drawn = components.ImageGenerationResponse.model_validate(answer.json)
    assert len(drawn.data) == 2
    assert base64.b64decode(drawn.data[0].b64_json).startswith(b"\x89PNG")
