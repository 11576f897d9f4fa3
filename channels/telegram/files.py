"""Fetching what people sent: asked for by its id, streamed, never larger than allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from telegram import Bot
from telegram.error import TelegramError

from bot.core.errors import FetchFailed
from bot.core.messages import Attachment
from channels.telegram.settings import MB
from channels.telegram.transport import Refused, Transport


async def fetch(bot: Bot, transport: Transport, attachment: Attachment, cap: int) -> AsyncIterator[bytes]:
    """The bytes in pieces. Raises `FetchFailed`; the announced size is looked at before anything is asked.

    Source: Telegram Bot API, getFile (20 MB at most on the public server).
    """
    if attachment.size is not None and attachment.size > cap:
        raise _too_large(attachment.size, cap)
    try:
        address = (await bot.get_file(attachment.remote)).file_path or ""
        if not address.startswith(("http://", "https://")):
            raise FetchFailed(
                "Telegram's own Bot API server runs with --local and names a path on its disk instead of a download; "
                "start it without --local"
            )
        got = 0
        async with aclosing(transport.download(address)) as chunks:
            async for chunk in chunks:
                got += len(chunk)
                if got > cap:
                    raise _too_large(got, cap)
                yield chunk
    except Refused as refused:
        if refused.says("file is too big"):
            raise _too_large(attachment.size, cap) from None
        raise FetchFailed(f"Telegram does not hand out a file: {refused.status} {refused.description!r}") from None
    except TelegramError as error:
        raise FetchFailed(f"a file could not be loaded from Telegram ({error}); it may work later") from None


def _too_large(size: int | None, cap: int) -> FetchFailed:
    limit = f"{cap / MB:.0f} MB"
    size_sentence = f"That file has {size / MB:.0f} MB." if size else "That file is too large."
    return FetchFailed(
        f"a file of {size or 'unknown'} bytes is larger than the {limit} that Telegram gives to bots",
        tell=f"{size_sentence} Telegram lets me load {limit} at most. Please send it compressed, or in parts.",
    )
