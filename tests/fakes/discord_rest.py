"""Discord's REST API v10, as much of it as a chat bot uses."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_world import APPLICATION_ID, Upload, World

API = "/api/v10"
# high enough that the client library never waits by itself
HEADERS = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset-After": "1"}
Json = dict[str, Any]


def told(body: object, status: int = 200) -> web.Response:
    """JSON with exactly the content type that the client library takes for JSON."""
    headers = HEADERS | {"Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def refusal(status: int, code: int, message: str) -> web.Response:
    return told({"message": message, "code": code}, status)


def nothing() -> web.Response:
    return web.Response(status=204, headers=HEADERS)


def routes(world: World, gateway: Gateway) -> list[web.RouteDef]:
    rest = Rest(world, gateway)
    return [
        web.get(f"{API}/users/@me", rest.me),
        web.post(f"{API}/users/@me/channels", rest.open_dm),
        web.get(f"{API}/oauth2/applications/@me", rest.application),
        web.get(f"{API}/applications/@me", rest.application),
        web.put(f"{API}/applications/{{application}}/commands", rest.put_commands),
        web.get(f"{API}/gateway", rest.gateway),
        web.get(f"{API}/gateway/bot", rest.gateway),
        web.get(f"{API}/channels/{{channel}}", rest.channel),
        web.get(f"{API}/channels/{{channel}}/messages", rest.messages),
        web.post(f"{API}/channels/{{channel}}/messages", rest.create),
        web.get(f"{API}/channels/{{channel}}/messages/{{message}}", rest.message),
        web.patch(f"{API}/channels/{{channel}}/messages/{{message}}", rest.change),
        web.delete(f"{API}/channels/{{channel}}/messages/{{message}}", rest.delete),
        web.post(f"{API}/channels/{{channel}}/typing", rest.type),
        web.post(f"{API}/interactions/{{interaction}}/{{token}}/callback", rest.callback),
        web.post(f"{API}/webhooks/{{application}}/{{token}}", rest.follow_up),
        web.delete(f"{API}/webhooks/{{application}}/{{token}}/messages/@original", rest.delete_original),
        web.get("/attachments/{channel}/{attachment}/{name}", rest.file),
    ]


class Rest:
    """One method per endpoint."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world, self.events = world, gateway

    async def me(self, request: web.Request) -> web.Response:
        return told(self.world.bot)

    async def application(self, request: web.Request) -> web.Response:
        flags = 1 << 19 if self.events.content_allowed else 0
        owner = next(iter(self.world.users.values()))
        app = {"id": APPLICATION_ID, "name": "Vox", "description": "", "icon": None, "owner": owner, "flags": flags}
        return told(app | {"bot_public": True, "bot_require_code_grant": False, "verify_key": "", "team": None})

    async def gateway(self, request: web.Request) -> web.Response:
        left = {"total": 1000, "remaining": self.world.identifies_left, "reset_after": 3_600_000, "max_concurrency": 1}
        return told({"url": self.events.url, "shards": 1, "session_start_limit": left})

    async def open_dm(self, request: web.Request) -> web.Response:
        person = self.world.users.get(str((await request.json()).get("recipient_id")))
        return told(self.world.direct_chat(person)) if person else refusal(400, 50033, "Invalid Recipient(s)")

    async def put_commands(self, request: web.Request) -> web.Response:
        self.world.commands = await request.json()
        return told(self.world.commands)

    async def channel(self, request: web.Request) -> web.Response:
        found = self.world.channels.get(request.match_info["channel"])
        return told(found) if found else refusal(404, 10003, "Unknown Channel")

    async def messages(self, request: web.Request) -> web.Response:
        channel_id = request.match_info["channel"]
        if channel_id not in self.world.channels:
            return refusal(404, 10003, "Unknown Channel")
        asked = request.query
        page = self.world.page(
            channel_id,
            after=asked.get("after", ""),
            before=asked.get("before", ""),
            limit=int(asked.get("limit", "50")),
        )
        return told(page)

    def _found(self, request: web.Request) -> Json | None:
        return self.world.find(request.match_info["channel"], request.match_info["message"])

    async def message(self, request: web.Request) -> web.Response:
        found = self._found(request)
        if found is None:
            return refusal(404, 10008, "Unknown Message")
        for attachment in found["attachments"]:
            self._renew(attachment)
        return told(found)

    def _renew(self, attachment: Json) -> None:
        """Links are signed for a day; reading the message signs them anew."""
        path = attachment["url"].removeprefix(self.world.base)
        if path in self.world.gone_links:
            renewed = f"{path}?ex=ffffffff"
            self.world.files[renewed.split("?")[0]] = self.world.files[path]
            attachment["url"] = self.world.base + renewed

    async def create(self, request: web.Request) -> web.Response:
        channel_id = request.match_info["channel"]
        if channel_id not in self.world.channels:
            return refusal(404, 10003, "Unknown Channel")
        wish, files = await _message_wish(request)
        nonce = str(wish.get("nonce", ""))
        if wish.get("enforce_nonce") and nonce and (known := self.world.with_nonce(nonce)):
            return told(known)
        if problem := _refused(wish, files, self.world.upload_bytes(channel_id)):
            return problem
        uploads = [
            _with_voice(upload, listed) for upload, listed in zip(files, wish.get("attachments", []), strict=True)
        ]
        more: Json = {key: wish[key] for key in ("flags", "components", "message_reference") if key in wish}
        more |= {"attachments": self.world.attach(channel_id, uploads), "allowed": wish.get("allowed_mentions")}
        message = self.world.add(channel_id, self.world.bot, wish.get("content") or "", **more)
        if nonce:
            message["nonce"] = nonce
            self.world.keep_nonce(nonce, message)
        await self.events.dispatch("MESSAGE_CREATE", self.world.told(message))
        return told(message)

    async def change(self, request: web.Request) -> web.Response:
        found = self._found(request)
        if found is None:
            return refusal(404, 10008, "Unknown Message")
        wish = await request.json()
        if problem := _refused(wish, [], 0):
            return problem
        self.world.edits.setdefault(found["id"], []).append(found["content"])
        found |= {key: wish[key] for key in ("content", "flags", "components") if key in wish}
        found["edited_timestamp"] = self.world.now().isoformat()
        await self.events.dispatch("MESSAGE_UPDATE", self.world.told(found))
        return told(found)

    async def delete(self, request: web.Request) -> web.Response:
        found = self._found(request)
        if found is None:
            return refusal(404, 10008, "Unknown Message")
        self.world.history[request.match_info["channel"]].remove(found)
        return nothing()

    async def type(self, request: web.Request) -> web.Response:
        self.world.typing.append(request.match_info["channel"])
        return nothing()

    async def callback(self, request: web.Request) -> web.Response:
        self.world.interactions.append({"id": request.match_info["interaction"]} | await request.json())
        return nothing()

    async def follow_up(self, request: web.Request) -> web.Response:
        self.world.interactions.append({"token": request.match_info["token"]} | await request.json())
        return told({"id": self.world.snowflake()})

    async def delete_original(self, request: web.Request) -> web.Response:
        self.world.interactions.append({"token": request.match_info["token"], "deleted": True})
        return nothing()

    async def file(self, request: web.Request) -> web.Response:
        self.world.fetched += 1
        if request.path in self.world.gone_links and not request.query.get("ex"):
            return web.Response(status=404, text="This content is no longer available.")
        if self.world.files_moved_to:
            return web.Response(status=302, headers={"Location": self.world.files_moved_to})
        found = self.world.files.get(request.path)
        return web.Response(body=found) if found is not None else web.Response(status=404)


