"""The route /chat/completions: words, tool calls, pictures and songs."""

from __future__ import annotations

import asyncio
import base64
import re
from uuid import uuid4

from aiohttp import web

from bot.sandbox.answers.pictures_seen import describe
from bot.sandbox.answers.rules import CallTool, NextStep, SayWords, next_step
from bot.sandbox.audio.songs import compose
from bot.sandbox.catalog import find
from bot.sandbox.drawing.pictures import draw_for_chat
from bot.sandbox.fault_player import Cut, EventStream
from bot.sandbox.faults import EmptyAnswer, EndlessCalls, Fault, NullArguments
from bot.sandbox.state import ApiCall, Routes, SandboxState
from bot.sandbox.validation import check_chat
from bot.sandbox.wire import AnswerUsage, Envelope, Json, generation_id, usage_of

PICTURE_DOLLARS = 0.039
SONG_DOLLARS = 0.08
SOUND_PIECE = 12_001  # base64 characters a chunk; no multiple of four, because the provider's are not either
KEEP_ALIVE_WORDS = 50
SILENT_THOUGHT = "The person wants something; a rule will know what."


def routes(sandbox: SandboxState) -> Routes:
    """Chat completions."""

    async def completions(call: ApiCall) -> web.StreamResponse:
        body: Json = call.body
        row = find(body.get("model"))
        check_chat(body, row)
        envelope = Envelope(generation_id(), int(sandbox.clock.now().timestamp()), row["id"])
        modalities = body.get("modalities") or ["text"]
        if "audio" in modalities:
            return await _sing(sandbox, call, row, envelope)
        if "image" in modalities:
            return await _paint(sandbox, call, row, envelope)
        step = await _next_step(sandbox, call)
        if body.get("stream"):
            return await _stream_step(sandbox, call, row, (envelope, step))
        message, finish = _message(step, call.fault)
        usage = usage_of(row, body["messages"], message)
        sandbox.record(envelope.id, row["id"], usage.as_json())
        return _whole(envelope, [message], finish, usage)

    return {"POST /chat/completions": completions}


async def _next_step(sandbox: SandboxState, call: ApiCall) -> NextStep:
    """What was queued, what a fault wants, or what the stand-in thinks of."""
    body = call.body
    offered = [tool["function"]["name"] for tool in body.get("tools") or ()]
    match call.fault:
        case EmptyAnswer():
            return SayWords("")
        case NullArguments(tool):
            return CallTool(tool or (offered or ["unknown"])[0], "{}")
        case EndlessCalls(tool, arguments):
            return CallTool(tool or (offered or ["unknown"])[0], arguments)
        case _:
            pass
    if sandbox.answers:
        queued = sandbox.answers.popleft()
        return CallTool(queued.tool, queued.arguments, queued.call_id) if queued.tool else SayWords(queued.text)
    seen = await asyncio.to_thread(describe, body["messages"][-1])
    return next_step(body, sandbox.clock.now(), seen)


def _message(step: NextStep, fault: Fault | None) -> tuple[Json, str]:
    """The assistant message in one piece, and why it ended."""
    if isinstance(step, SayWords):
        return {"role": "assistant", "content": step.text, "refusal": None}, "stop"
    return {"role": "assistant", "content": None, "tool_calls": [_call(step, fault)]}, "tool_calls"


def _call(step: CallTool, fault: Fault | None) -> Json:
    arguments = None if isinstance(fault, NullArguments) else step.arguments
    return {
        "id": step.call_id or f"call_{uuid4().hex[:20]}",
        "type": "function",
        "function": {"name": step.tool, "arguments": arguments},
    }


def _whole(envelope: Envelope, messages: list[Json], finish: str, usage: AnswerUsage) -> web.Response:
    return web.json_response(envelope.whole(messages, finish, usage), headers={"X-Generation-Id": envelope.id})


async def _stream_step(
    sandbox: SandboxState, call: ApiCall, row: Json, answer: tuple[Envelope, NextStep]
) -> web.StreamResponse:
    """Streams words or a tool call, and last what it cost."""
    envelope, step = answer
    stream = EventStream(call, sandbox.clock, envelope.id)
    await stream.open()
    try:
        if _is_thinking(call.body):
            detail = {"type": "reasoning.text", "text": SILENT_THOUGHT, "format": "unknown", "index": 0}
            delta = {"role": "assistant", "content": "", "reasoning": SILENT_THOUGHT, "reasoning_details": [detail]}
            await stream.send(envelope.chunk(delta))
        if isinstance(step, SayWords):
            sent, finish = _within(step.text, call.body)
            await _say(sandbox, stream, envelope, sent)
        else:
            sent, finish = step.arguments, "tool_calls"
            await _use(stream, envelope, _call(step, call.fault))
        usage = usage_of(row, call.body["messages"], sent)
        sandbox.record(envelope.id, row["id"], usage.as_json())
        await stream.send(envelope.chunk({"role": "assistant", "content": ""}, finish))
        await stream.send(envelope.usage_chunk(finish, usage))
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


async def _say(sandbox: SandboxState, stream: EventStream, envelope: Envelope, text: str) -> None:
    """Word by word, at the sandbox's pace."""
    for number, word in enumerate(re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text)):
        await stream.send(envelope.chunk({"role": "assistant", "content": word}))
        if sandbox.words_per_second:
            await sandbox.clock.sleep(1 / sandbox.words_per_second)
        if number % KEEP_ALIVE_WORDS == KEEP_ALIVE_WORDS - 1:
            await stream.comment()


async def _use(stream: EventStream, envelope: Envelope, call: Json) -> None:
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


async def _paint(sandbox: SandboxState, call: ApiCall, row: Json, envelope: Envelope) -> web.StreamResponse:
    """Pictures, as data URLs beside a sentence."""
    message: Json = {"role": "assistant", "content": "Here is your picture.", "refusal": None}
    if not isinstance(call.fault, EmptyAnswer):
        urls = await draw_for_chat(call.body)
        message["images"] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    pictures = len(message.get("images", ()))
    usage = usage_of(row, call.body["messages"], "Here is your picture.", PICTURE_DOLLARS * pictures)
    sandbox.record(envelope.id, row["id"], usage.as_json())
    if not call.body.get("stream"):
        return _whole(envelope, [message], "stop", usage)
    stream = EventStream(call, sandbox.clock, envelope.id)
    await stream.open()
    try:
        await stream.send(envelope.chunk(message))
        await stream.send(envelope.usage_chunk("stop", usage))
        await stream.done()
    except Cut:
        pass
    return stream.response


async def _sing(sandbox: SandboxState, call: ApiCall, row: Json, envelope: Envelope) -> web.StreamResponse:
    """A song, as base64 pieces and its words."""
    stream = EventStream(call, sandbox.clock, envelope.id)
    await stream.open()
    sound, lyrics = await compose(call.body, lambda: stream.comment())
    data = base64.b64encode(sound).decode()
    usage = usage_of(row, call.body["messages"], lyrics, SONG_DOLLARS)
    sandbox.record(envelope.id, row["id"], usage.as_json())
    try:
        for line in lyrics.splitlines(keepends=True):
            await stream.send(envelope.chunk({"role": "assistant", "content": "", "audio": {"transcript": line}}))
        for start in range(0, len(data), SOUND_PIECE):
            piece = data[start : start + SOUND_PIECE]
            await stream.send(envelope.chunk({"role": "assistant", "content": "", "audio": {"data": piece}}))
        await stream.send(envelope.usage_chunk("stop", usage))
        await stream.done()
    except Cut:
        pass
    return stream.response
