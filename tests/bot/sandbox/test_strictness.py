"""What the sandbox refuses, as OpenRouter does."""

from __future__ import annotations

import base64
import io
from typing import Any

import aiohttp
import pytest
from openrouter import components

from bot.sandbox import Sandbox
from tests.bot.sandbox.conftest import Client, said

CLAUDE = "anthropic/claude-sonnet-4.6"
SOUND = base64.b64encode(b"RIFF").decode()
TALK = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hel"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "t", "arguments": "{}"}}


def chat(**more: Any) -> tuple[str, dict[str, Any]]:
    return "/chat/completions", said("hi") | more


def heard(**more: Any) -> tuple[str, dict[str, Any]]:
    given = {"model": "openai/whisper-large-v3-turbo", "input_audio": {"data": SOUND, "format": "wav"}}
    return "/audio/transcriptions", given | more


def spoken(**more: Any) -> tuple[str, dict[str, Any]]:
    return "/audio/speech", {"model": "hexgrad/kokoro-82m", "input": "hello"} | more


def filmed(**more: Any) -> tuple[str, dict[str, Any]]:
    return "/videos", {"model": "google/veo-3.1-fast", "prompt": "waves"} | more


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (chat(model="nobody/nothing"), 404, "No endpoints found for nobody/nothing."),
        (chat(model=""), 400, "No models provided"),
        (chat(messages=[]), 400, "messages"),
        (chat(messages=[{"role": "robot", "content": "hi"}]), 400, "role"),
        (chat(messages=[{"role": "tool", "tool_call_id": "x", "content": "y"}]), 400, "answers no tool call"),
        (chat(model=CLAUDE, messages=TALK, reasoning={"effort": "high"}), 400, "Provider returned error"),
        (chat(reasoning={"effort": "high"}, reasoning_effort="low"), 400, "must agree"),
        (chat(reasoning={"effort": "enormous"}), 400, "enormous"),
        (chat(tools=[]), 400, "tools"),
        (chat(tool_choice="auto"), 400, "tool_choice"),
        (chat(max_completion_tokens=0), 400, "max_completion_tokens"),
        (chat(modalities=["image", "text"]), 404, "output modalities"),
        (chat(model="black-forest-labs/flux.2-pro", modalities=["image", "text"]), 404, "output modalities"),
        (
            chat(model="google/lyria-3-pro-preview", modalities=["text", "audio"], audio={"format": "wav"}),
            400,
            "stream: true",
        ),
        (chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]), 400, "link"),
        (heard(input_audio={"data": SOUND, "format": "opus"}), 400, "opus"),
        (heard(input_audio={"data": "data:audio/wav;base64," + SOUND, "format": "wav"}), 400, "data: prefix"),
        (heard(input_audio={"data": "***", "format": "wav"}), 400, "base64"),
        (heard(), 400, "could not be read"),
        (heard(model="openrouter/auto"), 404, "does not transcribe"),
        (spoken(voice="nobody"), 400, "nobody"),
        (spoken(response_format="opus"), 400, "opus"),
        (spoken(input=" "), 400, "input"),
        (spoken(input="x" * 4097), 400, "4096"),
        (filmed(duration=5), 400, "duration"),
        (filmed(resolution="720P"), 400, "resolution"),
        (filmed(prompt=""), 400, "prompt"),
        (("/images", {"model": "openrouter/auto", "prompt": "x"}), 404, "image"),
    ],
)
async def test_a_wrong_request_is_refused_in_the_shape_of_openrouter(
    client: Client, request_: tuple[str, dict[str, Any]], status: int, words: str
) -> None:
    answer = await client.post(*request_)

    assert answer.status == status
    assert answer.json["error"]["code"] == status
    assert words in answer.json["error"]["message"]
    if status == 400:
        components.BadRequestResponseErrorData.model_validate(answer.json["error"])


async def test_an_anthropic_chat_may_end_on_a_tool_call_or_without_thinking(client: Client) -> None:
    without = await client.post(*chat(model=CLAUDE, messages=TALK))
    tool_turn = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    calling = await client.post(*chat(model=CLAUDE, messages=[TALK[0], tool_turn], reasoning={"effort": "high"}))

    assert (without.status, calling.status) == (200, 200)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic sandbox-key"}])
async def test_without_the_right_bearer_nothing_is_answered(sandbox: Sandbox, header: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession(headers=header) as session,
        session.post(f"{sandbox.base_url}/chat/completions", json=said("hi")) as response,
    ):
        assert response.status == 401
        components.UnauthorizedResponseErrorData.model_validate((await response.json())["error"])


async def test_a_multipart_transcription_is_refused(client: Client) -> None:
    form = aiohttp.FormData({"model": "openai/whisper-large-v3-turbo"})
    form.add_field("file", b"RIFF", filename="note.wav")

    async with client.session.post(f"{client.sandbox.base_url}/audio/transcriptions", data=form) as response:
        assert response.status == 400
        assert "application/json" in (await response.json())["error"]["message"]


async def test_a_body_beyond_the_limit_is_413(client: Client) -> None:
    async with client.session.post(
        f"{client.sandbox.base_url}/chat/completions",
        data=io.BytesIO(b" " * (33 * 2**20)),
        headers={"Content-Type": "application/json"},
    ) as response:
        assert response.status == 413


async def test_another_host_name_is_refused(client: Client) -> None:
    async with client.session.get(
        f"{client.sandbox.origin}/control/requests", headers={"Host": "evil.example"}
    ) as response:
        assert response.status == 403


async def test_an_unknown_path_is_refused_in_the_same_shape(client: Client) -> None:
    answer = await client.post("/embeddings", {})

    assert (answer.status, answer.json["error"]["code"]) == (404, 404)


async def test_requests_are_recorded_with_their_bodies(client: Client) -> None:
    await client.chat("hi")

    (request,) = client.sandbox.asked("/chat/completions")
    assert request.method == "POST"
    assert request.body["messages"][0]["content"] == "hi"
    assert request.headers["Authorization"] == "Bearer sandbox-key"
