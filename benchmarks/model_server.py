"""A model that answers at once: it streams two words back, the second after an optional pause.

It hears the same words in every voice note and says everything with the same short sound.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Self

from aiohttp import web

HEARD = "what was said"
USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.00001}


def chunk(number: int, delta: dict[str, str], **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}
    body = {
        "id": f"gen-{number}",
        "object": "chat.completion.chunk",
        "model": "bench/model",
        "choices": [choice],
        **more,
    }
    return f"data: {json.dumps(body)}\n\n".encode()


def words(body: dict[str, Any]) -> str:
    """What the newest message says, without the pictures shown with it."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


class ModelServer:
    """`seconds_before` is its thinking time, `seconds_between` the pause after the first word.

    `first_token_at` keeps, by what was asked, when the first word went out. `sound` is an MP3."""

    def __init__(self, sound: bytes = b"") -> None:
        self.sound = sound
        self.seconds_before = 0.0
        self.seconds_between = 0.0
        self.asked = 0
        self.first_token_at: dict[str, float] = {}
        self.base_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/api/v1/chat/completions", self._chat)
        app.router.add_post("/api/v1/audio/transcriptions", self._hear)
        app.router.add_post("/api/v1/audio/speech", self._speak)
        app.router.add_get("/api/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": []})

    async def _hear(self, request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"text": HEARD, "usage": {"cost": 0.00001}})

    async def _speak(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=self.sound, content_type="audio/mpeg")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        said = words(await request.json())
        self.asked += 1
        number = self.asked
        if self.seconds_before:
            await asyncio.sleep(self.seconds_before)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.first_token_at[said] = time.monotonic()
        await response.write(chunk(number, {"role": "assistant", "content": "Answer"}))
        if self.seconds_between:
            await asyncio.sleep(self.seconds_between)
        await response.write(
            chunk(number, {"content": f" {said}"}) + chunk(number, {}, finish="stop", usage=USAGE) + b"data: [DONE]\n\n"
        )
        await response.write_eof()
        return response
