"""Conversation history as it is stored: chat messages with their row ids, and summaries."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.chat import ChatMessage


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One chat message of a finished turn, with its place in the conversation."""

    id: int
    message: ChatMessage


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said in a conversation up to the history row `upto`, in the words of a model."""

    text: str
    upto: int
