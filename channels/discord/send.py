"""Idempotent sending: parts as Discord messages, each shown once however often it is sent.

The nonce makes a repeated send return the first message for a few minutes; after that the history is
read for it. Source: Discord docs, Create Message.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import discord
from discord.http import Route

from bot.core.errors import MediaError, Undeliverable
from bot.core.messages import Choice, Kind, Media, Part, Sent, Target, Text, Voice
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs
from bot.media.characters import whole
from channels.discord.inbound import Json
from channels.discord.interaction_replies import InteractionReplies
from channels.discord.markdown import to_discord
from channels.discord.rest import UNKNOWN_CHANNEL, DiscordRefused, DiscordRest
from channels.discord.snowflake import first_id_at

log = logging.getLogger(__name__)

TEXT = 2000
SUPPRESS_EMBEDS, VOICE_MESSAGE = 1 << 2, 1 << 13
NO_MENTIONS: Json = {"parse": [], "replied_user": False}
NO_VOICE_HERE = 50173
NO_REPLY_HERE = 160002  # a reply asks for the right to read the history
BUTTON, ROW = 2, 1
LABEL, CUSTOM_ID, ROWS, PER_ROW = 80, 100, 5, 5
LOOK_BACK, LOOK_BACK_SHORT = timedelta(hours=24), timedelta(minutes=15)
SHORT = 40  # below this many characters the same words may well be another answer
KNOWN = 256
CREATE = "/channels/{channel_id}/messages"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a message, as multipart wants it. `extra` are fields of its attachment object."""

    name: str
    mime: str
    data: bytes
    extra: tuple[tuple[str, str | float], ...] = ()


def nonce(key: str) -> str:
    """25 characters that are the same for the same key: the longest nonce Discord takes."""
    return base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:25].lower()


def text_body(text: Text) -> Json:
    """The fields of a message that shows this text: mentions are inert, links unfold no previews."""
    content = to_discord(whole(text.text), TEXT)
    return {
        "content": content,
        "components": _rows(text.choices),
        "allowed_mentions": NO_MENTIONS,
        "flags": SUPPRESS_EMBEDS,
    }


def _rows(choices: tuple[Choice, ...]) -> list[Json]:
    """Buttons in rows of five. Discord refuses two with one custom id, and a custom id or a label that is blank or too
    long: what such a button would say can still be written."""
    possible = (choice for choice in choices if 0 < len(choice.say) <= CUSTOM_ID and choice.label.strip())
    unique = list({choice.say: choice for choice in possible}.values())[: ROWS * PER_ROW]
    buttons = [
        {"type": BUTTON, "style": 2, "label": choice.label[:LABEL], "custom_id": choice.say} for choice in unique
    ]
    return [{"type": ROW, "components": buttons[at : at + PER_ROW]} for at in range(0, len(buttons), PER_ROW)]


def addressed(body: Json, to: Target, key: str) -> Json:
    """The body with its idempotency key and, in a reply, the message it answers (which may be gone)."""
    keyed = body | {"nonce": nonce(key), "enforce_nonce": True}
    if to.reply_to:
        keyed["message_reference"] = {"message_id": to.reply_to, "fail_if_not_exists": False}
    return keyed


def multipart(body: Json, upload: Upload, file: discord.File) -> list[dict[str, Any]]:
    """The form fields of a message with one file, which the library rewinds when it tries again."""
    listed = {"id": "0", "filename": upload.name, **dict(upload.extra)}
    return [
        {
            "name": "payload_json",
            "value": json.dumps(body | {"attachments": [listed]}),
            "content_type": "application/json",
        },
        {"name": "files[0]", "value": file.fp, "filename": upload.name, "content_type": upload.mime},
    ]


def voice_upload(voice: Voice, data: bytes) -> Upload:
    """A native voice message's file. Source: Discord docs, Message resource, Voice Messages."""
    waveform = base64.b64encode(voice.waveform[:256] or b"\0").decode()
    extra: tuple[tuple[str, str | float], ...] = (("duration_secs", round(voice.seconds, 3)), ("waveform", waveform))
    return Upload("voice-message.ogg", "audio/ogg", data, extra)


