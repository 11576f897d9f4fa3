"""A Telegram Bot API server on loopback that the real client library talks to.

It keeps the remote side's truth (what people in the chats see, edit by edit), forgets an update
only when a later offset confirms it, refuses what Telegram refuses, and fails on order.

    async with TelegramApi() as api:
        api.say(7, "hello")
        await api.wait_for(lambda: api.messages(7))

Alone, for kill tests and benchmarks: python -m tests.fakes.telegram_api --port 8081
Source: Telegram Bot API; tdlib/telegram-bot-api for the wording of refusals.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.telegram_markup import CannotParse, units, visible

TOKEN = "123456789:AAFakeTokenForTheLoopbackServer-0123456"
UPLOADS = {"Voice": "voice", "Photo": "photo", "Audio": "audio", "Video": "video", "Document": "document"}
UPLOADS |= {"Animation": "animation"}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
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

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "file"} | {"size": len(self.file)}


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
    do: str  # status, delay, reset_before, accept_then_reset, accept_then_hang, garbage
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


class TelegramApi:
    """One bot on one server. Enter to listen; `root` is what the bot uses as its API root."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        name: str = "Vox",
        username: str = "vox_bot",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.token, self.root = token, ""
        self.me = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": name, "username": username}
        self.calls: list[Call] = []
        self.commands: list[dict[str, str]] = []
        self.blocked: set[int] = set()
        self.no_voice: set[int] = set()
        self.lost_topics: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.webhook = ""
        self.confirmed = 0
        self.polling = 0
        self._where = (host, port)
        self._sent: dict[int, list[Shown]] = {}
        self._counts: Counter[str] = Counter()
        self._chats: dict[int, dict[str, Any]] = {}
        self._updates: deque[dict[str, Any]] = deque()
        self._files: dict[str, bytes] = {}
        self._faults: list[Fault] = []
        self._next_update, self._next_message = 1000, 100
        self._poller: asyncio.Future[bool] | None = None
        self._watchers: list[asyncio.Future[None]] = []
        self._hanging = asyncio.Event()

    # --- life ----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._hanging = asyncio.Event()
        server = web.Server(self._serve, request_factory=_request, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._where)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._where, self.root = (host, port), f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hanging.set()
        if self._poller and not self._poller.done():
            self._poller.set_result(False)
        await self._runner.cleanup()

    async def wait_for(self, predicate: Callable[[], object], timeout_seconds: float = 10) -> None:
        """Returns once the predicate holds; looked at again after everything that happens here."""
        async with asyncio.timeout(timeout_seconds):
            while not predicate():
                change = asyncio.get_running_loop().create_future()
                self._watchers.append(change)
                await change

    def _happened(self) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    # --- what people do ------------------------------------------------------------------------

    def say(self, chat: int, text: str = "", *, edited: bool = False, **fields: Any) -> dict[str, Any]:
        """A person writes. `fields` are message fields; kind, thread, sender and sender_name are short forms."""
        return self.feed({"edited_message" if edited else "message": self.message(chat, text, **fields)})

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

    def press(self, chat: int, message_id: int, data: str, sender: int | None = None) -> dict[str, Any]:
        """A person presses a button under a message of the bot."""
        message = self.message(chat) | {"message_id": message_id, "from": self.me}
        person = {"id": sender or chat, "is_bot": False, "first_name": "Ada"}
        return self.feed({"callback_query": {"id": f"q{message_id}", "from": person, "message": message, "data": data}})

    def send_voice(self, chat: int, sound: bytes, seconds: int, **fields: Any) -> dict[str, Any]:
        note = {**self.file(sound), "duration": seconds, "mime_type": "audio/ogg"}
        return self.say(chat, voice=note, **fields)

    def send_photo(self, chat: int, picture: bytes, **fields: Any) -> dict[str, Any]:
        small = {**self.file(picture[:1]), "width": 90, "height": 90}
        large = {**self.file(picture), "width": 1280, "height": 1280}
        return self.say(chat, photo=[small, large], **fields)

    def file(self, data: bytes, size: int | None = None) -> dict[str, Any]:
        """A file people can refer to. `size` is what is announced; by default the truth."""
        file_id = f"file{len(self._files) + 1}"
        self._files[file_id] = data
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(data) if size is None else size}

    def poison(self) -> dict[str, Any]:
        """An update of a shape nobody has documented."""
        return self.feed({"message": {"message_id": "?", "chat": "gone", "date": []}})

    def feed(self, update: dict[str, Any]) -> dict[str, Any]:
        self._next_update += 1
        return self.redeliver({"update_id": self._next_update, **update})

    def redeliver(self, update: dict[str, Any]) -> dict[str, Any]:
        """Puts this very update into the queue (once more)."""
        self._updates.append(update)
        if self._poller and not self._poller.done():
            self._poller.set_result(True)
        self._happened()
        return update

    def fault(self, method: str, do: str, **details: Any) -> Fault:
        fault = Fault(method, do, **details)
        self._faults.append(fault)
        return fault

    def too_many(self, method: str, retry_after: int, times: int = 1) -> None:
        """The next calls of `method` meet flood control."""
        told = f"Too Many Requests: retry after {retry_after}"
        self.fault(method, "status", status=429, description=told, parameters={"retry_after": retry_after}, times=times)

    # --- the record ----------------------------------------------------------------------------

    def messages(self, chat: int) -> list[Shown]:
        """What the bot has put into this chat and people still see."""
        return [shown for shown in self._sent.get(chat, ()) if not shown.deleted]

    def texts(self, chat: int) -> list[str]:
        return [shown.text for shown in self.messages(chat)]

    def count(self, method: str) -> int:
        return self._counts[method]

    def last(self, method: str) -> dict[str, Any]:
        """The parameters of the newest call of this method."""
        return next(call.params for call in reversed(self.calls) if call.method == method)

    @property
    def pending(self) -> int:
        """Updates that nobody has confirmed."""
        return len(self._updates)

    def record(self) -> dict[str, Any]:
        """Everything, for a checker in another process."""
        sent = {str(chat): [shown.as_json() for shown in shown_here] for chat, shown_here in self._sent.items()}
        return {"sent": sent, "calls": dict(self._counts), "confirmed": self.confirmed, "pending": self.pending}

    # --- the wire ------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/control/"):
            return await self._control(path.removeprefix("/control/"), request)
        if path.startswith(f"/file/bot{self.token}/"):
            return await self._download(path.rpartition("/")[2], request)
        prefix, _, method = path.rpartition("/")
        params = await _params(request)
        if prefix != f"/bot{self.token}":
            return _refuse(401, "Unauthorized") if prefix.startswith("/bot") else _refuse(404, "Not Found")
        self.calls.append(Call(method, params, time.monotonic()))
        self._counts[method] += 1
        self._happened()
        fault = next((fault for fault in self._faults if fault.method == method and fault.strikes()), None)
        try:
            return await self._answer(method, params, request, fault)
        except Refusal as refusal:
            return _refuse(refusal.status, refusal.description, refusal.parameters)
        finally:
            self._happened()

    async def _answer(
        self, method: str, params: dict[str, Any], request: web.BaseRequest, fault: Fault | None
    ) -> web.StreamResponse:
        do = fault.do if fault else ""
        if fault and do == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and do == "status":
            raise Refusal(fault.status, fault.description, **fault.parameters)
        if do == "hang":
            await self._hanging.wait()
        if do in ("reset_before", "hang"):
            return _reset(request)
        result = await self._get_updates(params) if method == "getUpdates" else self._do(method, params)
        if do in ("accept_then_reset", "accept_then_hang"):
            self._happened()
            if do == "accept_then_hang":
                await self._hanging.wait()
            return _reset(request)
        if do == "garbage":
            return web.Response(body=b"<html>Bad gateway", content_type="text/html")
        return _json({"ok": True, "result": result})

    def _do(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getMe":
            return self.me
        if method == "getFile":
            return self._get_file(params)
        if method == "setMyCommands":
            self.commands = _nested(params["commands"])
            return True
        if method in ("answerCallbackQuery", "sendChatAction", "deleteWebhook"):
            return True
        if method == "deleteMessage":
            self._find(params).deleted = True
            return True
        if method == "editMessageText":
            return self._edit(params)
        if method == "sendMessage":
            return self._send("text", params)
        if kind := UPLOADS.get(method.removeprefix("send")):
            return self._send(kind, params)
        raise Refusal(404, "Not Found: method not found")

    async def _get_updates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refusal(409, WEBHOOK_ACTIVE)
        offset, limit, seconds = (
            int(params.get(key, rest)) for key, rest in (("offset", 0), ("limit", 100), ("timeout", 0))
        )
        if self._poller and not self._poller.done():
            self._poller.set_result(False)
        self.confirmed = max(self.confirmed, offset)
        self._updates = deque(update for update in self._updates if update["update_id"] >= offset)
        if not self._updates and seconds:
            self._poller = asyncio.get_running_loop().create_future()
            self.polling += 1
            self._happened()
            try:
                async with asyncio.timeout(seconds):
                    if not await self._poller:
                        raise Refusal(409, OTHER_POLLER)
            except TimeoutError:
                pass
            finally:
                self.polling -= 1
        return list(self._updates)[:limit]

    def _get_file(self, params: dict[str, Any]) -> dict[str, Any]:
        file_id = str(params.get("file_id"))
        if file_id not in self._files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(self._files[file_id]) > 20 * 1024 * 1024:
            raise bad("file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_path": f"things/{file_id}"}

    async def _download(self, file_id: str, request: web.BaseRequest) -> web.StreamResponse:
        fault = next((fault for fault in self._faults if fault.method == "download" and fault.strikes()), None)
        self._counts["download"] += 1
        if file_id not in self._files or (fault and fault.do == "status"):
            return _refuse(404, "Not Found")
        if not fault:
            return web.Response(body=self._files[file_id])
        answer = web.StreamResponse(headers={"Content-Length": str(len(self._files[file_id]))})
        await answer.prepare(request)
        await answer.write(self._files[file_id][: len(self._files[file_id]) // 2])
        return _reset(request)

    # --- the chats -----------------------------------------------------------------------------

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
        shown.reply_to = (_nested(params.get("reply_parameters")) or {}).get("message_id")
        shown.buttons = _buttons(params)
        shown.preview = not (_nested(params.get("link_preview_options")) or {}).get("is_disabled", False)
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

    # --- from another process ------------------------------------------------------------------

    async def _control(self, verb: str, request: web.BaseRequest) -> web.StreamResponse:
        """say, voice, feed, fault and forget take JSON; record gives everything back."""
        asked = json.loads(await request.read() or b"{}")
        if verb == "record":
            return _json(self.record())
        if verb == "say":
            return _json([self.say(**one)["update_id"] for one in (asked if isinstance(asked, list) else [asked])])
        if verb == "voice":
            return _json(self.send_voice(asked["chat"], bytes.fromhex(asked["hex"]), asked["seconds"])["update_id"])
        if verb == "feed":
            return _json([self.feed(update)["update_id"] for update in asked])
        if verb == "fault":
            self.fault(**asked)
        if verb == "forget":
            self.calls.clear()
        return _json(True)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=80 * 1024 * 1024)


async def _params(request: web.BaseRequest) -> dict[str, Any]:
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


def _nested(value: Any) -> Any:
    """Telegram takes nested values as JSON, and as JSON inside a string."""
    return json.loads(value) if isinstance(value, str) and value else value


def _buttons(params: dict[str, Any]) -> tuple[str, ...]:
    rows = (_nested(params.get("reply_markup")) or {}).get("inline_keyboard", ())
    pressed = [button for row in rows for button in row]
    if any(len(button.get("callback_data", "").encode()) not in range(1, 65) for button in pressed):
        raise bad("BUTTON_DATA_INVALID")
    return tuple(button["text"] for button in pressed)


def _words(params: dict[str, Any], key: str) -> tuple[str, str]:
    """The visible text and how it was written, checked as Telegram checks it."""
    raw = str(params.get(key) or "")
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


def _json(value: Any) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


def _refuse(status: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _reset(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _alone(port: int) -> None:
    async with TelegramApi(port=port) as api:
        print(json.dumps({"root": api.root, "token": api.token}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description="A Telegram Bot API server on loopback.")
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_alone(parser.parse_args().port))
