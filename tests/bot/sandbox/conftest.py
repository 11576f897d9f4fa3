"""A running sandbox and a client that holds its key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox

TOOLS = {
    "image_generate": {"prompt": {"type": "string"}, "edit": {"type": "boolean"}, "count": {"type": "integer"}},
    "video_generate": {"prompt": {"type": "string"}, "durationSeconds": {"type": "integer"}},
    "music_generate": {"prompt": {"type": "string"}},
    "reminder": {
        "action": {"type": "string", "enum": ["set", "list", "remove"]},
        "text": {"type": "string"},
        "inMinutes": {"type": "number"},
        "at": {"type": "string"},
    },
}


def tools() -> list[dict[str, Any]]:
    """The tools of a chat request, as an agent offers them."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": name,
                "parameters": {"type": "object", "properties": properties, "required": []},
            },
        }
        for name, properties in TOOLS.items()
    ]


def said(*texts: str, **more: Any) -> dict[str, Any]:
    """A chat request in which a person and the model took turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[index % 2], "content": text} for index, text in enumerate(texts)]
    return {"model": "openrouter/auto", "messages": messages, **more}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The JSON events of a stream."""
        lines = self.body.decode().split("\n\n")
        return [json.loads(line[6:]) for line in lines if line.startswith("data: ") and line != "data: [DONE]"]

    @property
    def told(self) -> str:
        """The words of a stream."""
        return "".join(event["choices"][0]["delta"].get("content") or "" for event in self.events)


@dataclass(frozen=True, slots=True)
class Client:
    """Asks the sandbox with its key."""

    sandbox: Sandbox
    session: aiohttp.ClientSession

    async def post(self, path: str, body: Any) -> Answer:
        return await self._whole(self.session.post(self.sandbox.base_url + path, json=body))

    async def get(self, path: str) -> Answer:
        url = path if path.startswith("http") else self.sandbox.base_url + path
        return await self._whole(self.session.get(url))

    async def chat(self, *texts: str, **more: Any) -> Answer:
        return await self.post("/chat/completions", said(*texts, **more))

    async def _whole(self, asked: Any) -> Answer:
        async with asked as response:
            return Answer(response.status, dict(response.headers), await response.read())


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Client(sandbox, session)
