"""One chat completion without a live preview: the stream is read to its end, and only its end counts."""

from __future__ import annotations

from contextlib import aclosing

from bot.core.chat import ChatRequest, Finished
from bot.core.errors import BadAnswer
from bot.core.ports.models import ChatModel


async def ask_once(chat: ChatModel, request: ChatRequest) -> Finished:
    """The finished answer. Raises `ProviderError`, and `BadAnswer` when the stream ends without one."""
    async with aclosing(chat.stream(request)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event
    raise BadAnswer("the chat model ended its stream without finishing")
