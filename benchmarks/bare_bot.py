"""The yardstick: a bot that does the same without durability, preview, voice or limits.

python -m benchmarks.bare_bot API_ROOT TOKEN MODEL_BASE_URL
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp
from telegram import Bot, Update


async def ask(session: aiohttp.ClientSession, base: str, history: list[dict[str, str]]) -> str:
    body = {"model": "openrouter/auto", "messages": history, "stream": True}
    said = ""
    async with session.post(f"{base}/chat/completions", json=body, headers={"Authorization": "Bearer x"}) as answer:
        async for line in answer.content:
            if line.startswith(b"data: {"):
                said += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
    return said


class Chat:
    """One chat: its history, and its messages one after the other."""

    def __init__(self) -> None:
        self.history: list[dict[str, str]] = []
        self.waiting: asyncio.Queue[str] = asyncio.Queue()

    async def live(self, bot: Bot, session: aiohttp.ClientSession, base: str, chat_id: int) -> None:
        while True:
            self.history.append({"role": "user", "content": await self.waiting.get()})
            said = await ask(session, base, self.history)
            self.history.append({"role": "assistant", "content": said})
            await bot.send_message(chat_id, said)


async def main(root: str, token: str, base: str) -> None:
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
                    tasks.add(asyncio.create_task(chats[chat_id].live(bot, session, base, chat_id)))
                chats[chat_id].waiting.put_nowait(update.message.text)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
