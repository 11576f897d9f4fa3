"""Discord as a channel: gateway connection, intake, sending and health."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType

import aiohttp
import discord
from discord.http import Route

from bot.core.arrivals import Cursor
from bot.core.errors import ChannelDown, MaybeSent, NotSent, Undeliverable
from bot.core.messages import Attachment, Conversation, Doing, Part, Sent, Target, Text
from bot.core.ports.channel import Accept, Channel, ChannelLimits, Health
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs, Cursors
from bot.net.tls_errors import distrust
from channels.discord.attachments import AttachmentDownloads
from channels.discord.catch_up import Bookmarks
from channels.discord.client import PAUSE_BEFORE_IDENTIFY, GatewayClient, GatewayEvent
from channels.discord.close_codes import closed_for_good, login_refused
from channels.discord.identify_limit import spend_identify
from channels.discord.inbound import Json
from channels.discord.intake import EventIntake, EventQueue
from channels.discord.interaction_replies import InteractionReplies
from channels.discord.interactions import Acknowledgement, acknowledgement, offered
from channels.discord.rest import DiscordRest
from channels.discord.send import TEXT, DiscordSender
from channels.discord.settings import DiscordSettings

log = logging.getLogger(__name__)

UPLOAD_BYTES, DOWNLOAD_BYTES = 10 << 20, 25_000_000
INTERACTION_SECONDS = 2.5  # Discord counts an interaction as failed after three
BUSY_SECONDS = 5.0
FILE_TIMEOUT = aiohttp.ClientTimeout(total=300.0, sock_read=30.0)
IDENTIFIES_KEPT = 50
LONG_SECONDS = 300.0  # a connection that held this long was a good one


class DiscordChannel(Channel):
    """One bot account. Everything that lasts is in the cursors: a new process goes on where the last one stopped."""

    name = "discord"
    limits = ChannelLimits(
        text=TEXT,
        caption=TEXT,
        upload_bytes=UPLOAD_BYTES,
        download_bytes=DOWNLOAD_BYTES,
        seconds_between_edits=1.0,
        keyed=True,
    )

    def __init__(self, settings: DiscordSettings, *, cursors: Cursors, blobs: Blobs, clock: Clock) -> None:
        self._settings, self._cursors, self._blobs, self._clock = settings, cursors, blobs, clock

    async def __aenter__(self) -> DiscordChannel:
        async with AsyncExitStack() as stack:
            self._queue = EventQueue()
            self._acknowledging: set[asyncio.Task[None]] = set()
            self._client = GatewayClient(self._settings, self._take_event, self._before_identify)
            self._rest = DiscordRest(self._client.http, self._clock)
            stack.push_async_callback(self._disconnect)
            self._gateway: asyncio.Task[None] | None = None
            try:
                async with asyncio.timeout(self._settings.connect_seconds):
                    await self._connect()
            except TimeoutError as error:
                raise ChannelDown(
                    f"Discord at {self._settings.api_base} did not let the bot in within "
                    f"{self._settings.connect_seconds:.0f} s; check the network and https://discordstatus.com",
                    retry_after=5.0,
                ) from error
            files = await stack.enter_async_context(aiohttp.ClientSession(timeout=FILE_TIMEOUT))
            self._files = AttachmentDownloads(
                self._rest, files, self._settings.api_base, DOWNLOAD_BYTES, self._settings.proxies
            )
            my_id = self._client.me("").id
            self._sender = DiscordSender(
                self._rest,
                self._blobs,
                self._clock,
                replies=self._replies,
                my_id=my_id,
                upload_bytes=self._client.upload_bytes,
            )
            await self._offer_commands(my_id)
            self._closing = stack.pop_all()
        log.info("discord.connected", extra={"bot": my_id, "servers": len(self._client.guilds)})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    # --- connecting ------------------------------------------------------------------------------

    async def _connect(self) -> None:
        wait = 1.0
        while True:
            try:
                await self._client.login(self._settings.token)
                break
            except discord.LoginFailure as error:
                raise login_refused() from error
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                why = distrust(error)
                log.warning("discord.unreachable", extra={"error": why or error.__class__.__name__})
                if why:
                    raise ChannelDown(f"Discord at {self._settings.api_base}: {why}", retry_after=60.0) from error
                await self._client.http.close()
                self._client.http.connector = discord.utils.MISSING  # closed with the session; made anew
                await self._clock.sleep(wait)
                wait = min(wait * 2, 30.0)
        self._replies = InteractionReplies(str(self._client.application_id), self._clock)
        await self._find_gateway()
        await Bookmarks(self._cursors, self._client.me("").id, self._clock).begin()
        self._gateway = asyncio.create_task(self._stay_connected())
        servers_known = asyncio.create_task(self._client.servers_known.wait())
        try:
            await asyncio.wait((self._gateway, servers_known), return_when=asyncio.FIRST_COMPLETED)
        finally:
            servers_known.cancel()
        if self._gateway.done():
            await self._gateway  # raises why it ended

    async def _find_gateway(self) -> None:
        try:
            answer: Json = await self._rest.call(Route("GET", "/gateway/bot"))
        except (NotSent, MaybeSent, Undeliverable) as error:
            raise ChannelDown(f"Discord does not say where its gateway is: {error}", retry_after=60.0) from error
        left = answer.get("session_start_limit") or {}
        if int(left.get("remaining", IDENTIFIES_KEPT)) < IDENTIFIES_KEPT:
            hours = float(left.get("reset_after", 0)) / 3_600_000
            raise ChannelDown(
                f"only {left['remaining']} new Discord sessions are left and at none Discord resets the token; "
                f"wait {hours:.1f} hours, and look in the log for why the daemon starts so often",
                retry_after=3600.0,
            )
        self._client.http.gateway = str(answer["url"])

    async def _stay_connected(self) -> None:
        """Reconnects until closed. Raises `ChannelDown` when only the operator can help, and ends the queue with it."""
        wait = PAUSE_BEFORE_IDENTIFY
        while not self._client.is_closed():
            since = self._clock.monotonic()
            try:
                await self._client.connect()
            except (discord.PrivilegedIntentsRequired, discord.ConnectionClosed) as error:
                down = closed_for_good(error, self._client.application_flags)
                self._queue.end(down)
                raise down from error
            except ChannelDown as down:
                self._queue.end(down)
                raise
            except Exception:  # a door: whatever an event did to the library, the bot comes back
                log.exception("discord.gateway_broke")
                if self._client.ws:
                    await self._client.ws.close()
                await self._clock.sleep(wait)
                held = self._clock.monotonic() - since > LONG_SECONDS
                wait = PAUSE_BEFORE_IDENTIFY if held else min(wait * 2, 60.0)

    async def _before_identify(self, initial: bool) -> None:
        if not initial:
            await self._clock.sleep(PAUSE_BEFORE_IDENTIFY)
        await spend_identify(self._cursors, self._clock)

    async def _disconnect(self) -> None:
        for task in self._acknowledging:
            task.cancel()
        await self._client.end_half_open()
        await self._client.close()
        if self._gateway is not None:
            self._gateway.cancel()
            with contextlib.suppress(asyncio.CancelledError, ChannelDown):
                await self._gateway

    async def _offer_commands(self, my_id: str) -> None:
        """Registers the slash commands when they differ from the last start. A refusal only costs the commands."""
        wish = offered(self._settings.commands)
        digest = hashlib.sha256(json.dumps(wish).encode()).hexdigest()
        name = f"discord:{my_id}:commands"
        if await self._cursors.cursor(name) == digest:
            return
        route = Route("PUT", "/applications/{id}/commands", id=self._client.application_id)
        if await self._rest.quietly(route, seconds=10.0, json=wish):
            await self._cursors.save_cursor(Cursor(name, digest))

    # --- receiving -------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        user = self._client.user
        nicks = (guild.me.nick for guild in self._client.guilds if guild.me)
        names = [user.global_name, user.name, *nicks] if user else []
        return tuple(dict.fromkeys(name for name in names if name))

    def _take_event(self, kind: GatewayEvent, data: Json) -> None:
        self._queue.put(kind, data)
        if kind is GatewayEvent.INTERACTION and (acknowledged := acknowledgement(data)):
            self._replies.remember(acknowledged.channel_id, acknowledged.token)
            task = asyncio.get_running_loop().create_task(self._acknowledge(acknowledged))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge(self, callback: Acknowledgement) -> None:
        """Sends the callback within three seconds. The command runs even when Discord refuses the callback."""
        route = Route(
            "POST",
            "/interactions/{id}/{webhook_token}/callback",
            id=callback.interaction_id,
            webhook_token=callback.token,
        )
        done = await self._rest.quietly(route, seconds=INTERACTION_SECONDS, json=callback.body)
        if done and callback.shows_thinking:  # the answer comes as a message of its own
            await self._rest.quietly(self._replies.delete_original(callback.token), seconds=BUSY_SECONDS)

    async def receive(self, accept: Accept) -> None:
        bookmarks = Bookmarks(self._cursors, self._client.me("").id, self._clock)
        await EventIntake(self._client, self._rest, bookmarks, self._clock).run(self._queue, accept)

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self._files.chunks(attachment)

    def limits_in(self, conversation: Conversation) -> ChannelLimits:
        """Servers with boosts take larger files."""
        return replace(self.limits, upload_bytes=self._client.upload_bytes(conversation.chat))

    # --- sending ---------------------------------------------------------------------------------

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        return await self._sender.send(to, part, key, maybe_sent)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        await self._sender.edit(to, message_id, text)

    async def busy(self, to: Target, doing: Doing) -> None:
        if not to.conversation.chat.isdecimal():  # it would become part of the path
            return
        # Discord knows one indicator only, for about ten seconds
        route = Route("POST", "/channels/{channel_id}/typing", channel_id=to.conversation.chat)
        await self._rest.quietly(route, seconds=BUSY_SECONDS)

    async def ping(self) -> Health:
        client = self._client
        if self._gateway is None or self._gateway.done() or client.is_closed():
            return Health(False, "not connected to Discord; the log says why")
        if not client.ws or not client.ws.open or not client.servers_known.is_set():
            return Health(False, "connecting to Discord again")
        return Health(True, f"connected to Discord as {client.user}, heartbeat {client.latency * 1000:.0f} ms")
