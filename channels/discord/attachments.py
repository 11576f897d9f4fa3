"""Attachment downloads. Links to Discord's file host are signed and end after about a day.

Source: Discord docs, Reference, Signed Attachment CDN URLs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager

import aiohttp
from discord.http import Route
from yarl import URL

from bot.core.errors import FetchFailed, MaybeSent, NotSent, Undeliverable
from bot.core.messages import Attachment
from bot.net.proxy import ProxyRules
from channels.discord.inbound import Json
from channels.discord.rest import DiscordRest

FILE_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
CHUNK_BYTES = 64 << 10
TOO_LARGE = "That file is too large for me. Please send a smaller one."


class AttachmentDownloads:
    """Fetches from Discord's own file hosts only, or from the origin that the API base names."""

    def __init__(
        self, rest: DiscordRest, session: aiohttp.ClientSession, api_base: str, cap: int, proxies: ProxyRules
    ) -> None:
        self._rest, self._session, self._origin, self._cap = rest, session, URL(api_base).origin(), cap
        self._proxies = proxies

    async def chunks(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes, at most `cap` of them. A refused link is renewed once by reading its message again.

        Raises `FetchFailed`.
        """
        where, _, link = attachment.remote.partition(" ")
        if attachment.size is not None and attachment.size > self._cap:
            raise self._too_large(attachment)
        try:
            async with self._get(self._allowed(link)) as answer:
                if answer.status == 200:
                    async for chunk in self._body(answer, attachment):
                        yield chunk
                    return
            renewed = self._allowed(await self._renewed(where, attachment))
            async with self._get(renewed) as answer:
                if answer.status != 200:
                    raise FetchFailed(f"{attachment.name!r} at {where}: Discord answered {answer.status}")
                async for chunk in self._body(answer, attachment):
                    yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise FetchFailed(f"{attachment.name!r} at {where}: {error.__class__.__name__}; try again") from error

    def _get(self, url: URL) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.get(url, allow_redirects=False, proxy=self._proxies.proxy_for(str(url)))

    async def _body(self, answer: aiohttp.ClientResponse, attachment: Attachment) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
            size += len(chunk)
            if size > self._cap:
                raise self._too_large(attachment)
            yield chunk

    def _too_large(self, attachment: Attachment) -> FetchFailed:
        return FetchFailed(f"{attachment.name!r} has more than {self._cap} bytes", tell=TOO_LARGE)

    def _allowed(self, link: str) -> URL:
        url = URL(link, encoded=True)  # a signed link must go out as it came in
        if url.scheme == "https" and url.host in FILE_HOSTS:
            return url
        if url.is_absolute() and url.origin() == self._origin:
            return url
        raise FetchFailed(f"{url.host!r} is not a file host of Discord")

    async def _renewed(self, where: str, attachment: Attachment) -> str:
        channel_id, message_id, attachment_id = where.split("/")
        route = Route(
            "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=channel_id, message_id=message_id
        )
        try:
            message: Json = await self._rest.call(route)
        except (NotSent, MaybeSent, Undeliverable) as error:
            raise FetchFailed(f"{attachment.name!r} at {where}: the message cannot be read again: {error}") from error
        for raw in _listed(message):
            if str(raw["id"]) == attachment_id:
                return str(raw["url"])
        raise FetchFailed(f"{attachment.name!r} at {where}: the message no longer has this file")


def _listed(message: Json) -> Iterable[Json]:
    yield from message.get("attachments") or ()
    for snapshot in message.get("message_snapshots") or ():
        yield from snapshot["message"].get("attachments") or ()
