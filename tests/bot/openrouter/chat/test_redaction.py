"""Answers without this program's secrets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chat import (
    Assistant,
    Call,
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    Retrying,
    TextDelta,
    Usage,
)
from bot.net.redact import MARK
from bot.openrouter.chat.redaction import RedactedChat

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.0123456789abcdefghijklmnopqrstuvwxyz"


class Scripted:
    """A chat model that answers with these events."""

    def __init__(self, *events: ChatEvent) -> None:
        self._events = events

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        for event in self._events:
            yield event


def finished(text: str, *calls: Call) -> Finished:
    return Finished(Assistant(text, calls), Usage(), FinishReason.STOP)


async def events(*script: ChatEvent, secrets: tuple[str, ...] = (KEY, TOKEN)) -> list[ChatEvent]:
    chat = RedactedChat(Scripted(*script), secrets)
    return [event async for event in chat.stream(ChatRequest("m", ()))]


@given(
    st.lists(st.sampled_from([KEY, TOKEN, "a ", "sk-or-v1-", "M", "\n", KEY[:20]]), max_size=6).map("".join),
    st.lists(st.integers(0, 200), max_size=8),
)
async def test_however_an_answer_is_cut_no_secret_is_shown(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    script = [TextDelta(text[a:b]) for a, b in pairwise(edges)]

    *deltas, last = await events(*script, finished(text))

    shown = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    whole = text.replace(KEY, MARK).replace(TOKEN, MARK)
    assert isinstance(last, Finished)
    assert last.assistant.text == whole
    assert whole.startswith(shown)
    assert KEY not in shown and TOKEN not in shown


async def test_arguments_of_calls_carry_no_secret_either() -> None:
    [last] = await events(finished("", Call("c", "reminder", f'{{"text": "{KEY}"}}')))

    assert isinstance(last, Finished)
    assert last.assistant.calls[0].arguments == f'{{"text": "{MARK}"}}'


async def test_what_was_held_back_is_void_when_the_answer_begins_anew() -> None:
    shown = await events(TextDelta("a sk-or-v1-"), Retrying("Again."), TextDelta("b"), finished("b"))

    assert shown[:3] == [TextDelta("a "), Retrying("Again."), TextDelta("b")]


@pytest.mark.parametrize("secret", ["Europe/Berlin", "production", "correct horse battery 1", "https://example.org/1"])
async def test_ordinary_words_of_the_configuration_stay(secret: str) -> None:
    [last] = await events(finished(f"I live in {secret}."), secrets=(secret,))

    assert isinstance(last, Finished) and last.assistant.text == f"I live in {secret}."
