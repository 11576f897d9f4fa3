"""The other side of a chat: the Telegram and the Discord on loopback behind one small face."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from tests.fakes.discord_api import CHANNEL_ID, DM_ID, DiscordApi, Upload
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.fakes.discord_world import THREAD_ID
from tests.fakes.telegram_api import TelegramApi

FILES = {"image": "photo", "video": "video", "audio": "audio"}


@dataclass(frozen=True)
class Seen:
    """A message of the bot as people see it now. `kind` is text, voice, photo, audio, video or document.

    `seconds` is the announced length, `flags` and `waveform` are Discord's, `buttons` what can be pressed, `name` is
    the file's."""

    id: str
    kind: str
    text: str
    data: bytes = field(default=b"", repr=False)
    seconds: float | None = None
    buttons: tuple[str, ...] = ()
    reply_to: str = ""
    flags: int = 0
    waveform: str = ""
    name: str = ""


class Side(AbstractAsyncContextManager["Side"], Protocol):
    """Where people talk to the bot. `chat` is a private chat, `room` a shared one, `chats` all there are."""

    name: str
    api: TelegramApi | DiscordApi
    chat: str
    room: str
    chats: tuple[str, ...]
    person: str

    async def __aenter__(self) -> Self:
        await self.api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.api.__aexit__(kind, error, trace)

    def config(self, **more: object) -> dict[str, object]:
        """The section `channels` of a configuration."""

    async def say(self, text: str, chat: str = "") -> str: ...
    async def call(self, text: str, room: str) -> str:
        """Somebody speaks to the bot in a room."""

    async def aside(self, text: str, room: str) -> str:
        """Somebody speaks in a room, not to the bot."""

    async def reply(self, text: str, to: str, room: str) -> str:
        """Somebody answers a message of the bot in a room."""

    async def newcomer(self, name: str) -> tuple[str, str]:
        """Somebody nobody has met: their private chat and their id."""

    async def redeliver(self, said: str) -> None:
        """The platform hands this message out once more."""

    async def voice(self, ogg: bytes, seconds: float, chat: str = "") -> str: ...
    async def picture(self, data: bytes, caption: str = "", chat: str = "") -> str: ...
    async def press(self, seen: Seen, button: str, chat: str = "") -> None: ...
    def seen(self, chat: str = "") -> list[Seen]: ...
    def fetched(self) -> int:
        """How many files were fetched from this side."""

    def typing(self) -> int:
        """How often the busy indicator was shown."""

    async def until(self, holds: Callable[[], object], seconds: float = 30.0) -> None:
        await self.api.wait_for(holds, seconds)


class TelegramSide(Side):
    name = "telegram"
    chat, room = "7", "-100500"
    chats = ("7", "8", "9", "10", "11")
    person = "7"

    def __init__(self) -> None:
        self.api = TelegramApi()
        self.updates: dict[str, dict[str, Any]] = {}

    def config(self, **more: object) -> dict[str, object]:
        section = {"botToken": self.api.token, "apiRoot": self.api.root, "dmPolicy": "open", "allowFrom": ["*"]}
        return {"telegram": section | {"groups": {"*": {}}} | more}

    async def say(self, text: str, chat: str = "") -> str:
        return self._told(self.api.say(int(chat or self.chat), text))

    def _told(self, update: dict[str, Any]) -> str:
        said = str(update["message"]["message_id"])
        self.updates[said] = update
        return said

    async def call(self, text: str, room: str) -> str:
        return await self.say(f"@{self.api.me['username']} {text}", room)

    async def aside(self, text: str, room: str) -> str:
        return await self.say(text, room)

    async def reply(self, text: str, to: str, room: str) -> str:
        answered = {"message_id": int(to), "from": self.api.me, "text": "what it said"}
        return self._told(self.api.say(int(room), text, reply_to_message=answered))

    async def newcomer(self, name: str) -> tuple[str, str]:
        person = str(60_000 + len(self.updates))
        return person, person

    async def redeliver(self, said: str) -> None:
        self.api.redeliver(self.updates[said])

    async def voice(self, ogg: bytes, seconds: float, chat: str = "") -> str:
        return str(self.api.send_voice(int(chat or self.chat), ogg, round(seconds))["message"]["message_id"])

    async def picture(self, data: bytes, caption: str = "", chat: str = "") -> str:
        fields = {"caption": caption} if caption else {}
        return str(self.api.send_photo(int(chat or self.chat), data, **fields)["message"]["message_id"])

    async def press(self, seen: Seen, button: str, chat: str = "") -> None:
        shown = next(call for call in reversed(self.api.calls) if button in str(call.params.get("reply_markup", "")))
        rows = shown.params["reply_markup"]
        rows = json.loads(rows) if isinstance(rows, str) else rows
        data = next(one["callback_data"] for row in rows["inline_keyboard"] for one in row if one["text"] == button)
        self.api.press(int(chat or self.chat), int(seen.id), data)

    def seen(self, chat: str = "") -> list[Seen]:
        return [
            Seen(
                str(shown.message_id),
                shown.kind,
                shown.text,
                shown.file,
                shown.seconds,
                shown.buttons,
                str(shown.reply_to or ""),
                name=shown.file_name,
            )
            for shown in self.api.messages(int(chat or self.chat))
        ]

    def fetched(self) -> int:
        return self.api.count("getFile")

    def typing(self) -> int:
        return self.api.count("sendChatAction")


