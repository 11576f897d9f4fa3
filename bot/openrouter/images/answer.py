"""Generated images in an answer, wherever a model puts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.chat import Picture
from bot.media.dataurl import image_mime, image_of_data_url, image_urls_in, strict_base64


@dataclass(frozen=True, slots=True)
class Link:
    """A picture that still has to be fetched, from an https address."""

    url: str


Found = Picture | Link


class Malformed(ValueError):
    """The answer has a picture in a form that cannot be read."""


def pictures_of_chat(body: Mapping[str, Any]) -> tuple[Found, ...]:
    """The pictures of all choices in order, each once. Slow for large pictures: run it beside the event loop.

    Looks at `message.images`, then at `message.content`, a string with data URLs or a list of parts.
    Raises `Malformed`. Source: OpenRouter docs, image generation.
    """
    pictures: list[Found] = []
    for choice in _items(body.get("choices")):
        message = _object(choice).get("message")
        if message is None:
            continue
        images, content = _object(message).get("images"), _object(message).get("content")
        pictures += [_by_url(image) for image in _items(images)]
        if isinstance(content, str):
            pictures += _inside(content)
        else:
            pictures += [picture for part in _items(content) for picture in _of_part(_object(part))]
    return tuple(dict.fromkeys(pictures))


def pictures_of_images(body: Mapping[str, Any]) -> tuple[Found, ...]:
    """The pictures of an /images answer. Raises `Malformed`. Source: OpenRouter API reference, images."""
    pictures = []
    for entry in map(_object, _items(body.get("data"))):
        packed = entry.get("b64_json")
        pictures.append(
            _unpacked(packed, entry.get("media_type")) if packed is not None else _by_text(entry.get("url"))
        )
    return tuple(pictures)


def declined(body: Mapping[str, Any]) -> bool:
    """Whether the model refused in the answer itself."""
    choices = body.get("choices")
    return any(
        choice.get("finish_reason") == "content_filter"
        or (isinstance(message := choice.get("message"), dict) and bool(message.get("refusal")))
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, dict)
    )


def _of_part(part: dict[str, Any]) -> Iterator[Found]:
    inline = part.get("inlineData", part.get("inline_data"))
    if part.get("type") == "image_url" or "image_url" in part:
        yield _by_url(part)
    elif "b64_json" in part:
        yield _unpacked(part["b64_json"], "image/png")
    elif inline is not None:
        data = _object(inline)
        yield _unpacked(data.get("data"), data.get("mimeType", data.get("mime_type")))


def _by_url(image: object) -> Found:
    entry = _object(image)
    place = entry.get("image_url", entry.get("imageUrl"))
    return _by_text(_object(place).get("url"))


def _by_text(url: object) -> Found:
    if not isinstance(url, str):
        raise Malformed("a picture has no url")
    if url.strip().lower().startswith("https://"):
        return Link(url.strip())
    try:
        data, declared_type = image_of_data_url(url)
    except ValueError as error:
        raise Malformed(str(error)) from error
    return Picture(data, image_mime(data, declared_type))


def _unpacked(packed: object, mime: object) -> Picture:
    if not isinstance(packed, str):
        raise Malformed("a picture has no data")
    try:
        data = strict_base64(packed)
    except ValueError as error:
        raise Malformed(str(error)) from error
    named = mime if isinstance(mime, str) and mime.startswith("image/") else ""
    return Picture(data, image_mime(data, named))


def _inside(text: str) -> Iterator[Picture]:
    """Data URLs in running text. A broken one is skipped: it may be an example the model wrote about."""
    for url in image_urls_in(text):
        try:
            data, declared_type = image_of_data_url(url)
        except ValueError:
            continue
        yield Picture(data, image_mime(data, declared_type))


def _items(value: object) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"a list was expected, not {type(value).__name__}")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"an object was expected, not {type(value).__name__}")
    return value
