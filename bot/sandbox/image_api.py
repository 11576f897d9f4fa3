"""The route /images."""

from __future__ import annotations

import asyncio
import base64

from aiohttp import web

from bot.sandbox.catalog import find, outputs
from bot.sandbox.drawing.pictures import Order, decoded, make
from bot.sandbox.state import Given, Routes, SandboxState
from bot.sandbox.wire import Json, Refused, bill, generation_id

PICTURE_DOLLARS = 0.039


def routes(stage: SandboxState) -> Routes:
    """Image generation. Source: OpenRouter docs, image generation."""

    async def images(given: Given) -> web.Response:
        body: Json = given.body
        row, order = check_images(body)
        pictures = await asyncio.to_thread(make, order)
        answer_id = generation_id()
        usage = bill(row, order.prompt, "", PICTURE_DOLLARS * len(pictures)).usage()
        stage.record(answer_id, row["id"], usage)
        data = [{"b64_json": base64.b64encode(png).decode(), "media_type": "image/png"} for png in pictures]
        created = int(stage.clock.now().timestamp())
        answer = {"created": created, "data": data, "usage": usage}
        return web.json_response(answer, headers={"X-Generation-Id": answer_id})

    return {"POST /images": images}


def check_images(body: Json) -> tuple[Json, Order]:
    """The model's row and what to draw. Raises `Refused`."""
    row = find(body.get("model"))
    if "image" not in outputs(row):
        raise Refused(404, "No endpoints found that support the requested output modalities: image")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "prompt: text is required")
    count = body.get("n", 1)
    if not isinstance(count, int) or not 1 <= count <= 10:
        raise Refused(400, f"n: {count!r} is not between 1 and 10")
    references = tuple(decoded(part["image_url"]["url"]) for part in body.get("input_references") or ())
    return row, Order(prompt, references, count, body.get("aspect_ratio", "1:1"), body.get("resolution", "1K"))