async def _message_wish(request: web.Request) -> tuple[Json, list[Upload]]:
    """The JSON part of a message request, and its files."""
    if not request.content_type.startswith("multipart/"):
        return await request.json(), []
    wish: Json = {}
    files: list[Upload] = []
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        data = bytes(await part.read())
        if part.name == "payload_json":
            wish = json.loads(data)
        else:
            files.append(Upload(part.filename or "", data, part.headers.get("Content-Type", "")))
    return wish, files


def _with_voice(upload: Upload, listed: Json) -> Upload:
    return Upload(
        listed.get("filename", upload.name),
        upload.data,
        upload.content_type,
        duration=listed.get("duration_secs"),
        waveform=listed.get("waveform", ""),
    )


def _refused(wish: Json, files: list[Upload], limit: int) -> web.Response | None:
    """Discord's own rules for a message."""
    content = wish.get("content") or ""
    voice = wish.get("flags", 0) & 8192
    if any("\ud800" <= character <= "\udfff" for character in content):
        return refusal(400, 50109, "The request body contains invalid JSON.")
    if len(content) > 2000:
        return refusal(400, 50035, "Invalid Form Body: content: Must be 2000 or fewer in length.")
    if not content.strip() and not files and "attachments" not in wish:
        return refusal(400, 50006, "Cannot send an empty message")
    if len(str(wish.get("nonce", ""))) > 25:
        return refusal(400, 50035, "Invalid Form Body: nonce: Must be 25 or fewer in length.")
    if sum(len(file.data) for file in files) > limit:
        return refusal(413, 40005, "Request entity too large")
    if voice and (content or wish.get("embeds") or wish.get("components")):
        return refusal(400, 50159, "Voice messages do not support additional content.")
    if voice and not (len(files) == 1 and {"duration_secs", "waveform"} <= set(wish["attachments"][0])):
        return refusal(400, 50161, "Voice messages must have supporting metadata.")
    return None
