"""The yardstick, which does the same without durability: it asks, shows a live preview, and edits it to the answer.

python -m benchmarks.bare_bot API_ROOT TOKEN MODEL_BASE_URL [--no-preview]
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable

import aiohttp
from telegram import Bot, Message, Update


async def ask(
    session: aiohttp.ClientSession, base: str, history: list[dict[str, str]], begun: Callable[[str], None]
) -> str:
    body = {"model": "openrouter/auto", "messages": history, "stream": True}
    said = ""
    async with session.post(f"{base}/chat/completions", json=body, headers={"Authorization": "Bearer x"}) as answer:
        async for line in answer.content:
            if line.startswith(b"data: {"):
                said += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
                if said:
                    begun(said)
    return said


class Chat:
    """One chat: its history, and its messages one after the other."""

    def __init__(self) -> None:
        self.history: list[dict[str, str]] = []
        self.waiting: asyncio.Queue[str] = asyncio.Queue()

    async def live(self, bot: Bot, session: aiohttp.ClientSession, base: str, chat_id: int, preview: bool) -> None:
        while True:
            self.history.append({"role": "user", "content": await self.waiting.get()})
            shown: list[asyncio.Task[Message]] = []

            def begun(said: str, shown: list[asyncio.Task[Message]] = shown) -> None:
                if preview and not shown:
                    shown.append(asyncio.create_task(bot.send_message(chat_id, f"{said} …")))

            said = await ask(session, base, self.history, begun)
            self.history.append({"role": "assistant", "content": said})
            if shown:
                await bot.edit_message_text(said, chat_id, (await shown[0]).message_id)
            else:
                await bot.send_message(chat_id, said)


async def main(root: str, token: str, base: str, *options: str) -> None:
    chats: dict[int, Chat] = {}
    tasks: set[asyncio.Task[None]] = set()
    async with Bot(token, base_url=f"{root}/bot") as bot, aiohttp.ClientSession() as session:
        offset = 0
        while True:
            updates: tuple[Update, ...] = await bot.get_updates(offset, timeout=50)
            for update in updates:
                offset = update.update_id + 1
                if update.message is None or update.message.text is None:
                    continue
                chat_id = update.message.chat_id
                if chat_id not in chats:
                    chats[chat_id] = Chat()
                    tasks.add(
                        asyncio.create_task(
                            chats[chat_id].live(bot, session, base, chat_id, "--no-preview" not in options)
                        )
                    )
                chats[chat_id].waiting.put_nowait(update.message.text)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
