"""Bytes read as decisions, so that each byte a fuzzer changes changes one decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")


class Choices:
    """Takes decisions off the front of the data; when it has run out, every number is 0 and every text empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """From 0 up to but without `below`, which is at most 65536."""
        wide = 2 if below > 256 else 1
        return int.from_bytes(self._take(wide)) % below

    def one_of(self, options: Sequence[Choice]) -> Choice:
        return options[self.number(len(options))]

    def text(self, most_bytes: int = 255) -> str:
        """Text of any length up to the bound, also with half characters in it."""
        return readable(self._take(self.number(most_bytes + 1)))

    def rest(self) -> bytes:
        return self._take(len(self._data))

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken


def readable(data: bytes) -> str:
    """Bytes as text, with lone surrogates where they are written as such."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
