"""Text as Telegram counts it: in UTF-16 units."""

from __future__ import annotations


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def between(text: str, offset: int, length: int) -> str:
    """The piece that an entity marks; both numbers are in UTF-16 units."""
    if text.isascii():
        return text[offset : offset + length]
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
