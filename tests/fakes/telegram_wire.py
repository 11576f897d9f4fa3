"""The wire of the loopback Bot API: reading requests, writing answers, failing on order."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass(frozen=True)
class Call:
    """One request that reached the server: `at` in monotonic seconds."""

    method: str
    params: dict[str, Any]
    at: float


@dataclass
class Fault:
    """What goes wrong with the `nth` call of `method` from now on, and with `times` calls from there."""

    method: str
    do: str  # status, redirect, delay, hang, reset_before, accept_then_reset, accept_then_hang, garbage
    nth: int = 1
    times: int = 1
    status: int = 500
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def strikes(self) -> bool:
        self.nth -= 1
        if self.nth > 0 or self.times <= 0:
            return False
        self.times -= 1
        return True


class Refusal(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


def bad(description: str) -> Refusal:
    return Refusal(400, f"Bad Request: {description}")


def new_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=80 * 1024 * 1024)


async def parameters(request: web.BaseRequest) -> dict[str, Any]:
    """Parameters from JSON, a form, a multipart body or the query; files are (name, bytes)."""
    body = await request.read()
    kind = request.content_type
    if kind == "application/json":
        return dict(json.loads(body or b"{}"))
    if kind == "multipart/form-data":
        return _multipart(body, request.headers["Content-Type"].partition("boundary=")[2].strip('"'))
    return dict(request.query) | dict(parse_qsl(body.decode()))


def _multipart(body: bytes, boundary: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = piece[2:-2].partition(b"\r\n\r\n")
        says = dict(part.split("=", 1) for part in head.decode().replace("\r\n", ";").split("; ") if "=" in part)
        name = says["name"].split(";")[0].strip('"')
        if "filename" in says:
            found[name] = (says["filename"].split(";")[0].strip('"'), data)
        else:
            found[name] = data.decode()
    return found


def nested(value: Any) -> Any:
    """Telegram takes nested values as JSON, and as JSON inside a string."""
    return json.loads(value) if isinstance(value, str) and value else value


def answer_json(value: Any) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


def refuse(status: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def reset(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()
