"""Fetching what people sent: asked for by its id, streamed, never larger than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

from telegram import Bot
from telegram.error import TelegramError

from bot.core.errors import FetchFailed
from bot.core.messages import Attachment
from bot.core.ports.clock import Clock
from channels.telegram.settings import MB
from channels.telegram.transport import Refused, Transport

TRIES = 3
LONGEST_PATIENCE_SECONDS = 30.0
CHUNK_BYTES = 256 * 1024


async def fetch(
    bot: Bot, transport: Transport, attachment: Attachment, *, cap: int, clock: Clock
) -> AsyncIterator[bytes]:
    """The bytes in pieces. Raises `FetchFailed`; the announced size is looked at before anything is asked.

    A Bot API server of one's own that runs with --local names a path on its disk, which is read where this machine
    sees it.

    Source: Telegram Bot API, getFile (20 MB at most on the public server).
    """
    if attachment.size is not None and attachment.size > cap:
        raise _too_large(attachment.size, cap)
    try:
        address = await _address(bot, attachment.remote, clock)
        remote = address.startswith(("http://", "https://"))
        got = 0
        async with aclosing(transport.download(address) if remote else read_local(Path(address))) as chunks:
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


async def _address(bot: Bot, remote: str, clock: Clock) -> str:
    """Where the file lies. While Telegram asks for a short pause (429) it is asked again. Raises `TelegramError`."""
    for left in reversed(range(TRIES)):
        try:
            return (await bot.get_file(remote)).file_path or ""
        except Refused as refused:
            pause = float(refused.retry_after or 1.0)
            if refused.status != 429 or not left or pause > LONGEST_PATIENCE_SECONDS:
                raise
            await clock.sleep(pause)
    raise AssertionError


async def read_local(path: Path) -> AsyncGenerator[bytes, None]:
    """A file on the disk of this machine. Raises `FetchFailed`."""
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise FetchFailed(
            f"the Bot API server runs with --local and keeps a file at a path that cannot be read here ({error}); "
            "let both share that folder, or start it without --local"
        ) from None


def _too_large(size: int | None, cap: int) -> FetchFailed:
    limit = f"{cap / MB:.0f} MB"
    size_sentence = f"That file has {size / MB:.0f} MB." if size else "That file is too large."
    return FetchFailed(
        f"a file of {size or 'unknown'} bytes is larger than the {limit} that Telegram gives to bots",
        tell=f"{size_sentence} Telegram lets me load {limit} at most. Please send it compressed, or in parts.",
    )
