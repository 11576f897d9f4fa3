"""Every fault, as a client meets it."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from bot.sandbox.faults import (
    BrokenBase64,
    CannotAfford,
    Drip,
    EmptyAnswer,
    EndEarly,
    EndlessCalls,
    ErrorInside200,
    Fault,
    Freeze,
    Garbage,
    Hang,
    HtmlAnswer,
    MidStreamError,
    NullArguments,
    NullChoices,
    RawAnswer,
    Reset,
    Slow,
    Stall,
    StatusError,
    Truncate,
)
from tests.bot.sandbox.conftest import Client, tools

ARTIST = "google/gemini-3.1-flash-image-preview"


async def test_a_rate_limit_comes_with_and_without_retry_after(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=StatusError(429, "Slow down", retry_after="7"))
    client.sandbox.faults.add("/chat", do=StatusError(429, "Slow down"))

    told, untold, fine = [await client.chat("hi") for _ in range(3)]

    assert (told.status, told.headers.get("Retry-After")) == (429, "7")
    assert (untold.status, untold.headers.get("Retry-After")) == (429, None)
    assert fine.status == 200


async def test_a_402_lets_a_smaller_request_through(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=CannotAfford(512), times=None)

    refused = await client.chat("hi", max_completion_tokens=8192)
    accepted = await client.chat("hi", max_completion_tokens=512)

    assert refused.status == 402
    assert "can only afford 512" in refused.json["error"]["message"]
    assert accepted.status == 200


async def test_a_status_can_carry_metadata(client: Client) -> None:
    client.sandbox.faults.add(do=StatusError(403, "flagged", metadata={"reasons": ["violence"]}))

    assert (await client.chat("hi")).json["error"]["metadata"] == {"reasons": ["violence"]}


async def test_whole_answers_can_be_wrong_in_every_known_way(client: Client) -> None:
    for fault in (ErrorInside200(), NullChoices(), HtmlAnswer(), RawAnswer("[1")):
        client.sandbox.faults.add("/chat", do=fault)

    inside, null, page, broken = [await client.chat("hi") for _ in range(4)]

    assert (inside.status, inside.json["error"]["code"]) == (200, 502)
    assert null.json["choices"] is None
    assert page.headers["Content-Type"].startswith("text/html")
    assert broken.body == b"[1"


async def test_half_a_stream_breaks_off(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=Truncate(after_events=3))

    with pytest.raises(aiohttp.ClientPayloadError):
        await client.chat("tell me a long story", stream=True)


async def test_half_a_body_breaks_off_where_nothing_streams(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=Truncate())

    with pytest.raises(aiohttp.ClientPayloadError):
        await client.chat("tell me a long story")


async def test_a_stream_can_end_early_and_cleanly(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=EndEarly(after_events=3))

    answer = await client.chat("tell me a long story", stream=True)

    assert len(answer.events) == 3
    assert b"[DONE]" not in answer.body


async def test_an_error_can_come_in_the_middle_of_a_stream(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=MidStreamError(after_events=2))

    answer = await client.chat("tell me a long story", stream=True)

    assert answer.status == 200
    assert answer.events[2]["error"]["code"] == 502
    assert answer.events[2]["choices"][0]["finish_reason"] == "error"


async def test_one_event_can_be_garbage(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=Garbage(after_events=1, payload="{nonsense"))

    answer = await client.chat("count to five", stream=True)

    assert b"data: {nonsense\n\n" in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")


async def test_a_drip_arrives_complete(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=Drip(), times=2)

    streamed = await client.chat("Reply with exactly: drop by drop", stream=True)
    whole = await client.chat("Reply with exactly: drop by drop")

    assert streamed.told == "drop by drop"
    assert whole.json["choices"][0]["message"]["content"] == "drop by drop"


async def test_an_answer_can_be_empty(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=EmptyAnswer())

    assert (await client.chat("hi", stream=True)).told == ""


async def test_tool_calls_can_have_null_arguments_or_never_end(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=NullArguments())
    client.sandbox.faults.add("/chat", do=EndlessCalls("reminder", '{"action": "list"}'), times=None)

    null = await client.chat("hi", tools=tools())
    again = [await client.chat("hi", tools=tools()) for _ in range(3)]

    assert null.json["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] is None
    assert {one.json["choices"][0]["finish_reason"] for one in again} == {"tool_calls"}


async def test_a_pictures_base64_can_be_broken(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=BrokenBase64())

    answer = await client.chat("a fox", model=ARTIST, modalities=["image", "text"])

    assert "base64,*!" in answer.json["choices"][0]["message"]["images"][0]["image_url"]["url"]


@pytest.mark.parametrize("fault", [Hang(), Stall(after_events=1, every=0.01), Freeze(after_events=1)])
async def test_an_answer_can_stop_for_ever(client: Client, fault: Fault) -> None:
    client.sandbox.faults.add("/chat", do=fault)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.chat("hi", stream=True)


async def test_a_stall_keeps_sending_comments(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=Stall(every=0.001))
    url = f"{client.sandbox.base_url}/chat/completions"
    body = {"model": "openrouter/auto", "stream": True, "messages": [{"role": "user", "content": "hi"}]}

    async with client.session.post(url, json=body) as response:
        lines = [await response.content.readline() for _ in range(20)]

    assert lines.count(b": OPENROUTER PROCESSING\n") == 10


async def test_a_connection_can_break_before_any_answer(client: Client) -> None:
    client.sandbox.faults.add("/videos", do=Reset())

    with pytest.raises(aiohttp.ClientError):
        await client.post("/videos", {"model": "google/veo-3.1-fast", "prompt": "x"})


async def test_speech_can_be_slow(client: Client) -> None:
    client.sandbox.faults.add("/audio/speech", do=Slow(5))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.post("/audio/speech", {"model": "hexgrad/kokoro-82m", "input": "hello"})


async def test_a_fault_waits_for_its_turn_and_its_model(client: Client) -> None:
    client.sandbox.faults.add("/chat", do=StatusError(503), after=1)
    client.sandbox.faults.add("/chat", do=StatusError(502), model="openrouter/fusion")

    statuses = [(await client.chat("hi")).status for _ in range(3)]
    fusion = await client.chat("hi", model="openrouter/fusion")

    assert statuses == [200, 503, 200]
    assert fusion.status == 502


async def test_faults_and_answers_can_be_planned_from_another_process(client: Client) -> None:
    control = f"{client.sandbox.origin}/control"
    plan = {"path": "/chat", "do": "StatusError", "with": {"status": 500, "message": "boom"}, "times": 1}
    async with client.session.post(f"{control}/faults", json=plan) as response:
        assert response.status == 200
    async with client.session.post(f"{control}/answers", json={"text": "as planned"}) as response:
        assert response.status == 200

    failed, planned = await client.chat("hi"), await client.chat("hi")
    async with client.session.get(f"{control}/requests") as response:
        dump = await response.json()

    assert failed.status == 500
    assert planned.json["choices"][0]["message"]["content"] == "as planned"
    assert [one["path"] for one in dump["requests"]] == ["/chat/completions"] * 2
    assert "sandbox-key" not in json.dumps(dump)


async def test_an_unknown_fault_is_refused_with_the_names_there_are(client: Client) -> None:
    async with client.session.post(f"{client.sandbox.origin}/control/faults", json={"do": "Explode"}) as response:
        assert response.status == 400
        assert "Truncate" in await response.text()
