"""What must be true of every run: each message has one outcome, in order, and nobody waits once faults stop."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bot.core.chat import User
from bot.core.messages import Inbound
from bot.store import SqliteStore
from bot.store.codec import decode
from bot.store.database import Database
from tests.fakes.channel import FakeChannel, conversation
from tests.fakes.model import ScriptedModel

GIVEN_UP = "I could not finish this one"
PREVIEW = "…"
ANSWER_COST = 100  # micro-dollars of one answer of the scripted model


class Broken(AssertionError):
    """A promise that a run broke."""


def check_chat(channel: FakeChannel, chat: str, messages: Sequence[str]) -> None:
    """Raises `Broken` unless the chat shows one outcome for each message, in order. A turn that was given up covers
    the messages up to the next answer."""
    answered, given_up = 0, False
    for text in channel.texts(chat):
        if text.endswith(PREVIEW):
            continue
        if text.startswith(GIVEN_UP):
            answered, given_up = answered + 1, True
            continue
        echoed = text.removeprefix("You said: ").splitlines()
        if given_up and echoed[0] in messages[answered:]:
            answered = messages.index(echoed[0], answered)
        if list(messages[answered : answered + len(echoed)]) != echoed:
            raise Broken(f"chat {chat} shows {text!r} where {messages[answered : answered + 1]} was due")
        answered, given_up = answered + len(echoed), False
    if answered < len(messages) and not given_up:
        raise Broken(f"chat {chat}: {messages[answered:]} were never answered")


async def check_store(store: SqliteStore, chats: Sequence[str]) -> None:
    """Raises `Broken` when something still waits, or the history is not what was said and answered in turns."""
    backlog = await store.backlog()
    if backlog.messages or backlog.parts:
        raise Broken(f"{backlog.messages} messages and {backlog.parts} parts wait, and nothing goes on")
    for chat in chats:
        rows = await store.history(conversation(chat), since=0, limit=10_000)
        kinds = [type(row.message).__name__ for row in rows]
        if any(first == second == "Assistant" for first, second in pairwise(kinds)):
            raise Broken(f"chat {chat}: two answers to one question stand in the history")


def check_money(spent: int, messages: int, models: Sequence[ScriptedModel], crashes: int) -> None:
    """Raises `Broken` when an answer is on the bill twice, or is not on it. An answer that was in flight when the
    process died may be missing: one for each conversation."""
    if spent > messages * ANSWER_COST:
        raise Broken(f"{spent} micro-dollars are on the bill for {messages} messages: some were paid twice")
    asked = sum(len(model.requests) for model in models) * ANSWER_COST
    unsure = 2 * crashes * ANSWER_COST
    if spent < asked - unsure:
        raise Broken(f"{spent} micro-dollars are on the bill of {asked}, {unsure} at most may be unsure")


def answered_and_unfinished(database: Database) -> frozenset[str]:
    """The messages of open turns whose answer is paid for and in the journal."""
    rows = database.connection.execute(
        "SELECT inbox.body FROM step JOIN inbox ON inbox.turn = step.turn "
        "WHERE step.body IS NOT NULL AND inbox.state IN ('waiting', 'working')"
    )
    return frozenset(decode(body, Inbound).text for (body,) in rows)


def check_journal(paid: Sequence[frozenset[str]], models: Sequence[ScriptedModel]) -> None:
    """Raises `Broken` when a life asked for an answer that an earlier one had paid for and written down."""
    for texts, model in zip(paid, models, strict=True):
        for request in model.requests:
            asked = next(message.text for message in reversed(request.messages) if isinstance(message, User))
            if again := [text for text in texts if asked.endswith(text)]:
                raise Broken(f"the answer to {again[0]} was in the journal, and was paid for again")
