"""Discord's gateway: sessions that can be resumed, and every way to end them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_world import APPLICATION_ID, GUILD_ID, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 0, 1, 2, 6, 7, 9, 10, 11
MESSAGE_CONTENT_INTENT = 1 << 15

Json = dict[str, Any]


@dataclass(slots=True)
class Session:
    """What one client was told, in order, and the socket it listens on now."""

    id: str
    socket: web.WebSocketResponse | None
    told: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Gateway:
    """Speaks gateway v10 without compression. `changed` is awaited after everything a test may wait for.

    `refuse_with` closes the next IDENTIFY with this code. `content_allowed` is the portal switch.
    `silent_servers` are announced and never told.
    """

    world: World
    token: str
    changed: Callable[[], Awaitable[None]]
    url: str = ""
    content_allowed: bool = True
    refuse_with: int | None = None
    silent_servers: tuple[str, ...] = ()
    heartbeat_seconds: float = 41.25
    identifies: int = 0
    resumes: int = 0
    sessions: dict[str, Session] = field(default_factory=dict)
    silent: list[web.WebSocketResponse] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_seconds * 1000}})
        try:
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    await self._answer(socket, json.loads(received.data))
        finally:
            for session in self.sessions.values():
                if session.socket is socket:
                    session.socket = None
            await self.changed()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, said: Json) -> None:
        if socket in self.silent:
            return
        if said["op"] == HEARTBEAT:
            await socket.send_json({"op": HEARTBEAT_ACK})
        elif said["op"] == IDENTIFY:
            await self._identify(socket, said["d"])
        elif said["op"] == RESUME:
            await self._resume(socket, said["d"])

    async def _identify(self, socket: web.WebSocketResponse, wish: Json) -> None:
        self.identifies += 1
        refused, self.refuse_with = self.refuse_with, None
        if wish["token"] != self.token:
            refused = 4004
        elif wish["intents"] & MESSAGE_CONTENT_INTENT and not self.content_allowed:
            refused = 4014
        if refused:
            await socket.close(code=refused)
            return
        session = Session(self.world.snowflake(), socket)
        self.sessions[session.id] = session
        ready = {
            "v": 10,
            "user": self.world.bot,
            "guilds": [{"id": server, "unavailable": True} for server in (GUILD_ID, *self.silent_servers)],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": APPLICATION_ID, "flags": 1 << 19},
        }
        await self._tell(session, "READY", ready)
        await self._tell(session, "GUILD_CREATE", self.world.guild())
        await self.changed()

    async def _resume(self, socket: web.WebSocketResponse, wish: Json) -> None:
        session = self.sessions.get(wish["session_id"] or "")
        if session is None:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return
        self.resumes += 1
        session.socket = socket
        for payload in session.told:
            if payload["s"] > wish["seq"]:
                await socket.send_json(payload)
        await self._tell(session, "RESUMED", {})
        await self.changed()

    async def _tell(self, session: Session, event: str, data: Json) -> None:
        payload = {"op": DISPATCH, "t": event, "s": len(session.told) + 1, "d": data}
        session.told.append(payload)
        if session.socket is not None and not session.socket.closed and session.socket not in self.silent:
            try:
                await session.socket.send_json(payload)
            except ConnectionError:
                session.socket = None

    async def dispatch(self, event: str, data: Json) -> None:
        """Tells every session, connected or not: who is away hears it after RESUME."""
        for session in list(self.sessions.values()):
            await self._tell(session, event, data)

    def sockets(self) -> list[web.WebSocketResponse]:
        return [session.socket for session in self.sessions.values() if session.socket is not None]

    async def drop(self, code: int = 4000) -> None:
        """Closes every connection with this code; the sessions stay and can be resumed."""
        for socket in self.sockets():
            await socket.close(code=code)

    def fall_silent(self) -> None:
        """The connections of now stay open, and nothing is said or answered on them any more."""
        self.silent += self.sockets()

    async def ask_to_reconnect(self) -> None:
        for socket in self.sockets():
            await socket.send_json({"op": RECONNECT})

    async def invalidate(self) -> None:
        """Ends every session: what is said from now on is told to nobody until a new IDENTIFY."""
        sockets = self.sockets()
        self.sessions.clear()
        for socket in sockets:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
