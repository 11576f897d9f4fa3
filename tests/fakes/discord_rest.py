"""Discord's REST API v10, as much of it as a chat bot uses."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_world import APPLICATION_ID, BOT_ID, Upload, World
from tests.specs import discord
from tests.specs.discord import Refusal

API = "/api/v10"
# high enough that the client library never waits by itself
HEADERS = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset-After": "1"}
Json = dict[str, Any]


def told(body: object, status: int = 200) -> web.Response:
    """JSON with exactly the content type that the client library takes for JSON."""
    headers = HEADERS | {"Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def refused(refusal: Refusal, errors: Json | None = None) -> web.Response:
    """A refusal with the errors of the form, nested as Discord nests them."""
    body: Json = {"message": refusal.message, "code": refusal.code}
    return told(body | ({"errors": errors} if errors else {}), refusal.status)


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
        web.patch(f"{API}/webhooks/{{application}}/{{token}}/messages/{{message}}", rest.change_reply),
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
        return told(self.world.direct_chat(person)) if person else refused(discord.INVALID_RECIPIENT)

    async def put_commands(self, request: web.Request) -> web.Response:
        commands = await request.json()
        if len(commands) > discord.COMMANDS_AT_MOST:
            return refused(discord.TOO_MANY_COMMANDS)
        if errors := discord.nested(discord.command_errors(commands)):
            return refused(discord.INVALID_FORM, errors)
        self.world.commands = commands
        return told(self.world.commands)

    async def channel(self, request: web.Request) -> web.Response:
        found = self.world.channels.get(request.match_info["channel"])
        return told(found) if found else refused(discord.UNKNOWN_CHANNEL)

    async def messages(self, request: web.Request) -> web.Response:
        channel_id = request.match_info["channel"]
        if channel_id not in self.world.channels:
            return refused(discord.UNKNOWN_CHANNEL)
        asked = request.query
        if errors := discord.nested(discord.page_errors(dict(asked))):
            return refused(discord.INVALID_FORM, errors)
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
            return refused(discord.UNKNOWN_MESSAGE)
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
            return refused(discord.UNKNOWN_CHANNEL)
        wish, files = await _message_wish(request)
        nonce = str(wish.get("nonce", ""))
        if wish.get("enforce_nonce") and nonce and (known := self.world.with_nonce(nonce)):
            return told(known)
        if problem := self._problem(channel_id, wish, files):
            return problem
        message = await self._add(channel_id, wish, files)
        if nonce:
            message["nonce"] = nonce
            self.world.keep_nonce(nonce, message)
        return told(message)

    def _problem(self, channel_id: str, wish: Json, files: list[Upload]) -> web.Response | None:
        errors = discord.nested(discord.message_errors(wish, lambda at: self.world.find(channel_id, at) is not None))
        if errors:
            return refused(discord.INVALID_FORM, errors)
        refusal = _refusal(wish, files, self.world.upload_bytes(channel_id))
        return refused(refusal) if refusal else None

    async def _add(self, channel_id: str, wish: Json, files: list[Upload]) -> Json:
        uploads = [
            _with_voice(upload, listed) for upload, listed in zip(files, wish.get("attachments", []), strict=True)
        ]
        more: Json = {key: wish[key] for key in ("flags", "components", "message_reference") if key in wish}
        more |= {"attachments": self.world.attach(channel_id, uploads), "allowed": wish.get("allowed_mentions")}
        reference = wish.get("message_reference")
        if reference and self.world.find(channel_id, reference["message_id"]) is None:
            del more["message_reference"]  # what it answered is gone: an ordinary message
        message = self.world.add(channel_id, self.world.bot, wish.get("content") or "", **more)
        await self.events.dispatch("MESSAGE_CREATE", self.world.told(message))
        return message

    async def change(self, request: web.Request) -> web.Response:
        found = self._found(request)
        if found is None:
            return refused(discord.UNKNOWN_MESSAGE)
        if found["author"]["id"] != BOT_ID:
            return refused(discord.NOT_YOURS)
        return await self._change(found, await request.json())

    async def _change(self, found: Json, wish: Json) -> web.Response:
        if problem := self._problem(found["channel_id"], wish, []):
            return problem
        self.world.change(found, wish)
        await self.events.dispatch("MESSAGE_UPDATE", self.world.told(found))
        return told(found)

    async def delete(self, request: web.Request) -> web.Response:
        found = self._found(request)
        if found is None:
            return refused(discord.UNKNOWN_MESSAGE)
        self.world.history[request.match_info["channel"]].remove(found)
        return nothing()

    async def type(self, request: web.Request) -> web.Response:
        self.world.typing.append(request.match_info["channel"])
        return nothing()

    async def callback(self, request: web.Request) -> web.Response:
        interaction = self.world.tokens.get(request.match_info["token"])
        if interaction is None or interaction["id"] != request.match_info["interaction"]:
            return refused(discord.UNKNOWN_INTERACTION)
        if any(answer.get("id") == interaction["id"] for answer in self.world.interactions):
            return refused(discord.ALREADY_ACKNOWLEDGED)
        wish = await request.json()
        if wish.get("type") not in discord.CALLBACK_TYPES[interaction["type"]]:
            return refused(discord.INVALID_FORM, discord.nested(iter([("type", "Value is not a callback type.")])))
        self.world.interactions.append({"id": interaction["id"]} | wish)
        return nothing()

    def _interaction(self, request: web.Request) -> Json | web.Response:
        """The interaction whose webhook this is. Source: Discord docs, Followup Messages: for 15 minutes."""
        if request.match_info["application"] != APPLICATION_ID:
            return refused(discord.UNKNOWN_WEBHOOK)
        interaction = self.world.tokens.get(request.match_info["token"])
        if interaction is None:
            return refused(discord.INVALID_TOKEN)
        return interaction

    async def follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        if isinstance(interaction, web.Response):
            return interaction
        wish, files = await _message_wish(request)
        if problem := self._problem(interaction["channel_id"], wish, files):
            return problem
        return told(await self._add(interaction["channel_id"], wish, files))

    async def change_reply(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        if isinstance(interaction, web.Response):
            return interaction
        found = self.world.find(interaction["channel_id"], request.match_info["message"])
        return await self._change(found, await request.json()) if found else refused(discord.UNKNOWN_MESSAGE)

    async def delete_original(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        if isinstance(interaction, web.Response):
            return interaction
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


def _refusal(wish: Json, files: list[Upload], limit: int) -> Refusal | None:
    """Discord's rules for a message that are not about the length of a field."""
    content = wish.get("content") or ""
    voice = wish.get("flags", 0) & 8192
    if any("\ud800" <= character <= "\udfff" for character in content):
        return discord.INVALID_JSON
    if not content.strip() and not files and "attachments" not in wish:
        return discord.EMPTY
    if sum(len(file.data) for file in files) > limit:
        return discord.TOO_LARGE
    if voice and (content or wish.get("embeds") or wish.get("components")):
        return discord.VOICE_WITH_MORE
    if voice and not (len(files) == 1 and {"duration_secs", "waveform"} <= set(wish["attachments"][0])):
        return discord.VOICE_WITHOUT_DATA
    return None
