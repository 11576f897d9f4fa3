"""Plays a fault, and streams events with one in mind."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.core.ports.clock import Clock
from bot.sandbox.faults import (
    BrokenBase64,
    CannotAfford,
    Drip,
    EndEarly,
    ErrorInside200,
    Freeze,
    Garbage,
    Hang,
    HtmlAnswer,
    MidStreamError,
    NullChoices,
    RawAnswer,
    Reset,
    Slow,
    Stall,
    StatusError,
    Truncate,
    UnreadablePictures,
)
from bot.sandbox.state import ApiCall
from bot.sandbox.wire import DONE, KEEP_ALIVE, Json, Rejected, error_body, frame, generation_id

PAGE = "<!doctype html><html><title>Welcome</title><body><h1>Please sign in to the network</h1></body></html>"


async def early(call: ApiCall, clock: Clock) -> web.Response | None:
    """What is answered instead of the route, or None to go on. Raises `Rejected`."""
    match call.fault:
        case StatusError(status, message, retry_after, metadata):
            raise Rejected(status, message, metadata=metadata, retry_after=retry_after)
        case CannotAfford(tokens):
            refuse_what_costs_more(tokens, call.body)
        case UnreadablePictures(message):
            refuse_pictures(message, call.body)
        case ErrorInside200(code, message):
            return web.json_response(error_body(code, message))
        case NullChoices():
            return web.json_response({"id": generation_id(), "object": "chat.completion", "choices": None})
        case RawAnswer(body, content_type, status):
            return web.Response(body=body.encode(), content_type=content_type, status=status)
        case HtmlAnswer():
            return web.Response(text=PAGE, content_type="text/html")
        case Hang():
            await asyncio.Event().wait()
        case Reset():
            hang_up(call.http)
        case Slow(seconds):
            await clock.sleep(seconds)
        case _:
            pass
    return None


def refuse_what_costs_more(tokens: int, body: Json) -> None:
    """Raises `Rejected` 402 unless the request is content with so many tokens."""
    wanted = body.get("max_completion_tokens") or body.get("max_tokens") or 8192
    if wanted > tokens:
        raise Rejected(
            402,
            "This request requires more credits, or fewer max_tokens. You requested up to "
            f"{wanted} tokens, but can only afford {tokens}. To increase, visit https://openrouter.ai/settings/credits",
        )


def refuse_pictures(message: str, body: Json) -> None:
    """Raises `Rejected` 400 for a request that shows a picture."""
    contents = [item.get("content") for item in body.get("messages") or ()]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    if any(part.get("type") == "image_url" for part in parts):
        raise Rejected(400, "Provider returned error", metadata={"provider_name": "Sandbox", "raw": message})


def hang_up(request: web.Request) -> None:
    """Breaks the connection without another word."""
    if request.transport is not None:
        request.transport.abort()


async def later(call: ApiCall, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer of the route as the fault leaves it, where it did not stream."""
    fault = call.fault
    if not isinstance(answer, web.Response) or not isinstance(fault, Truncate | Drip | BrokenBase64):
        return answer
    body = answer.body if isinstance(answer.body, bytes) else b""
    if isinstance(fault, BrokenBase64):
        return web.Response(body=spoil(body), content_type=answer.content_type, status=answer.status)
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]})
    response.content_length = len(body)
    await response.prepare(call.http)
    if isinstance(fault, Truncate):
        await response.write(body[: len(body) // 2])
        hang_up(call.http)
        return response
    for start in range(0, len(body), fault.bytes_per_write):
        await response.write(body[start : start + fault.bytes_per_write])
    return response


def spoil(body: bytes) -> bytes:
    """The JSON answer with every base64 payload made undecodable."""
    return body.replace(b";base64,", b";base64,*!").replace(b'"b64_json": "', b'"b64_json": "*!')


class Cut(Exception):
    """The answer ends here: the fault has been played."""


class EventStream:
    """Server-sent events, with the request's fault played at its place. `send` raises `Cut`."""

    def __init__(self, call: ApiCall, clock: Clock, answer_id: str) -> None:
        self._request = call.http
        self._clock = clock
        self._fault = call.fault
        self._sent = 0
        self.response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Generation-Id": answer_id}
        )

    async def open(self) -> None:
        """Sends the headers and a keep-alive, as the provider does while it looks for a route."""
        await self.response.prepare(self._request)
        await self._write(KEEP_ALIVE)

    async def comment(self) -> None:
        """A keep-alive."""
        await self._write(KEEP_ALIVE)

    async def send(self, event: Json) -> None:
        """One event, or what the fault makes of it."""
        if self._sent == getattr(self._fault, "after_events", None):
            await self._break(event)
        self._sent += 1
        await self._write(frame(event))

    async def done(self) -> None:
        """The end mark. A fault that has not come up until now comes up here."""
        if self._sent <= getattr(self._fault, "after_events", -1):
            await self._break({})
        await self._write(DONE)

    async def _break(self, event: Json) -> None:
        match self._fault:
            case Truncate():
                if self._request.transport is not None:
                    self._request.transport.close()
                raise Cut
            case EndEarly():
                raise Cut
            case Freeze():
                await asyncio.Event().wait()
            case Stall(every=every):
                while True:
                    await self._write(KEEP_ALIVE)
                    await self._clock.sleep(every)
            case MidStreamError(code=code, message=message):
                choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
                await self._write(frame(event | {"choices": [choice], "error": {"code": code, "message": message}}))
                await self._write(DONE)
                raise Cut
            case Garbage(payload=payload):
                await self._write(f"data: {payload}\n\n".encode())
            case _:
                pass

    async def _write(self, data: bytes) -> None:
        step = self._fault.bytes_per_write if isinstance(self._fault, Drip) else len(data)
        for start in range(0, len(data), step):
            await self.response.write(data[start : start + step])


def as_json(value: object) -> str:
    """Compact JSON text, as models write tool arguments."""
    return json.dumps(value, ensure_ascii=False)
