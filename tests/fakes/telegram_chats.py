"""What people in the chats of the loopback Telegram see, and what Telegram refuses to show them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_markup import CannotParse, units, visible
from tests.fakes.telegram_wire import Refusal, bad, nested

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


@dataclass
class Shown:
    """One message of the bot as people see it. `history` holds every text it ever showed, oldest first."""

    message_id: int
    chat: int
    kind: str
    text: str
    raw: str = ""
    thread: int | None = None
    reply_to: int | None = None
    buttons: tuple[str, ...] = ()
    preview: bool = True
    seconds: int | None = None
    file: bytes = field(default=b"", repr=False)
    file_name: str = ""
    history: list[str] = field(default_factory=list)
    deleted: bool = False
    at: float = field(default_factory=time.monotonic)

    def asjson(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "file"} | {"size": len(self.file)}


class Chats:
    """The chats of one bot. `blocked`, `no_voice` and `lost_topics` hold chats and topics that refuse things."""

    def __init__(self, me: dict[str, Any]) -> None:
        self.me = me
        self.blocked: set[int] = set()
        self.no_voice: set[int] = set()
        self.lost_topics: set[int] = set()
        self.migrated: dict[int, int] = {}
        self._sent: dict[int, list[Shown]] = {}
        self._chats: dict[int, dict[str, Any]] = {}
        self._files: dict[str, bytes] = {}
        self._next_message = 100

    # --- what people do ------------------------------------------------------------------------

    def message(self, chat: int, text: str = "", **fields: Any) -> dict[str, Any]:
        """A message as Telegram writes it, not yet part of an update."""
        kind = fields.pop("kind", "private" if chat > 0 else "supergroup")
        sender = fields.pop("sender", chat if chat > 0 else 4242)
        self._next_message += 1
        place = {"first_name": "Ada"} if kind == "private" else {"title": "Room"}
        written: dict[str, Any] = {
            "message_id": self._next_message,
            "from": {"id": sender, "is_bot": False, "first_name": fields.pop("sender_name", "Ada")},
            "chat": self._chats.setdefault(chat, {"id": chat, "type": kind, **place}),
            "date": int(time.time()),
        }
        if thread := fields.pop("thread", None):
            written |= {"message_thread_id": thread, "is_topic_message": True}
        if text:
            written["text"] = text
            if entities := list(_entities(text)):
                written["entities"] = entities
        return written | fields

    def file(self, data: bytes, size: int | None = None) -> dict[str, Any]:
        """A file people can refer to. `size` is what is announced; by default the truth."""
        file_id = f"file{len(self._files) + 1}"
        self._files[file_id] = data
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(data) if size is None else size}

    # --- what they see -------------------------------------------------------------------------

    def messages(self, chat: int) -> list[Shown]:
        """What the bot has put into this chat and people still see."""
        return [shown for shown in self._sent.get(chat, ()) if not shown.deleted]

    def texts(self, chat: int) -> list[str]:
        return [shown.text for shown in self.messages(chat)]

    def forget_shown(self) -> None:
        """Drops all but the newest two messages of each chat: a long run must not fill this side's memory."""
        for shown_here in self._sent.values():
            del shown_here[:-2]

    # --- what the bot does ---------------------------------------------------------------------

    def _chat(self, params: dict[str, Any]) -> int:
        try:
            chat = int(params["chat_id"])
        except (KeyError, ValueError):
            raise bad("chat_id is empty") from None
        if chat in self.migrated:
            told = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, told, migrate_to_chat_id=self.migrated[chat])
        if chat not in self._chats:
            raise bad("chat not found")
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return chat

    def meet(self, chat: int, kind: str = "private") -> None:
        """A chat the bot may write to, though nobody has spoken there yet."""
        self.message(chat, kind=kind)

    def _send(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(params)
        text, raw = _words(params, "text" if kind == "text" else "caption")
        if kind == "voice" and chat in self.no_voice:
            raise bad("VOICE_MESSAGES_FORBIDDEN")
        thread = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if thread in self.lost_topics:
            raise bad("message thread not found")
        name, data = ("", b"") if kind == "text" else params.get(kind) or ("", b"")
        if kind != "text" and not data:
            raise bad(f"there is no {kind} in the request")
        self._next_message += 1
        shown = Shown(self._next_message, chat, kind, text, raw, thread, file=data, file_name=name, history=[text])
        shown.reply_to = (nested(params.get("reply_parameters")) or {}).get("message_id")
        shown.buttons = _buttons(params)
        shown.preview = not (nested(params.get("link_preview_options")) or {}).get("is_disabled", False)
        shown.seconds = int(params["duration"]) if "duration" in params else None
        self._sent.setdefault(chat, []).append(shown)
        return self._as_message(shown)

    def _edit(self, params: dict[str, Any]) -> dict[str, Any]:
        shown = self._find(params)
        text, raw = _words(params, "text")
        buttons = _buttons(params)
        if (text, raw, buttons) == (shown.text, shown.raw, shown.buttons):
            raise bad(NOT_MODIFIED)
        shown.text, shown.raw, shown.buttons = text, raw, buttons
        shown.history.append(text)
        return self._as_message(shown)

    def _find(self, params: dict[str, Any]) -> Shown:
        chat, wanted = self._chat(params), int(params.get("message_id", 0))
        for shown in reversed(self._sent.get(chat, ())):
            if shown.message_id == wanted and not shown.deleted:
                return shown
        raise bad("message to edit not found")

    def _as_message(self, shown: Shown) -> dict[str, Any]:
        place = self._chats[shown.chat]
        return {
            "message_id": shown.message_id,
            "from": self.me,
            "chat": place,
            "date": int(time.time()),
            "text": shown.text,
        }


def _buttons(params: dict[str, Any]) -> tuple[str, ...]:
    rows = (nested(params.get("reply_markup")) or {}).get("inline_keyboard", ())
    pressed = [button for row in rows for button in row]
    if any(len(button.get("callback_data", "").encode()) not in range(1, 65) for button in pressed):
        raise bad("BUTTON_DATA_INVALID")
    return tuple(button["text"] for button in pressed)


def _words(params: dict[str, Any], key: str) -> tuple[str, str]:
    """The visible text and how it was written, checked as Telegram checks it."""
    raw = str(params.get(key) or "")
    if any("\ud800" <= character <= "\udfff" for character in raw):
        raise bad("strings must be encoded in UTF-8")
    try:
        text = visible(raw) if params.get("parse_mode") == "HTML" else raw
    except CannotParse as error:
        raise bad(f"can't parse entities: {error}") from None
    text = text.strip()
    if key == "text" and not text:
        raise bad("message text is empty")
    if units(text) > (4096 if key == "text" else 1024):
        raise bad("message is too long" if key == "text" else "message caption is too long")
    return text, raw


def _entities(text: str) -> Iterator[dict[str, Any]]:
    """Commands and mentions, as Telegram marks them, for texts of words between spaces."""
    place = 0
    for word in text.split(" "):
        kind = {"/": "bot_command", "@": "mention"}.get(word[:1])
        if kind and len(word) > 1:
            yield {"type": kind, "offset": units(text[:place]), "length": units(word.rstrip("!?,."))}
        place += len(word) + 1
