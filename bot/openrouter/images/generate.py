"""Image generation: POST /chat/completions with image output, or POST /images for models that only draw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.chat import Picture
from bot.core.errors import BadAnswer, BadRequest, MediaError, ModelMissing, Moderated, ProviderError
from bot.core.media import Drawn, ImageRequest
from bot.core.ports.store import Blobs
from bot.media.dataurl import data_url, image_mime
from bot.openrouter.candidates import candidates, first_answer
from bot.openrouter.catalog import Catalog
from bot.openrouter.http.client import JsonAnswer, OpenRouterClient
from bot.openrouter.http.failure import failure_in
from bot.openrouter.images.answer import Found, Link, Malformed, declined, pictures_of_chat, pictures_of_images
from bot.openrouter.images.request import (
    IMAGES_RATIOS,
    Hints,
    chat_body,
    hints_for,
    images_body,
    inferred_resolution,
    takes_hints,
)
from bot.openrouter.usage import cost_microusd

LABEL = "OpenRouter image generation failed"
DEFAULT_MODEL = "google/gemini-3.1-flash-image-preview"
MOST_REFERENCES = 5

Measure = Callable[[bytes], Awaitable[tuple[int, int]]]
Outputs = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Models in order, and bounds. `only_images` are slugs that are asked through /images whatever the catalog says.

    `answer_bytes` bounds an answer with up to four pictures in base64, `picture_bytes` one that is only linked.
    """

    primary: str = DEFAULT_MODEL
    fallbacks: tuple[str, ...] = ()
    timeout_seconds: float = 180.0
    only_images: frozenset[str] = frozenset()
    answer_bytes: int = 64 * 1024 * 1024
    picture_bytes: int = 16 * 1024 * 1024


async def _no_outputs(_slug: str) -> Sequence[str]:
    return ()


def outputs_of(catalog: Catalog) -> Outputs:
    """What models answer with, as far as the catalog knows."""

    async def outputs(slug: str) -> Sequence[str]:
        """The kinds that the catalog lists, none for a model it does not know."""
        facts = await catalog.facts(slug)
        return facts.outputs if facts.listed else ()

    return outputs


