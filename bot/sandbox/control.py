"""The routes below /control, for people and for tests in another process: faults, exact answers, what arrived."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from bot.sandbox.faults import KINDS, named
from bot.sandbox.state import QueuedAnswer, SandboxState


def pages(sandbox: SandboxState) -> list[web.RouteDef]:
    """GET and DELETE /control/requests, GET, POST and DELETE /control/faults, POST /control/answers."""

    async def requests(request: web.Request) -> web.Response:
        rows = [
            {
                "method": entry.method,
                "path": entry.path,
                "query": dict(entry.query),
                "headers": shown(entry.headers),
                "body": entry.body,
            }
            for entry in sandbox.seen
        ]
        return web.json_response({"requests": rows})

    async def forget(request: web.Request) -> web.Response:
        sandbox.seen.clear()
        return web.json_response({})

    async def kinds(request: web.Request) -> web.Response:
        return web.json_response(
            {"faults": {name: (kind.__doc__ or "").split("\n")[0] for name, kind in KINDS.items()}}
        )

    async def add(request: web.Request) -> web.Response:
        plan = await _object(request)
        try:
            fault = named(str(plan.pop("do", "")), plan.pop("with", {}))
            sandbox.faults.add(plan.pop("path", "/"), do=fault, **plan)
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        return web.json_response({})

    async def clear(request: web.Request) -> web.Response:
        sandbox.faults.clear()
        return web.json_response({})

    async def answers(request: web.Request) -> web.Response:
        wanted = await _object(request)
        arguments = wanted.get("arguments", "")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        sandbox.answers.append(QueuedAnswer(wanted.get("text", ""), wanted.get("tool", ""), text))
        return web.json_response({})

    return [
        web.get("/control/requests", requests),
        web.delete("/control/requests", forget),
        web.get("/control/faults", kinds),
        web.post("/control/faults", add),
        web.delete("/control/faults", clear),
        web.post("/control/answers", answers),
    ]


def shown(headers: Any) -> dict[str, str]:
    """The headers, without the key."""
    return {name: "(hidden)" if name.lower() == "authorization" else value for name, value in headers.items()}


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected\n")
    return body
