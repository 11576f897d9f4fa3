"""A model that answers at once: it streams two words back, the second after an optional pause."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Self

from aiohttp import web

USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.00001}


def chunk(delta: dict[str, str], **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}
    body = {"id": "gen-1", "object": "chat.completion.chunk", "model": "bench/model", "choices": [choice], **more}
    return f"data: {json.dumps(body)}\n\n".encode()


class ModelServer:
    """`seconds_before` is its thinking time, `seconds_between` the pause after the first word.

    `first_token_at` keeps, by what was asked, when the first word went out."""

    def __init__(self) -> None:
        self.seconds_before = 0.0
        self.seconds_between = 0.0
        self.asked = 0
        self.first_token_at: dict[str, float] = {}
        self.base_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/api/v1/chat/completions", self._chat)
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

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        said = (await request.json())["messages"][-1]["content"]
        self.asked += 1
        if self.seconds_before:
            await asyncio.sleep(self.seconds_before)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.first_token_at[said] = time.monotonic()
        await response.write(chunk({"role": "assistant", "content": "Answer"}))
        if self.seconds_between:
            await asyncio.sleep(self.seconds_between)
        await response.write(
            chunk({"content": f" {said}"}) + chunk({}, finish="stop", usage=USAGE) + b"data: [DONE]\n\n"
        )
        await response.write_eof()
        return response
