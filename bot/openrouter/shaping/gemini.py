"""Gemini thought signatures: sanitised before they are replayed."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from bot.openrouter.refs import is_gemini
from bot.openrouter.shaping.shape import Body, Shape, with_messages

_NAMES = ("thought_signature", "thoughtSignature")
_ALPHABET = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def sanitise_signatures(body: Body, shape: Shape) -> Body:
    """Replayed blocks without thought signatures that are not base64; Gemini refuses the whole request for one.

    The block itself stays. Nothing is reordered, added or renamed. Source: Google docs, thought signatures.
    """
    if not is_gemini(shape.slug):
        return body
    return with_messages(body, [_message(message) for message in body.get("messages") or []])


def _message(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    blocks = {
        name: [_block(block) for block in message[name]]
        for name in ("content", "tool_calls", "reasoning_details")
        if isinstance(message.get(name), list)
    }
    return {**message, **blocks}


def _block(block: Any) -> Any:
    match block:
        case dict():
            return {key: _block(value) for key, value in block.items() if key not in _NAMES or is_signature(value)}
        case list():
            return [_block(item) for item in block]
    return block


def is_signature(value: object) -> bool:
    """Whether `value` is base64 or base64url text that decodes to something and encodes to itself again."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    if not _ALPHABET.fullmatch(text):
        return False
    bare = text.rstrip("=")
    urlsafe = "-" in bare or "_" in bare
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if urlsafe else None, validate=True)
    except (binascii.Error, ValueError):
        return False
    again = base64.urlsafe_b64encode(data) if urlsafe else base64.b64encode(data)
    return again.decode().rstrip("=") == bare