class OpenRouterImages:
    """Implements `ImageGenerator`.

    `measure` gives width and height of a picture in pixels, `outputs` what a model can answer with according to
    the catalog (such as image and text; empty when it does not say).
    """

    def __init__(
        self,
        client: OpenRouterClient,
        settings: ImageSettings,
        *,
        blobs: Blobs,
        measure: Measure,
        outputs: Outputs = _no_outputs,
    ) -> None:
        self._client, self._settings, self._blobs = client, settings, blobs
        self._measure, self._outputs = measure, outputs

    async def draw(self, request: ImageRequest) -> Drawn:
        """At least one picture. Raises `ProviderError`, and `MediaError` when a reference is gone."""
        models = candidates(request.model, self._settings.primary, self._settings.fallbacks)
        if len(request.references) > MOST_REFERENCES:
            raise BadRequest(
                f"{len(request.references)} reference pictures are more than {MOST_REFERENCES}",
                tell=f"I can use {MOST_REFERENCES} pictures at most.",
            )
        pictures = [await self._blobs.read(blob) for blob in request.references]
        inferred = ""
        if not request.resolution and not request.size and any(map(takes_hints, models)):
            inferred = inferred_resolution([await self._largest_side(picture) for picture in pictures])
        mimes = [blob.mime for blob in request.references]
        references = await asyncio.to_thread(_as_urls, pictures, mimes)
        return await first_answer(models, lambda slug: self._draw(slug, request, references, inferred))

    async def _largest_side(self, picture: bytes) -> int:
        try:
            return max(await self._measure(picture))
        except MediaError:
            return 0

    async def _draw(self, slug: str, request: ImageRequest, references: Sequence[str], inferred: str) -> Drawn:
        if await self._only_draws(slug):
            return await self._through_images(slug, request, references, inferred)
        try:
            return await self._through_chat(slug, request, references, inferred)
        except ModelMissing as error:
            # Image-only models answer chat requests with 404 and these words.
            if "output modalities" not in str(error).lower():
                raise
        return await self._through_images(slug, request, references, inferred)

    async def _only_draws(self, slug: str) -> bool:
        if slug in self._settings.only_images:
            return True
        outputs = await self._outputs(slug)
        return bool(outputs) and set(outputs) == {"image"}

    async def _through_chat(self, slug: str, request: ImageRequest, references: Sequence[str], inferred: str) -> Drawn:
        hints = hints_for(slug, request, inferred=inferred)
        answer = await self._ask("/chat/completions", chat_body(slug, request, hints, references), request)
        choices = answer.body.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            failure = failure_in(choice, label=LABEL) if isinstance(choice, dict) else None
            if failure:
                raise failure
        return await self._drawn(slug, answer, hints, pictures_of_chat)

    async def _through_images(
        self, slug: str, request: ImageRequest, references: Sequence[str], inferred: str
    ) -> Drawn:
        hints = hints_for(slug, request, inferred=inferred, ratios=IMAGES_RATIOS)
        answer = await self._ask("/images", images_body(slug, request, hints, references), request)
        return await self._drawn(slug, answer, hints, pictures_of_images)

    async def _ask(self, path: str, body: dict[str, Any], request: ImageRequest) -> JsonAnswer:
        answer = await self._client.post_json(
            path,
            body,
            label=LABEL,
            timeout_seconds=request.timeout_seconds or self._settings.timeout_seconds,
            cap_bytes=self._settings.answer_bytes,
        )
        failure = failure_in(answer.body, label=LABEL)
        if failure:
            raise failure
        return answer

    async def _drawn(
        self, slug: str, answer: JsonAnswer, hints: Hints, read: Callable[[dict[str, Any]], tuple[Found, ...]]
    ) -> Drawn:
        try:
            pictures = await asyncio.to_thread(read, answer.body)
        except Malformed as error:
            raise BadAnswer(f"{LABEL}: response malformed: {error}") from error
        if not pictures and declined(answer.body):
            raise Moderated(f"{LABEL}: {slug} declined to draw this")
        if not pictures:
            raise BadAnswer(
                f"{LABEL}: response missing image data", tell="The model answered without a picture. Please try again."
            )
        named = answer.body.get("id")
        return Drawn(
            pictures=tuple([await self._whole(picture) for picture in pictures]),
            model=slug,
            cost_microusd=cost_microusd(answer.body.get("usage")),
            generation_id=named if isinstance(named, str) else answer.headers.get("X-Generation-Id", ""),
            ignored=hints.ignored,
            changed=hints.changed,
        )

    async def _whole(self, picture: Found) -> Picture:
        if isinstance(picture, Picture):
            return picture
        return await self._fetched(picture)

    async def _fetched(self, link: Link) -> Picture:
        """A linked picture, fetched without the key: the link may lead anywhere."""
        try:
            got = await self._client.fetch_public(
                link.url,
                cap_bytes=self._settings.picture_bytes,
                timeout_seconds=self._settings.timeout_seconds,
                label=LABEL,
            )
        except ProviderError as error:
            raise BadAnswer(f"{LABEL}: response malformed: a linked picture cannot be fetched: {error}") from error
        declared = got.content_type.partition(";")[0].strip().lower()
        mime = image_mime(got.data, declared)
        if not got.data or not mime.startswith("image/") or (declared and not declared.startswith(("image/", "app"))):
            raise BadAnswer(f"{LABEL}: response malformed: a linked picture is {declared or 'empty'}")
        return Picture(got.data, mime)


def _as_urls(pictures: Sequence[bytes], mimes: Sequence[str]) -> list[str]:
    return [data_url(data, mime or "image/png") for data, mime in zip(pictures, mimes, strict=True)]


def picture_name(place: int, mime: str) -> str:
    """A file name for the picture at this place, counted from 1: image-1.png, image-2.jpg."""
    kind = mime.partition("/")[2].partition("+")[0] or "png"
    return f"image-{place}.{'jpg' if kind == 'jpeg' else kind}"
