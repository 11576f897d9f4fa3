"""Characters that are none: halves of an emoji, as a stream or a cut leaves them."""

from __future__ import annotations


def whole(text: str) -> str:
    """The text with halves that belong together joined, and every lone half replaced: those can be neither written
    as UTF-8 nor sent."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
