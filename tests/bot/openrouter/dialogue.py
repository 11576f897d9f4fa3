"""Asking a chat model in a test: a whole `OpenRouterChat` on a scripted server, with time that jumps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.core.chat import ChatEvent, ChatMessage, ChatRequest, Finished, Retrying, TextDelta, ToolSpec, User
from bot.core.clock import SystemClock
from bot.openrouter.catalog import Catalog
from bot.openrouter.chat.completions import ChatSettings, OpenRouterChat
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.route import Route
from tests.bot.openrouter.recording_server import RecordingServer, Reply, Seen, says, streams
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import Shelf

CHAT = "POST /chat/completions"
KEY = "sk-or-v1-test-key-0123456789"
WEATHER = ToolSpec("weather", "The weather in a city.", '{"type":"object","properties":{"city":{"type":"string"}}}')


def event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "gen-1", "object": "chat.completion.chunk", "model": "vendor/model", "choices": choices, **fields}


USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.00125}
DONE = b"data: [DONE]\n\n"


def told(text: str = "Hello", *, finish: str = "stop", usage: dict[str, Any] | None = USAGE) -> tuple[bytes, ...]:
    """The events of a plain answer."""
    last = {**chunk(), "choices": [], "usage": usage} if usage else chunk()
    return event(chunk({"role": "assistant", "content": text})), event(chunk({}, finish)), event(last), DONE


def answers(text: str = "Hello", **options: Any) -> Reply:
    return streams(*told(text, **options))


def drips(*pieces: bytes) -> Reply:
    """Sends these pieces and then nothing more, with the connection open."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        await asyncio.Event().wait()
        return response

    return reply


@dataclass
class Dialogue:
    """What came of asking: every event, the requests seen, and how far the clock was moved."""

    chat: OpenRouterChat
    server: RecordingServer
    clock: FakeClock
    shelf: Shelf
    catalog: Catalog
    events: list[ChatEvent] = field(default_factory=list)

    async def ask(
        self,
        *messages: ChatMessage,
        model: str = "openrouter/vendor/model",
        step_seconds: float = 5.0,
        **fields: Any,
    ) -> Finished:
        """The finished answer. Time moves whenever everybody waits for it."""
        request = ChatRequest(model, messages or (User("Hi"),), **fields)
        task = asyncio.ensure_future(self._collect(request))
        try:
            await self._move(task, step_seconds)
        finally:
            task.cancel()
        return task.result()

    async def _collect(self, request: ChatRequest) -> Finished:
        self.events = []
        async for happened in self.chat.stream(request):
            self.events.append(happened)
        assert [type(item) for item in self.events].count(Finished) == 1
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last

    async def _move(self, task: asyncio.Task[Finished], step_seconds: float) -> None:
        while not task.done():
            before = len(self.server.seen), len(self.events)
            done, _ = await asyncio.wait({task}, timeout=0.03)
            if not done and self.clock.sleepers and before == (len(self.server.seen), len(self.events)):
                await self.clock.advance(step_seconds)

    @property
    def asked(self) -> list[Seen]:
        return self.server.asked(CHAT)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [seen.json for seen in self.asked]

    @property
    def notices(self) -> list[Retrying]:
        return [item for item in self.events if isinstance(item, Retrying)]

    @property
    def shown(self) -> str:
        return "".join(item.text for item in self.events if isinstance(item, TextDelta))


@asynccontextmanager
async def dialogue(
    server: RecordingServer,
    settings: ChatSettings | None = None,
    *,
    verified: bool = True,
    models: list[dict[str, Any]] | None = None,
    custom: tuple[tuple[str, str], ...] = (),
    jitter: Callable[[], float] = lambda: 1.0,
) -> AsyncIterator[Dialogue]:
    """A chat model against this server, which counts as OpenRouter itself when `verified`."""
    clock, shelf = FakeClock(), Shelf()
    server.on("GET /models", says({"data": models or [model_row("vendor/model")]}))
    canonical: dict[str, Any] = {"canonical": server.base_url} if verified else {}
    route = Route(base_url=server.base_url, key=KEY, custom=custom, **canonical)
    async with OpenRouterClient(route, clock=SystemClock()) as client:
        catalog = Catalog(client, clock=clock)
        chat = OpenRouterChat(
            client, settings or ChatSettings(), catalog=catalog, blobs=shelf, clock=clock, jitter=jitter
        )
        yield Dialogue(chat, server, clock, shelf, catalog)


def model_row(slug: str, **fields: Any) -> dict[str, Any]:
    """A row of the model list."""
    return {
        "id": slug,
        "name": slug,
        "architecture": {"modality": "text+image->text", "output_modalities": ["text"]},
        "supported_parameters": ["tools", "reasoning"],
        "top_provider": {"context_length": 100_000, "max_completion_tokens": 4_000},
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        **fields,
    }
