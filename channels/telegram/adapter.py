"""The Telegram channel: `telegram.Bot` for what we say, a poll loop or a webhook of our own for what we hear.

`telegram.ext` stays out: its queue lives in memory and confirms updates before anybody stored them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.core.errors import ChannelDown
from bot.core.messages import Attachment, Doing, Part, Sent, Target, Text
from bot.core.ports.channel import Accept, Channel, ChannelLimits, Health
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs, Cursors
from channels.telegram.batch import ALLOWED_UPDATES
from channels.telegram.errors import TOKEN_FIX
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
from channels.telegram.settings import TelegramSettings, WebhookSettings
from channels.telegram.transport import Refused, Transport
from channels.telegram.webhook import WebhookListener

log = logging.getLogger(__name__)

CONNECTIONS = 100
MOST_COMMANDS = 100
REGISTER_SECONDS = 600.0  # a webhook that was taken away is registered again after this long

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


class TelegramChannel(Channel):
    """One bot. Implements `bot.core.ports.Channel`."""

    name = "telegram"

    def __init__(self, settings: TelegramSettings, *, cursors: Cursors, blobs: Blobs, clock: Clock) -> None:
        # The library logs addresses and people's texts at DEBUG: the token must never get there.
        logging.getLogger("telegram").setLevel(logging.INFO)
        self._settings = settings
        self._cursors, self._clock = cursors, clock
        self.limits = ChannelLimits(
            text=TEXT_UNITS,
            caption=CAPTION_UNITS,
            upload_bytes=settings.upload_bytes,
            download_bytes=settings.download_bytes,
            seconds_between_edits=1.0,
            utf16=True,
        )
        route = partial(
            Transport,
            connect_seconds=settings.connect_seconds,
            upload_seconds=settings.upload_seconds,
            proxy=settings.proxies.proxy_for(settings.root),
        )
        self._calls = route(connections=CONNECTIONS, answer_seconds=settings.answer_seconds)
        # Long polls wait on a connection of their own; the poller's watch ends one that is dead.
        self._polls = route(connections=1, answer_seconds=None)
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
        self._intake: Poller | WebhookListener | None = None
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
        """Raises `ChannelDown` when the token or the webhook is refused."""
        me = await self._introduced()
        answering: set[asyncio.Task[None]] = set()

        def answer(query: str) -> None:
            task = side.create_task(self._answer(query))
            answering.add(task)
            task.add_done_callback(answering.discard)

        try:
            async with asyncio.TaskGroup() as side:
                side.create_task(self._offer_commands())
                if self._settings.webhook is None:
                    await self._poll(me, accept, answer, side)
                else:
                    await self._be_pushed(self._settings.webhook, me, accept, answer)
        except BaseExceptionGroup as group:
            raise _only(group) from None

    async def _poll(self, me: Me, accept: Accept, answer: Callable[[str], None], side: asyncio.TaskGroup) -> None:
        poller = self._intake = Poller(
            self._polls,
            f"{self._settings.root}/bot{self._settings.token}/getUpdates",
            me=me,
            cursors=self._cursors,
            clock=self._clock,
            poll_seconds=self._settings.poll_seconds,
        )
        side.create_task(poller.watch(), name="telegram.watch")
        await poller.run(accept, answer)

    async def _be_pushed(
        self, settings: WebhookSettings, me: Me, accept: Accept, answer: Callable[[str], None]
    ) -> None:
        """Until cancelled. The address is registered with Telegram only once the listener is up."""
        webhook = self._intake = WebhookListener(settings, me=me, clock=self._clock)
        async with webhook.serving(accept, answer):
            pause = FIRST_PAUSE_SECONDS
            while True:
                try:
                    await self._register(settings)
                except TelegramError as error:
                    asked = error.retry_after if isinstance(error, Refused) else None
                    webhook.trouble = f"the webhook cannot be set ({error})"
                    log.warning("webhook.not_set", extra={"error": str(error)})
                    await self._clock.sleep(asked or pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                else:
                    webhook.trouble, pause = "", FIRST_PAUSE_SECONDS
                    await self._clock.sleep(REGISTER_SECONDS)

    async def _register(self, settings: WebhookSettings) -> None:
        """Tells Telegram where to push. What waits there is kept. Raises `ChannelDown` for a refusal that stays."""
        try:
            await self._bot.set_webhook(
                settings.url,
                secret_token=settings.secret,
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
            )
        except Refused as refused:
            if refused.status in (401, 404):
                raise _token_refused() from None
            if refused.status == 400:
                raise ChannelDown(
                    f"Telegram: the webhook {settings.url!r} is refused ({refused.description!r}). "
                    "Correct channels.telegram.webhook.url: https, port 443, 80, 88 or 8443, reachable from outside.",
                    retry_after=REFUSED_SECONDS,
                ) from None
            raise
        log.info("webhook.set", extra={"url": settings.url})

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return fetch(self._bot, self._calls, attachment, cap=self._settings.download_bytes, clock=self._clock)

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        """Telegram has no idempotency key: `key` and `maybe_sent` change nothing here."""
        return await self._sender.send(to, part)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        await self._sender.edit(to, message_id, text)

    async def busy(self, to: Target, doing: Doing) -> None:
        await self._sender.busy(to, doing)

    async def ping(self) -> Health:
        """Asks Telegram only when nothing was heard from it lately."""
        intake = self._intake
        if intake is not None:
            if intake.trouble:
                return Health(False, f"Telegram: {intake.trouble}")
            if intake.heard_at is not None and self._clock.monotonic() - intake.heard_at < STALL_SECONDS:
                return self._well()
        try:
            if isinstance(intake, WebhookListener) and self._settings.webhook is not None:
                return await self._pushed_well(self._settings.webhook)
            await self._introduce()
        except ChannelDown as error:
            return Health(False, str(error))
        except TelegramError as error:
            return Health(False, f"Telegram cannot be reached ({error}). Check the network of this machine.")
        return self._well()

    async def _pushed_well(self, settings: WebhookSettings) -> Health:
        """What Telegram says about the webhook. Raises `TelegramError`."""
        registered = await self._bot.get_webhook_info()
        if registered.url != settings.url:
            return Health(False, "Telegram: another process took the webhook away; it is set again in ten minutes")
        if registered.pending_update_count and registered.last_error_message:
            why = f"{registered.last_error_message!r}; {registered.pending_update_count} wait"
            return Health(
                False, f"Telegram cannot push ({why}). Check the proxy in front of channels.telegram.webhook."
            )
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
            raise _token_refused() from None
        if self._me is None:
            log.info("telegram.connected", extra={"bot": user.username, "id": user.id})
        self._me = Me(user.id, user.first_name, user.username or "")
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
        usable = [(name, about[:256]) for name, about in self._settings.commands if _COMMAND.fullmatch(name) and about]
        menu = [BotCommand(name, about) for name, about in usable[:MOST_COMMANDS]]
        pause = FIRST_PAUSE_SECONDS
        while menu:
            try:
                await self._bot.set_my_commands(menu)
                return
            except TelegramError as error:
                refused = error if isinstance(error, Refused) else None
                if refused and refused.says("bot_commands_too_much"):
                    menu = menu[: len(menu) * 3 // 4]
                    continue
                log.warning("menu.failed", extra={"error": str(error)})
                if refused and refused.status < 500 and refused.status != 429:
                    return
                await self._clock.sleep((refused and refused.retry_after) or pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _token_refused() -> ChannelDown:
    return ChannelDown(f"Telegram: the bot token is refused. {TOKEN_FIX}", retry_after=REFUSED_SECONDS)


def _only(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended the task group: only the poll loop raises."""
    first = group.exceptions[0]
    return _only(first) if isinstance(first, BaseExceptionGroup) else first
