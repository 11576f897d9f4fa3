"""Characters: UTF-16 units as platforms count them, and lone surrogates (halves of an emoji) made whole."""

from __future__ import annotations

import codecs

# Loaded now: found at its first use it would be opened while a message is read, which fails for want of descriptors.
codecs.lookup("utf-16-le")


def whole(text: str) -> str:
    """The text with halves that belong together joined, and every lone half replaced: those can be neither written
    as UTF-8 nor sent."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def between(text: str, offset: int, length: int) -> str:
    """The piece that an entity marks; both numbers are in UTF-16 units."""
    if text.isascii():
        return text[offset : offset + length]
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
