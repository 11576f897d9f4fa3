"""The past of a conversation: its newest summary and the messages after it, and how much of them fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bot.agent.prompt import forget_old_pictures, size_of
from bot.core.chat import ChatMessage, User
from bot.core.history import HistoryRow, Summary

ROWS_KEPT = 60
SUMMED_UP = "[The earlier part of this chat, which you summed up yourself when it became too long]\n{summary}"


@dataclass(frozen=True)
class Past:
    """`summary` ends before the first of `rows`. Sizes are worked out once, because hundreds of messages are weighed on
    the way to every answer."""

    summary: Summary | None
    rows: tuple[HistoryRow, ...]

    @cached_property
    def opening(self) -> tuple[ChatMessage, ...]:
        """The summary as the model reads it: what it holds was said by people, so it has no more weight than they."""
        return (User(SUMMED_UP.format(summary=self.summary.text)),) if self.summary else ()

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The characters that each of the rows takes."""
        return tuple([size_of(row.message) for row in self.rows])

    @cached_property
    def characters(self) -> int:
        """What all of it takes."""
        return sum(self.sizes) + sum(map(size_of, self.opening))

    def within(self, characters: int) -> tuple[ChatMessage, ...]:
        """The summary, and as many of the newest messages as fit. They begin with what a person said, so that no
        tool result stands without its call."""
        over, start = self.characters - characters, 0
        while start < len(self.rows) and (over > 0 or not isinstance(self.rows[start].message, User)):
            over -= self.sizes[start]
            start += 1
        return (*self.opening, *forget_old_pictures([row.message for row in self.rows[start:]]))

    def older(self, characters: int) -> tuple[HistoryRow, ...]:
        """The rows before the newest turns that fit into `characters`: what is to be summed up."""
        kept = len(self.rows)
        for place in reversed(range(len(self.rows))):
            characters -= self.sizes[place]
            if characters < 0 or len(self.rows) - place > ROWS_KEPT:
                break
            if isinstance(self.rows[place].message, User):
                kept = place
        return self.rows[:kept]
