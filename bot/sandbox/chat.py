"""The route /chat/completions: words, tool calls, pictures and songs."""

from __future__ import annotations

import asyncio
import base64
import re
from uuid import uuid4

from aiohttp import web

from bot.sandbox.answers.pictures_seen import describe
from bot.sandbox.answers.rules import Say, Thought, Use, think
from bot.sandbox.audio.songs import compose
from bot.sandbox.catalog import find
from bot.sandbox.drawing.pictures import draw_for_chat
from bot.sandbox.fault_player import Cut, Stream
from bot.sandbox.faults import EmptyAnswer, EndlessCalls, Fault, NullArguments
from bot.sandbox.state import Given, Routes, SandboxState
from bot.sandbox.validation import check_chat
from bot.sandbox.wire import Bill, Envelope, Json, bill, generation_id

PICTURE_DOLLARS = 0.039
SONG_DOLLARS = 0.08
SOUND_PIECE = 12_001  # base64 characters a chunk; no multiple of four, because the provider's are not either
KEEP_ALIVE_WORDS = 50
SILENT_THOUGHT = "The person wants something; a rule will know what."


def routes(stage: SandboxState) -> Routes:
    """Chat completions."""

    async def completions(given: Given) -> web.StreamResponse:
        body: Json = given.body
        row = find(body.get("model"))
        check_chat(body, row)
        envelope = Envelope(generation_id(), int(stage.clock.now().timestamp()), row["id"])
        modalities = body.get("modalities") or ["text"]
        if "audio" in modalities:
            return await _sing(stage, given, row, envelope)
        if "image" in modalities:
            return await _paint(stage, given, row, envelope)
        thought = await _next_step(stage, given)
        if body.get("stream"):
            return await _tell(stage, given, row, (envelope, thought))
        message, finish = _message(thought, given.fault)
        spent = bill(row, body["messages"], message)
        stage.record(envelope.id, row["id"], spent.usage())
        return _whole(envelope, [message], finish, spent)

    return {"POST /chat/completions": completions}


async def _next_step(stage: SandboxState, given: Given) -> Thought:
    """What was queued, what a fault wants, or what the stand-in thinks of."""
    body = given.body
    offered = [tool["function"]["name"] for tool in body.get("tools") or ()]
    match given.fault:
        case EmptyAnswer():
            return Say("")
        case NullArguments(tool):
            return Use(tool or (offered or ["unknown"])[0], "{}")
        case EndlessCalls(tool, arguments):
            return Use(tool or (offered or ["unknown"])[0], arguments)
        case _:
            pass
    if stage.answers:
        queued = stage.answers.popleft()
        return Use(queued.tool, queued.arguments) if queued.tool else Say(queued.text)
    seen = await asyncio.to_thread(describe, body["messages"][-1])
    return think(body, stage.clock.now(), seen)


def _message(thought: Thought, fault: Fault | None) -> tuple[Json, str]:
    """The assistant message in one piece, and why it ended."""
    if isinstance(thought, Say):
        return {"role": "assistant", "content": thought.text, "refusal": None}, "stop"
    return {"role": "assistant", "content": None, "tool_calls": [_call(thought, fault)]}, "tool_calls"


def _call(thought: Use, fault: Fault | None) -> Json:
    arguments = None if isinstance(fault, NullArguments) else thought.arguments
    return {
        "id": f"call_{uuid4().hex[:20]}",
        "type": "function",
        "function": {"name": thought.tool, "arguments": arguments},
    }


def _whole(envelope: Envelope, messages: list[Json], finish: str, spent: Bill) -> web.Response:
    return web.json_response(envelope.whole(messages, finish, spent), headers={"X-Generation-Id": envelope.id})


