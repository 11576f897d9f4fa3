"""The Telegram channel: `telegram.Bot` for what we say, a poll loop of our own for what we hear.

`telegram.ext` stays out: its queue lives in memory and confirms updates before anybody stored them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.core.errors import ChannelDown
from bot.core.messages import Attachment, Doing, Part, Sent, Target, Text
from bot.core.ports import Accept, Blobs, Clock, Cursors, Health, Limits
from channels.telegram.files import fetch
from channels.telegram.inbound import Me
from channels.telegram.poll import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    REFUSED_SECONDS,
    STALL_SECONDS,
    Poller,
)
from channels.telegram.send import CAPTION_UNITS, TEXT_UNITS, Sender
from channels.telegram.settings import TelegramSettings
from channels.telegram.transport import Refused, Transport
from channels.telegram.verdicts import TOKEN_FIX

log = logging.getLogger(__name__)

CONNECTIONS = 100
MOST_COMMANDS = 100

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


class TelegramChannel:
    """One bot. Implements `bot.core.ports.Channel`."""

    name = "telegram"

    def __init__(self, settings: TelegramSettings, *, cursors: Cursors, blobs: Blobs, clock: Clock) -> None:
        # The library tells addresses and people's texts at DEBUG: the token must never get there.
        logging.getLogger("telegram").setLevel(logging.INFO)
        self._settings = settings.checked()
        self._cursors, self._clock = cursors, clock
        self.limits = Limits(
            text=TEXT_UNITS,
            caption=CAPTION_UNITS,
            upload_bytes=settings.upload_bytes,
            download_bytes=settings.download_bytes,
            seconds_between_edits=1.0,
            utf16=True,
        )
        times = {"connect_seconds": settings.connect_seconds, "upload_seconds": settings.upload_seconds}
        self._calls = Transport(connections=CONNECTIONS, answer_seconds=settings.answer_seconds, **times)
        # Long polls wait on a connection of their own; the poller's watch ends one that is dead.
        self._polls = Transport(connections=1, answer_seconds=None, **times)
        root = settings.root
        self._bot = Bot(
            settings.token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._sender = Sender(self._bot, blobs, settings, clock)
        self._me: Me | None = None
        self._poller: Poller | None = None
        self._open = AsyncExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        return () if self._me is None else (self._me.name, self._me.username)

    async def __aenter__(self) -> Self:
        """Connects. A network that is not up yet is no reason to fail: `receive` goes on asking."""
        async with AsyncExitStack() as opening:
            await opening.enter_async_context(self._calls)
            await opening.enter_async_context(self._polls)
            try:
                await self._introduce()
            except TelegramError as error:
                log.warning("telegram.unreachable", extra={"error": str(error)})
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def receive(self, accept: Accept) -> None:
        """Raises `ChannelDown` when the token is refused."""
        me = await self._introduced()
        poller = self._poller = Poller(
            self._polls,
            f"{self._settings.root}/bot{self._settings.token}/getUpdates",
            me=me,
            cursors=self._cursors,
            clock=self._clock,
            poll_seconds=self._settings.poll_seconds,
        )
        answering: set[asyncio.Task[None]] = set()

        def answer(query: str) -> None:
            task = side.create_task(self._answer(query))
            answering.add(task)
            task.add_done_callback(answering.discard)

        try:
            async with asyncio.TaskGroup() as side:
                side.create_task(poller.watch(), name="telegram.watch")
                side.create_task(self._offer_commands())
                await poller.run(accept, answer)
        except BaseExceptionGroup as group:
            raise _only(group) from None

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return fetch(self._bot, self._calls, attachment, self._settings.download_bytes)

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        """Telegram has no idempotency key: `key` and `maybe_sent` change nothing here."""
        return await self._sender.send(to, part)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        await self._sender.edit(to, message_id, text)

    async def busy(self, to: Target, doing: Doing) -> None:
        await self._sender.busy(to, doing)

    async def ping(self) -> Health:
        """Asks Telegram only when the poll loop has not heard from it lately."""
        poller = self._poller
        if poller is not None:
            if poller.trouble:
                return Health(False, f"Telegram: {poller.trouble}")
            if poller.heard_at is not None and self._clock.monotonic() - poller.heard_at < STALL_SECONDS:
                return self._well()
        try:
            await self._introduce()
        except ChannelDown as error:
            return Health(False, str(error))
        except TelegramError as error:
            return Health(False, f"Telegram cannot be reached ({error}). Check the network of this machine.")
        return self._well()

    def _well(self) -> Health:
        return Health(True, f"connected as @{self._me.username}" if self._me else "connected")

    async def _introduce(self) -> Me:
        """Who we are. Raises `ChannelDown` for a refused token, `TelegramError` for everything else."""
        try:
            user = await self._bot.get_me()
        except Refused as refused:
            if refused.status not in (401, 404):
                raise
            raise ChannelDown(f"Telegram: the bot token is refused. {TOKEN_FIX}", retry_after=REFUSED_SECONDS) from None
        self._me = Me(user.id, user.first_name, user.username or "")
        log.info("telegram.connected", extra={"bot": user.username, "id": user.id})
        return self._me

    async def _introduced(self) -> Me:
        pause = FIRST_PAUSE_SECONDS
        while self._me is None:
            try:
                return await self._introduce()
            except TelegramError as error:
                log.warning("telegram.unreachable", extra={"error": str(error), "seconds": pause})
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return self._me

    async def _answer(self, query: str) -> None:
        try:
            await self._bot.answer_callback_query(query)
        except TelegramError as error:  # too old, or the network: the press itself is stored
            log.info("press.unanswered", extra={"error": str(error)})

    async def _offer_commands(self) -> None:
        """The command menu, as much of it as Telegram takes."""
        usable = [(name, told[:256]) for name, told in self._settings.commands if _COMMAND.fullmatch(name) and told]
        menu = [BotCommand(name, told) for name, told in usable[:MOST_COMMANDS]]
        while menu:
            try:
                await self._bot.set_my_commands(menu)
                return
            except TelegramError as error:
                if not (isinstance(error, Refused) and error.says("bot_commands_too_much")):
                    log.warning("menu.failed", extra={"error": str(error)})
                    return
                menu = menu[: len(menu) * 3 // 4]


def _only(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended the task group: only the poll loop raises."""
    first = group.exceptions[0]
    return _only(first) if isinstance(first, BaseExceptionGroup) else first
