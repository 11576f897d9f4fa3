"""Drawing pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import pytest
from openrouter.components import ChatRequest, ImageGenerationRequest

from bot.core.errors import BadAnswer, BadRequest, ModelMissing, Moderated, OutOfCredit, ProviderBusy
from bot.core.media import ImageRequest
from bot.media.dataurl import data_url
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.images.generate import ImageSettings, OpenRouterImages, picture_name
from bot.openrouter.images.request import hints_for, inferred_resolution, picture_count
from tests.bot.openrouter.recording_server import RecordingServer, says, stalls
from tests.bot.openrouter.sdk import assert_sdk_takes
from tests.bot.openrouter.stranger import Page, Stranger
from tests.fakes.shelf import JPEG, PNG, Shelf

CHAT = "POST /chat/completions"
GEMINI = "google/gemini-3.1-flash-image-preview"
PNG_URL = data_url(PNG, "image/png")


def drawn(*urls: str, **more: Any) -> dict[str, Any]:
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"id": "gen-9", "choices": [{"message": {"content": "", "images": images}}], **more}


def generator(
    client: OpenRouterClient,
    shelf: Shelf,
    *,
    side: int = 100,
    outputs: Sequence[str] = (),
    settings: ImageSettings = ImageSettings(),  # noqa: B008 - frozen
) -> OpenRouterImages:
    async def measure(_data: bytes) -> tuple[int, int]:
        return side, 50

    async def answers_with(_slug: str) -> Sequence[str]:
        return outputs

    return OpenRouterImages(client, settings, blobs=shelf, measure=measure, outputs=answers_with)


async def test_a_prompt_becomes_a_picture(server: RecordingServer, client: OpenRouterClient, shelf: Shelf) -> None:
    server.on(CHAT, says(drawn(PNG_URL, usage={"cost": 0.039})))

    got = await generator(client, shelf).draw(ImageRequest("a red kite"))

    assert [(picture.data, picture.mime) for picture in got.pictures] == [(PNG, "image/png")]
    assert (got.model, got.cost_microusd, got.generation_id, got.ignored) == (GEMINI, 39_000, "gen-9", ())
    [seen] = server.seen
    assert seen.json == {
        "model": GEMINI,
        "messages": [{"role": "user", "content": "a red kite"}],
        "modalities": ["image", "text"],
        "n": 1,
    }
    assert seen.headers["HTTP-Referer"] == "https://openclaw.ai"
    assert "X-OpenRouter-Categories" not in seen.headers
    # The official request model has no `n`; the endpoint reads it all the same.
    assert_sdk_takes(ChatRequest, seen.json, beyond=frozenset({"n"}))


async def test_references_follow_the_prompt_in_order(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(CHAT, says(drawn(PNG_URL)))
    references = (shelf.keep(PNG, "image/png"), shelf.keep(JPEG, "image/jpeg"))

    await generator(client, shelf, side=1600).draw(ImageRequest("merge these", references=references, count=3))

    body = server.seen[0].json
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "merge these"},
        {"type": "image_url", "image_url": {"url": PNG_URL}},
        {"type": "image_url", "image_url": {"url": data_url(JPEG, "image/jpeg")}},
    ]
    assert (body["n"], body["image_config"]) == (3, {"image_size": "2K"})
    assert_sdk_takes(ChatRequest, body, beyond=frozenset({"n"}))


async def test_more_than_five_references_are_refused_unasked(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    references = tuple(shelf.keep(PNG + bytes([n]), "image/png") for n in range(6))

    with pytest.raises(BadRequest):
        await generator(client, shelf).draw(ImageRequest("x", references=references))

    assert server.seen == []


@pytest.mark.parametrize(
    ("wish", "config", "ignored"),
    [
        ({"aspect_ratio": "16:9", "resolution": "2k"}, ("16:9", "2K"), ()),
        ({"aspect_ratio": " 1.85:1 "}, ("16:9", ""), ()),
        ({"size": "1080x1920"}, ("9:16", ""), ()),
        ({"size": "1080x1920", "aspect_ratio": "1:1"}, ("1:1", ""), ("size",)),
        ({"aspect_ratio": "wide"}, ("", ""), ("aspect_ratio",)),
        ({}, ("", ""), ()),
    ],
)
def test_gemini_takes_a_shape_and_a_resolution(
    wish: dict[str, str], config: tuple[str, str], ignored: tuple[str, ...]
) -> None:
    hints = hints_for(GEMINI, ImageRequest("x", **wish))  # type: ignore[arg-type]

    assert ((hints.aspect_ratio, hints.resolution), hints.ignored) == (config, ignored)


def test_other_models_get_no_hints_and_the_person_hears_it() -> None:
    hints = hints_for("openai/gpt-5.4-image-2", ImageRequest("x", aspect_ratio="1:1", resolution="1K", size="1x1"))

    assert (hints.aspect_ratio, hints.resolution) == ("", "")
    assert hints.ignored == ("aspect_ratio", "resolution", "size")


@pytest.mark.parametrize(
    ("ratio", "sent", "changed"),
    [
        ("1:4", "9:16", ("aspect_ratio 1:4 -> 9:16",)),
        ("2.35:1", "21:9", ("aspect_ratio 2.35:1 -> 21:9",)),
        ("1:1", "1:1", ()),
    ],
)
def test_a_ratio_that_was_fitted_is_named(ratio: str, sent: str, changed: tuple[str, ...]) -> None:
    hints = hints_for(GEMINI, ImageRequest("a fox", aspect_ratio=ratio))

    assert (hints.aspect_ratio, hints.changed) == (sent, changed)


@pytest.mark.parametrize(
    ("sides", "resolution"),
    [([], ""), ([0], ""), ([800, 1499], "1K"), ([1500], "2K"), ([2999], "2K"), ([100, 3000], "4K")],
)
def test_an_edit_keeps_about_the_resolution_it_came_with(sides: list[int], resolution: str) -> None:
    assert inferred_resolution(sides) == resolution


@pytest.mark.parametrize(
    ("asked", "count"), [(1, 1), (4, 4), (9, 4), (0, 1), (-2, 1), (2.9, 2), (float("nan"), 1), (float("inf"), 1)]
)
def test_one_to_four_pictures_are_asked_for(asked: float, count: int) -> None:
    assert picture_count(asked) == count


PACKED = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "message",
    [
        {"images": [{"image_url": {"url": PNG_URL}}]},
        {"images": [{"imageUrl": {"url": PNG_URL}}]},
        {"images": None, "content": f"Here: {PNG_URL} and a broken one: data:image/png;base64,AAA"},
        {"content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": PNG_URL}}]},
        {"content": [{"b64_json": PACKED}]},
        {"content": [{"inlineData": {"data": PACKED, "mimeType": "image/png"}}]},
        {"content": [{"inline_data": {"data": PACKED, "mime_type": "image/png"}}]},
        {"images": [{"image_url": {"url": f"DATA:Image/PNG;charset=x;base64,{PACKED[:8]}\n {PACKED[8:]}"}}]},
        {"images": [{"image_url": {"url": PNG_URL.replace("image/png", "image/jpeg")}}]},
        {"images": [{"image_url": {"url": PNG_URL}}], "content": PNG_URL},
    ],
)
async def test_a_picture_is_found_wherever_the_model_puts_it(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, message: dict[str, Any]
) -> None:
    server.on(CHAT, says({"choices": [{"message": None}, {"message": message}]}))

    got = await generator(client, shelf).draw(ImageRequest("x"))

    assert [(picture.data, picture.mime) for picture in got.pictures] == [(PNG, "image/png")]


@pytest.mark.parametrize(
    "body",
    [
        {"choices": {}},
        {"choices": ["x"]},
        {"choices": [{"message": "x"}]},
        {"choices": [{"message": {"images": {}}}]},
        {"choices": [{"message": {"images": ["x"]}}]},
        {"choices": [{"message": {"images": [{}]}}]},
        {"choices": [{"message": {"images": [{"image_url": {"url": 7}}]}}]},
        drawn("http://cdn.example/picture.png"),
        drawn("data:image/png;base64,"),
        drawn("data:image/png;base64,AAA"),
        drawn("data:image/png;base64,A=AA"),
        drawn("data:image/png;base64,AAAA===="),
        drawn("data:image/png;base64,AA-_"),
        drawn("data:image/png;base64,AAAA----"),
        drawn("data:text/html;base64,AAAA"),
        drawn("data:image/png,AAAA"),
        {"choices": [{"message": {"content": ["x"]}}]},
        {"choices": [{"message": {"content": [{"b64_json": 5}]}}]},
        {"choices": [{"message": {"content": [{"inlineData": {"mimeType": "image/png"}}]}}]},
    ],
)
async def test_a_picture_that_cannot_be_read_is_malformed(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, body: dict[str, Any]
) -> None:
    server.on(CHAT, says(body))

    with pytest.raises(BadAnswer, match="response malformed"):
        await generator(client, shelf).draw(ImageRequest("x"))


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": {"content": "I would rather not"}}]}])
async def test_words_alone_are_a_missing_picture(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, body: dict[str, Any]
) -> None:
    server.on(CHAT, says(body))

    with pytest.raises(BadAnswer, match="response missing image data"):
        await generator(client, shelf).draw(ImageRequest("x"))


@pytest.mark.parametrize("choice", [{"finish_reason": "content_filter"}, {"message": {"refusal": "no"}}])
async def test_a_refusal_inside_a_success_is_moderation(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, choice: dict[str, Any]
) -> None:
    server.on(CHAT, says({"choices": [choice]}))

    with pytest.raises(Moderated):
        await generator(client, shelf).draw(ImageRequest("x"))


async def test_an_error_inside_a_choice_is_told(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(CHAT, says({"choices": [{"error": {"code": 402, "message": "broke"}}]}))

    with pytest.raises(OutOfCredit, match=r"OpenRouter image generation failed \(HTTP 402\): broke"):
        await generator(client, shelf).draw(ImageRequest("x"))


async def test_a_linked_picture_is_fetched_as_a_stranger(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, stranger: Stranger
) -> None:
    server.on(CHAT, says(drawn("https://cdn.example/p")))
    stranger.pages["https://cdn.example/p"] = Page(JPEG, "image/png")

    got = await generator(client, shelf).draw(ImageRequest("x"))

    assert (got.pictures[0].data, got.pictures[0].mime) == (JPEG, "image/jpeg")


@pytest.mark.parametrize("page", [None, Page(b"<p>", "text/html"), Page(b"", "image/png")])
async def test_a_link_that_leads_nowhere_is_malformed(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf, stranger: Stranger, page: Page | None
) -> None:
    server.on(CHAT, says(drawn("https://127.0.0.1/p")))
    if page:
        stranger.pages["https://127.0.0.1/p"] = page

    with pytest.raises(BadAnswer, match="response malformed"):
        await generator(client, shelf).draw(ImageRequest("x"))


async def test_the_primary_comes_first_then_the_fallbacks(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(CHAT, says({"error": "down"}, status=503), says(drawn(PNG_URL)))
    settings = ImageSettings("openrouter/a/one", ("openrouter/b/two", "c/three"))

    got = await generator(client, shelf, settings=settings).draw(ImageRequest("x"))

    assert got.model == "b/two"
    assert [seen.json["model"] for seen in server.seen] == ["a/one", "b/two"]


async def test_a_named_model_is_asked_alone(server: RecordingServer, client: OpenRouterClient, shelf: Shelf) -> None:
    server.on(CHAT, says({"error": "down"}, status=503))

    with pytest.raises(ProviderBusy, match=r"^OpenRouter image generation failed \(HTTP 503\): down"):
        await generator(client, shelf, settings=ImageSettings(fallbacks=("b/two",))).draw(
            ImageRequest("x", model="openrouter/z/mine")
        )

    assert [seen.json["model"] for seen in server.seen] == ["z/mine"]


async def test_when_no_model_draws_each_is_named(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on(CHAT, says({"error": "full"}, status=503), says({"error": "odd"}, status=400), says({"choices": []}))

    with pytest.raises(ProviderBusy) as failed:
        await generator(client, shelf, settings=ImageSettings("a/one", ("b/two", "c/three"))).draw(ImageRequest("x"))

    assert str(failed.value) == (
        "All 3 models failed: a/one: OpenRouter image generation failed (HTTP 503): full; "
        "b/two: OpenRouter image generation failed (HTTP 400): odd; "
        "c/three: OpenRouter image generation failed: response missing image data"
    )


@pytest.mark.parametrize("model", ["nonsense", "vendor/unknown"])
async def test_a_model_that_is_not_there_is_missing_and_the_chat_model_is_not_to_blame(
    client: OpenRouterClient, shelf: Shelf, model: str
) -> None:
    with pytest.raises(ModelMissing) as missing:  # the server answers 404
        await generator(client, shelf).draw(ImageRequest("x", model=model))

    assert missing.value.tell == "That model is not available for this."


async def test_a_model_that_only_draws_is_asked_through_images(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    server.on("POST /images", says({"created": 1, "data": [{"b64_json": PACKED}], "usage": {"cost": 0.01}}))

    got = await generator(client, shelf, outputs=("image",)).draw(
        ImageRequest("a fox", model="flux/pro", references=(shelf.keep(PNG, "image/png"),), count=2)
    )

    assert (got.pictures[0].data, got.cost_microusd) == (PNG, 10_000)
    body = server.seen[0].json
    assert body == {
        "model": "flux/pro",
        "prompt": "a fox",
        "n": 2,
        "input_references": [{"type": "image_url", "image_url": {"url": PNG_URL}}],
    }
    assert_sdk_takes(ImageGenerationRequest, body)


async def test_a_404_about_output_modalities_leads_to_images(
    server: RecordingServer, client: OpenRouterClient, shelf: Shelf
) -> None:
    gone = {"error": {"code": 404, "message": "No endpoints found that support the requested output modalities"}}
    server.on(CHAT, says(gone, status=404))
    server.on("POST /images", says({"data": [{"b64_json": PACKED, "media_type": "image/png"}]}))

    got = await generator(client, shelf).draw(ImageRequest("a fox", aspect_ratio="2:1"))

    assert got.pictures[0].data == PNG
    assert server.seen[1].json["aspect_ratio"] == "2:1"
    assert_sdk_takes(ImageGenerationRequest, server.seen[1].json)


async def test_the_timeout_of_the_call_wins(server: RecordingServer, client: OpenRouterClient, shelf: Shelf) -> None:
    server.on(CHAT, stalls())

    with pytest.raises(ProviderBusy, match="timed out after 50ms"):
        await generator(client, shelf).draw(ImageRequest("x", timeout_seconds=0.05))


def test_pictures_are_named_by_place_and_kind() -> None:
    names = [picture_name(1, "image/png"), picture_name(2, "image/jpeg"), picture_name(3, "image/svg+xml")]

    assert names == ["image-1.png", "image-2.jpg", "image-3.svg"]