def _as_file(upload: Upload | None) -> tuple[Json, Upload | None]:
    """A voice message as an ordinary sound file."""
    return {"allowed_mentions": NO_MENTIONS}, replace(upload, extra=()) if upload else None


def refused_field(refusal: DiscordRefused, wish: Json) -> str:
    """The field that the refusal blames and without which the message still says the same, "" for none."""
    blamed = refusal.fields | ({"message_reference"} if refusal.code == NO_REPLY_HERE else frozenset())
    return next((name for name in ("message_reference", "components") if name in blamed and wish.get(name)), "")


class DiscordSender:
    """Sends and edits. `replies` answers where a channel refuses the bot, `upload_bytes` returns the largest file
    that a channel takes, `my_id` is the bot's user id."""

    def __init__(
        self,
        rest: DiscordRest,
        blobs: Blobs,
        clock: Clock,
        *,
        replies: InteractionReplies,
        my_id: str,
        upload_bytes: Callable[[str], int],
    ) -> None:
        self._rest, self._blobs, self._clock, self._replies = rest, blobs, clock, replies
        self._my_id, self._upload_bytes = my_id, upload_bytes
        # which key each recent message was sent under: the same words twice are two messages
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._private: dict[str, str] = {}

    async def send(self, to: Target, part: Part, key: str, maybe_sent: bool) -> Sent:
        """The sent message. When Discord knows no such channel, the id may be a person's who has not written yet, such
        as an owner: then the sender opens their private chat.

        Raises `NotSent`, `MaybeSent`, `Undeliverable`."""
        _check(to.conversation.chat, to.reply_to)
        try:
            return await self._send(self._placed(to), part, key, maybe_sent)
        except DiscordRefused as refusal:
            token = self._replies.token(to.conversation.chat) if refusal.shuts_out else ""
            if token:
                return await self._reply(to, part, token)
            if refusal.code != UNKNOWN_CHANNEL or not await self._opened(to.conversation.chat):
                raise
        return await self._send(self._placed(to), part, key, maybe_sent)

    async def _reply(self, to: Target, part: Part, token: str) -> Sent:
        """Answers over the webhook of an interaction, which knows neither idempotency keys nor voice messages."""
        body, upload = await self._rendered(to, part)
        if isinstance(part, Voice):
            body, upload = _as_file(upload)
        message = await self._posted(self._replies.create(token), body, upload)
        log.info("discord.replied_by_webhook", extra={"channel": to.conversation.chat})
        self._replies.remember_sent(str(message["id"]), token)
        return Sent(str(message["id"]))

    async def _opened(self, person: str) -> bool:
        """Whether a private chat with this person was opened now. Source: Discord docs, User resource, Create DM."""
        if person in self._private:
            return False
        try:
            chat: Json = await self._rest.call(Route("POST", "/users/@me/channels"), json={"recipient_id": person})
        except Undeliverable:
            return False
        self._private[person] = str(chat["id"])
        return True

    def _placed(self, to: Target) -> Target:
        chat = self._private.get(to.conversation.chat)
        return replace(to, conversation=replace(to.conversation, chat=chat)) if chat else to

    async def _rendered(self, to: Target, part: Part) -> tuple[Json, Upload | None]:
        """The body of the message that shows this part, and its file."""
        if isinstance(part, Text):
            return text_body(part), None
        data = await self._bytes(to, part)
        if isinstance(part, Voice):
            return {"flags": VOICE_MESSAGE, "allowed_mentions": NO_MENTIONS}, voice_upload(part, data)
        body = text_body(Text(part.caption)) if part.caption else {"allowed_mentions": NO_MENTIONS}
        return body, Upload(part.name, part.blob.mime, data)

    async def _send(self, to: Target, part: Part, key: str, maybe_sent: bool) -> Sent:
        body, upload = await self._rendered(to, part)
        if maybe_sent and (message_id := await self._already(to, body, upload, key)):
            log.info("discord.adopted", extra={"message_id": message_id, "key": key})
            return self._remember(message_id, key)
        try:
            message = await self._create(to, body, upload, key)
        except DiscordRefused as refusal:
            if not isinstance(part, Voice) or not (refusal.status == 400 or refusal.code == NO_VOICE_HERE):
                raise
            log.info("discord.voice_refused", extra={"code": refusal.code})
            message = await self._create(to, *_as_file(upload), key)
        if isinstance(part, Text) and str(message.get("content", "")).split() != str(body["content"]).split():
            # the nonce named an earlier message: a draft, or a placeholder
            await self.edit(to, str(message["id"]), part)
        return self._remember(str(message["id"]), key)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        """Raises as `send`; `Undeliverable`, not gone, when the message no longer exists."""
        _check(to.conversation.chat, message_id)
        route = Route(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=self._placed(to).conversation.chat,
            message_id=message_id,
        )
        await self._rest.call(self._replies.edit(message_id) or route, json=text_body(text))

    async def _create(self, to: Target, body: Json, upload: Upload | None, key: str) -> Json:
        """The message. A field that Discord refuses and that the words can do without is left out in a next try."""
        wish = addressed(body, to, key)
        while True:
            try:
                route = Route("POST", CREATE, channel_id=to.conversation.chat)
                return await self._posted(route, wish, upload)
            except DiscordRefused as refusal:
                spare = refused_field(refusal, wish)
                if not spare:
                    raise
                log.info("discord.field_left_out", extra={"field": spare, "code": refusal.code})
                wish = {name: value for name, value in wish.items() if name != spare}

    async def _posted(self, route: Route, wish: Json, upload: Upload | None) -> Json:
        message: Json
        if upload is None:
            message = await self._rest.call(route, json=wish)
            return message
        file = discord.File(io.BytesIO(upload.data), upload.name)
        try:
            message = await self._rest.call(route, form=multipart(wish, upload, file), files=[file])
            return message
        finally:
            file.close()

    async def _bytes(self, to: Target, part: Voice | Media) -> bytes:
        limit = self._upload_bytes(to.conversation.chat)
        name = part.name if isinstance(part, Media) else Kind.VOICE
        if part.blob.size > limit:
            raise Undeliverable(
                f"{name!r} has {part.blob.size} bytes; Discord takes {limit} in {to.conversation}: send a smaller file",
                tell=f"It is too large: Discord takes {limit >> 20} MB here.",
            )
        try:
            return await self._blobs.read(part.blob)
        except MediaError as error:
            raise Undeliverable(f"{name!r} for {to.conversation}: {error}", tell="The file is gone.") from error

    async def _already(self, to: Target, body: Json, upload: Upload | None, key: str) -> str:
        """The id of an own message that shows this already, "" when there is none."""
        content = body.get("content", "")
        window = LOOK_BACK if upload or len(content) > SHORT else LOOK_BACK_SHORT
        earliest = max(first_id_at(self._clock.now() - window), int(to.reply_to or 0))
        route = Route("GET", CREATE, channel_id=to.conversation.chat)
        asked = {"limit": "50"} | ({"after": to.reply_to} if to.reply_to else {})
        try:
            page: list[Json] = await self._rest.call(route, params=asked)
        except DiscordRefused as refusal:  # writing may be allowed where reading is not, and twice beats never
            log.info("discord.cannot_look", extra={"channel": to.conversation.chat, "error": str(refusal)})
            return ""
        wanted = _face(content, [(upload.name, len(upload.data))] if upload else [])
        for message in page:
            message_id = str(message["id"])
            listed = [(file["filename"], file["size"]) for file in message.get("attachments", ())]
            mine = str(message["author"]["id"]) == self._my_id and self._keys.get(message_id, key) == key
            if mine and int(message_id) > earliest and _face(message["content"], listed) == wanted:
                return message_id
        return ""

    def _remember(self, message_id: str, key: str) -> Sent:
        self._keys[message_id] = key
        while len(self._keys) > KNOWN:
            self._keys.popitem(last=False)
        return Sent(message_id)


def _check(*ids: str) -> None:
    """Raises `Undeliverable` unless each id is "" or a snowflake."""
    for snowflake in filter(None, ids):
        if not snowflake.isdecimal():
            raise Undeliverable(f"{snowflake!r} is no channel or message of Discord: ids are numbers")


def _face(content: str, files: list[tuple[str, int]]) -> tuple[list[str], list[tuple[str, int]]]:
    """What a message looks like, white space aside: Discord trims it."""
    return content.split(), files