async def _tell(stage: SandboxState, given: Given, row: Json, answer: tuple[Envelope, Thought]) -> web.StreamResponse:
    """Streams words or a tool call, and last what it cost."""
    envelope, thought = answer
    stream = Stream(given, stage.clock, envelope.id)
    await stream.open()
    try:
        if _is_thinking(given.body):
            detail = {"type": "reasoning.text", "text": SILENT_THOUGHT, "format": "unknown", "index": 0}
            delta = {"role": "assistant", "content": "", "reasoning": SILENT_THOUGHT, "reasoning_details": [detail]}
            await stream.send(envelope.chunk(delta))
        if isinstance(thought, Say):
            told, finish = _within(thought.text, given.body)
            await _say(stage, stream, envelope, told)
        else:
            told, finish = thought.arguments, "tool_calls"
            await _use(stream, envelope, _call(thought, given.fault))
        spent = bill(row, given.body["messages"], told)
        stage.record(envelope.id, row["id"], spent.usage())
        await stream.send(envelope.chunk({"role": "assistant", "content": ""}, finish))
        await stream.send(envelope.bill_chunk(finish, spent))
        await stream.done()
    except Cut:
        pass
    return stream.response


def _is_thinking(body: Json) -> bool:
    effort = (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort")
    return bool(effort) and effort != "none"


def _within(text: str, body: Json) -> tuple[str, str]:
    """The text within the tokens the request allows, and why it ends."""
    allowed = body.get("max_completion_tokens") or body.get("max_tokens")
    if allowed is not None and len(text) > 4 * int(allowed):
        return text[: 4 * int(allowed)], "length"
    return text, "stop"


async def _say(stage: SandboxState, stream: Stream, envelope: Envelope, text: str) -> None:
    """Word by word, at the sandbox's pace."""
    for number, word in enumerate(re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text)):
        await stream.send(envelope.chunk({"role": "assistant", "content": word}))
        if stage.words_per_second:
            await stage.clock.sleep(1 / stage.words_per_second)
        if number % KEEP_ALIVE_WORDS == KEEP_ALIVE_WORDS - 1:
            await stream.comment()


async def _use(stream: Stream, envelope: Envelope, call: Json) -> None:
    """A tool call in pieces: its name, then its arguments, cut in two."""
    arguments = call["function"]["arguments"]
    named = call | {"index": 0, "function": {"name": call["function"]["name"], "arguments": arguments and ""}}
    await stream.send(envelope.chunk({"role": "assistant", "content": None, "tool_calls": [named]}))
    if arguments is None:
        return
    half = len(arguments) // 2
    for piece in (arguments[:half], arguments[half:]):
        rest = {"index": 0, "type": "function", "function": {"arguments": piece}}
        await stream.send(envelope.chunk({"role": "assistant", "content": None, "tool_calls": [rest]}))


async def _paint(stage: SandboxState, given: Given, row: Json, envelope: Envelope) -> web.StreamResponse:
    """Pictures, as data URLs beside a sentence."""
    message: Json = {"role": "assistant", "content": "Here is your picture.", "refusal": None}
    if not isinstance(given.fault, EmptyAnswer):
        urls = await draw_for_chat(given.body)
        message["images"] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    pictures = len(message.get("images", ()))
    spent = bill(row, given.body["messages"], "Here is your picture.", PICTURE_DOLLARS * pictures)
    stage.record(envelope.id, row["id"], spent.usage())
    if not given.body.get("stream"):
        return _whole(envelope, [message], "stop", spent)
    stream = Stream(given, stage.clock, envelope.id)
    await stream.open()
    try:
        await stream.send(envelope.chunk(message))
        await stream.send(envelope.bill_chunk("stop", spent))
        await stream.done()
    except Cut:
        pass
    return stream.response


async def _sing(stage: SandboxState, given: Given, row: Json, envelope: Envelope) -> web.StreamResponse:
    """A song, as base64 pieces and its words."""
    stream = Stream(given, stage.clock, envelope.id)
    await stream.open()
    sound, lyrics = await compose(given.body, lambda: stream.comment())
    data = base64.b64encode(sound).decode()
    spent = bill(row, given.body["messages"], lyrics, SONG_DOLLARS)
    stage.record(envelope.id, row["id"], spent.usage())
    try:
        for line in lyrics.splitlines(keepends=True):
            await stream.send(envelope.chunk({"role": "assistant", "content": "", "audio": {"transcript": line}}))
        for start in range(0, len(data), SOUND_PIECE):
            piece = data[start : start + SOUND_PIECE]
            await stream.send(envelope.chunk({"role": "assistant", "content": "", "audio": {"data": piece}}))
        await stream.send(envelope.bill_chunk("stop", spent))
        await stream.done()
    except Cut:
        pass
    return stream.response
