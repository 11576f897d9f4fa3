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
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.fakes.telegram_chats import Chats
from tests.fakes.telegram_wire import (
    Call,
    Fault,
    Refusal,
    answer_json,
    bad,
    nested,
    new_request,
    parameters,
    refuse,
    reset,
)

TOKEN = "123456789:AAFakeTokenForTheLoopbackServer-0123456"
UPLOADS = {"Voice": "voice", "Photo": "photo", "Audio": "audio", "Video": "video", "Document": "document"}
UPLOADS |= {"Animation": "animation"}
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class TelegramApi(Chats):
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
        super().__init__({"id": int(token.split(":")[0]), "is_bot": True, "first_name": name, "username": username})
        self.calls: list[Call] = []
        self.commands: list[dict[str, str]] = []
        self.webhook = ""
        self.webhook_error = ""
        self.confirmed = 0
        self.polling = 0
        self._where = (host, port)
        self._counts: Counter[str] = Counter()
        self._updates: deque[dict[str, Any]] = deque()
        self._again: list[dict[str, Any]] = []
        self._faults: list[Fault] = []
        self._next_update = 1000
        self._poller: asyncio.Future[bool] | None = None
        self._watchers: list[asyncio.Future[None]] = []
        self._hanging = asyncio.Event()

    # --- life ----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._hanging = asyncio.Event()
        server = web.Server(self._serve, request_factory=new_request, access_log=None)
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
            self._poller.set_result(True)
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

    def poison(self) -> dict[str, Any]:
        """An update of a shape nobody has documented."""
        return self.feed({"message": {"message_id": "?", "chat": "gone", "date": []}})

    def feed(self, update: dict[str, Any]) -> dict[str, Any]:
        """Queues an update under the next id, unless it brings its own."""
        self._next_update += 1
        numbered = {"update_id": self._next_update, **update}
        self._updates.append(numbered)
        self._wake_poller()
        return numbered

    def redeliver(self, update: dict[str, Any]) -> None:
        """Delivers this very update once more, confirmed or not."""
        self._again.append(update)
        self._wake_poller()

    @property
    def oldest(self) -> dict[str, Any] | None:
        """The update that waits longest."""
        return self._updates[0] if self._updates else None

    def pushed(self) -> None:
        """The oldest update was taken by the webhook."""
        self.confirmed = self._updates.popleft()["update_id"] + 1
        self._happened()

    def _wake_poller(self) -> None:
        if self._poller and not self._poller.done():
            self._poller.set_result(True)
        self._happened()

    def fault(self, method: str, do: str, **details: Any) -> Fault:
        fault = Fault(method, do, **details)
        self._faults.append(fault)
        return fault

    def too_many(self, method: str, retry_after: int, times: int = 1) -> None:
        """The next calls of `method` meet flood control."""
        told = f"Too Many Requests: retry after {retry_after}"
        self.fault(method, "status", status=429, description=told, parameters={"retry_after": retry_after}, times=times)

    # --- the record ----------------------------------------------------------------------------

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
        sent = {str(chat): [shown.asjson() for shown in shown_here] for chat, shown_here in self._sent.items()}
        return {"sent": sent, "calls": dict(self._counts), "confirmed": self.confirmed, "pending": self.pending}

    # --- the wire ------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/control/"):
            return await self._control(path.removeprefix("/control/"), request)
        if path.startswith(f"/file/bot{self.token}/"):
            return await self._download(path.rpartition("/")[2], request)
        if path.startswith("/elsewhere/"):
            self._counts["elsewhere"] += 1
        prefix, _, method = path.rpartition("/")
        params = await parameters(request)
        if prefix != f"/bot{self.token}":
            return refuse(401, "Unauthorized") if prefix.startswith("/bot") else refuse(404, "Not Found")
        self.calls.append(Call(method, params, time.monotonic()))
        self._counts[method] += 1
        self._happened()
        fault = next((fault for fault in self._faults if fault.method == method and fault.strikes()), None)
        try:
            return await self._answer(method, params, request, fault)
        except Refusal as refusal:
            return refuse(refusal.status, refusal.description, refusal.parameters)
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
        if do == "redirect":
            return web.Response(status=307, headers={"Location": f"/elsewhere{request.path}"})
        if do in ("reset_before", "hang"):
            return reset(request)
        result = await self._get_updates(params) if method == "getUpdates" else self._do(method, params)
        if do in ("accept_then_reset", "accept_then_hang"):
            self._happened()
            if do == "accept_then_hang":
                await self._hanging.wait()
            return reset(request)
        if do == "garbage":
            return web.Response(body=b"<html>Bad gateway", content_type="text/html")
        return answer_json({"ok": True, "result": result})

    def _do(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getMe":
            return self.me
        if method == "getFile":
            return self._get_file(params)
        if method == "setMyCommands":
            self.commands = nested(params["commands"])
            return True
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = str(params.get("url", ""))
            return True
        if method == "getWebhookInfo":
            return self._webhook_info()
        if method in ("answerCallbackQuery", "sendChatAction"):
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

    def _webhook_info(self) -> dict[str, Any]:
        told = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": self.pending}
        failed = {"last_error_date": 1, "last_error_message": self.webhook_error} if self.webhook_error else {}
        return told | failed

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
        if not self._updates and not self._again and seconds:
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
        again, self._again = self._again, []
        return (again + list(self._updates))[:limit]

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
            return refuse(404, "Not Found")
        if not fault:
            return web.Response(body=self._files[file_id])
        answer = web.StreamResponse(headers={"Content-Length": str(len(self._files[file_id]))})
        await answer.prepare(request)
        await answer.write(self._files[file_id][: len(self._files[file_id]) // 2])
        return reset(request)

    # --- from another process ------------------------------------------------------------------

    async def _control(self, verb: str, request: web.BaseRequest) -> web.StreamResponse:
        """say, voice, feed, fault and forget take JSON; record gives everything back."""
        asked = json.loads(await request.read() or b"{}")
        if verb == "record":
            return answer_json(self.record())
        if verb == "say":
            return answer_json(
                [self.say(**one)["update_id"] for one in (asked if isinstance(asked, list) else [asked])]
            )
        if verb == "voice":
            return answer_json(
                self.send_voice(asked["chat"], bytes.fromhex(asked["hex"]), asked["seconds"])["update_id"]
            )
        if verb == "feed":
            return answer_json([self.feed(update)["update_id"] for update in asked])
        if verb == "fault":
            self.fault(**asked)
        if verb == "forget":
            self.calls.clear()
        return answer_json(True)


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