class DiscordSide(Side):
    name = "discord"
    chat, room = DM_ID, CHANNEL_ID
    chats = (DM_ID, CHANNEL_ID, THREAD_ID)
    person = "200000000000000001"

    def __init__(self) -> None:
        self.api = DiscordApi()
        self._people: dict[str, str] = {}

    def config(self, **more: object) -> dict[str, object]:
        section = {"token": DISCORD_TOKEN, "apiBase": self.api.base, "dmPolicy": "open", "allowFrom": ["*"]}
        return {"discord": section | {"guilds": {"*": {}}} | more}

    async def say(self, text: str, chat: str = "") -> str:
        where = chat or self.chat
        if self.api.world.channels[where]["type"] != 1:
            return await self.call(text, where)
        return await self.api.say(where, self._people.get(where, "Ada"), text)

    async def call(self, text: str, room: str) -> str:
        return await self.api.say(room, "Ada", text, mentions_bot=True)

    async def aside(self, text: str, room: str) -> str:
        return await self.api.say(room, "Ada", text)

    async def reply(self, text: str, to: str, room: str) -> str:
        return await self.api.say(room, "Ada", text, reply_to=to)

    async def newcomer(self, name: str) -> tuple[str, str]:
        person = self.api.world.person(name)
        chat = str(self.api.world.direct_chat(person)["id"])
        self._people[chat] = name
        return chat, str(person["id"])

    async def redeliver(self, said: str) -> None:
        message = next(found for chat in self.api.world.channels if (found := self.api.world.find(chat, said)))
        await self.api.gateway.dispatch("MESSAGE_CREATE", self.api.world.told(message))

    async def voice(self, ogg: bytes, seconds: float, chat: str = "") -> str:
        return await self.api.voice_message(chat or self.chat, "Ada", ogg, seconds)

    async def picture(self, data: bytes, caption: str = "", chat: str = "") -> str:
        who = self._people.get(chat, "Ada")
        return await self.api.say(chat or self.chat, who, caption, attachments=[Upload("photo.png", data, "image/png")])

    async def press(self, seen: Seen, button: str, chat: str = "") -> None:
        message = self.api.world.find(chat or self.chat, seen.id)
        assert message is not None
        buttons = [one for row in message["components"] for one in row["components"]]
        chosen = next(one["custom_id"] for one in buttons if one["label"] == button)
        await self.api.press(chat or self.chat, "Ada", seen.id, chosen)

    def seen(self, chat: str = "") -> list[Seen]:
        found = []
        for shown in self.api.messages(chat or self.chat):
            file = shown.attachments[0] if shown.attachments else None
            kind = "text"
            if file is not None:
                of_type = FILES.get(file.get("content_type", "").partition("/")[0], "document")
                kind = "voice" if file["filename"] == "voice-message.ogg" else of_type
            found.append(
                Seen(
                    shown.id,
                    kind,
                    shown.content,
                    self.api.file(file) if file else b"",
                    file.get("duration_secs") if file else None,
                    tuple(one["label"] for row in shown.raw["components"] for one in row["components"]),
                    str((shown.raw.get("message_reference") or {}).get("message_id", "")),
                    shown.flags,
                    file.get("waveform", "") if file else "",
                    file["filename"] if file else "",
                )
            )
        return found

    def fetched(self) -> int:
        return self.api.world.fetched

    def typing(self) -> int:
        return len(self.api.asked("POST", "/typing"))


SIDES: dict[str, type[TelegramSide] | type[DiscordSide]] = {"telegram": TelegramSide, "discord": DiscordSide}
