"""The side of Telegram that pushes: one update after the other to the webhook, until each is answered 2xx.

    async with pushing(api, "http://127.0.0.1:8443", sleep=clock.sleep) as answers: ...

Source: Telegram Bot API, setWebhook; tdlib/telegram-bot-api, WebhookActor (Retry-After, 410).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from tests.fakes.telegram_api import TelegramApi

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@asynccontextmanager
async def pushing(
    api: TelegramApi, proxy_to: str, *, sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[list[int]]:
    """Pushes what is fed once a webhook is set, through a proxy to `proxy_to`. Yields the statuses it was answered."""
    answers: list[int] = []

    async def push() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                await api.wait_for(lambda: api.webhook and api.oldest, timeout_seconds=3600)
                secret = api.last("setWebhook").get("secret_token", "")
                async with session.post(
                    proxy_to + urlsplit(api.webhook).path,
                    data=json.dumps(api.oldest).encode(),
                    headers={"Content-Type": "application/json", SECRET_HEADER: secret},
                ) as answer:
                    answers.append(answer.status)
                if 200 <= answer.status < 300:
                    api.pushed()
                elif answer.status == 410:
                    api.webhook = ""
                else:
                    await sleep(float(answer.headers.get("Retry-After", 1)))

    task = asyncio.create_task(push())
    try:
        yield answers
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
