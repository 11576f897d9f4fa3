"""A process that only receives, into a real store, until it is killed: python -m ... <root> <token> <state dir>"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.core.arrivals import Arrivals
from bot.core.clock import SystemClock
from bot.store import open_store
from channels.telegram.adapter import TelegramChannel
from channels.telegram.settings import TelegramSettings


async def main(root: str, token: str, state_dir: Path) -> None:
    clock = SystemClock()
    async with open_store(state_dir, clock) as store:

        async def accept(arrivals: Arrivals) -> None:
            await store.accept(arrivals)

        settings = TelegramSettings(token, root)
        async with TelegramChannel(settings, cursors=store, blobs=store, clock=clock) as channel:
            await channel.receive(accept)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
