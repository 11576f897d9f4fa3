"""Redaction of answers: a secret of this program that a model writes leaves neither to a chat nor into the history."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace

from bot.core.chat import Assistant, ChatEvent, ChatRequest, Finished, Retrying, TextDelta
from bot.core.ports.models import ChatModel
from bot.net.redact import Redactor

log = logging.getLogger(__name__)

_SHORTEST_CHARACTERS = 16


class RedactedChat:
    """A `ChatModel` that asks `chat` and takes secrets out of what it answers, also out of the arguments of calls.

    Only long texts with a digit count, such as keys and tokens: the configuration also holds ordinary words, which an
    answer may well use."""

    def __init__(self, chat: ChatModel, secrets: Iterable[str]) -> None:
        self._chat = chat
        self._redactor = Redactor(secret for secret in secrets if _is_key(secret.strip()))

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """As the model that is asked. A preview is held back where it may be the beginning of a secret."""
        held = ""
        async with aclosing(self._chat.stream(request)) as events:
            async for event in events:
                match event:
                    case TextDelta(text=text):
                        cleaned = self._redactor.clean_known(held + text)
                        cut = len(cleaned) - self._redactor.undecided(cleaned)
                        held = cleaned[cut:]
                        if cleaned[:cut]:
                            yield TextDelta(cleaned[:cut])
                        continue
                    case Retrying():
                        held = ""
                    case Finished(assistant=assistant):
                        event = replace(event, assistant=self._cleaned(assistant))
                yield event

    def _cleaned(self, assistant: Assistant) -> Assistant:
        clean = self._redactor.clean_known
        calls = tuple(replace(call, arguments=clean(call.arguments)) for call in assistant.calls)
        cleaned = replace(assistant, text=clean(assistant.text), calls=calls)
        if cleaned != assistant:
            log.warning("answer.redacted")
        return cleaned


def _is_key(secret: str) -> bool:
    return (
        len(secret) >= _SHORTEST_CHARACTERS
        and any(map(str.isdigit, secret))
        and not any(map(str.isspace, secret))
        and "://" not in secret
    )
