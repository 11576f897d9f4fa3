"""The route /images."""

from __future__ import annotations

import asyncio
import base64

from aiohttp import web

from bot.sandbox.catalog import find, outputs
from bot.sandbox.drawing.pictures import Order, decoded, make
from bot.sandbox.state import ApiCall, Routes, SandboxState
from bot.sandbox.wire import Json, Rejected, generation_id, usage_of

PICTURE_DOLLARS = 0.039


def routes(sandbox: SandboxState) -> Routes:
    """Image generation. Source: OpenRouter docs, image generation."""

    async def images(call: ApiCall) -> web.Response:
        body: Json = call.body
        row, order = check_images(body)
        pictures = await asyncio.to_thread(make, order)
        answer_id = generation_id()
        usage = usage_of(row, order.prompt, "", PICTURE_DOLLARS * len(pictures)).as_json()
        sandbox.record(answer_id, row["id"], usage)
        data = [{"b64_json": base64.b64encode(png).decode(), "media_type": "image/png"} for png in pictures]
        created = int(sandbox.clock.now().timestamp())
        answer = {"created": created, "data": data, "usage": usage}
        return web.json_response(answer, headers={"X-Generation-Id": answer_id})

    return {"POST /images": images}


def check_images(body: Json) -> tuple[Json, Order]:
    """The model's row and what to draw. Raises `Rejected`."""
    row = find(body.get("model"))
    if "image" not in outputs(row):
        raise Rejected(404, "No endpoints found that support the requested output modalities: image")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Rejected(400, "prompt: text is required")
    count = body.get("n", 1)
    if not isinstance(count, int) or not 1 <= count <= 10:
        raise Rejected(400, f"n: {count!r} is not between 1 and 10")
    references = tuple(decoded(part["image_url"]["url"]) for part in body.get("input_references") or ())
    return row, Order(prompt, references, count, body.get("aspect_ratio", "1:1"), body.get("resolution", "1K"))
