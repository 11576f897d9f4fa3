"""Pictures inside JSON: data URLs both ways with strict base64, and what the bytes really are."""

from __future__ import annotations

import base64
import binascii
import re

from bot.media.sniff import HEAD_BYTES, sniff

_DATA_URL = re.compile(r"data:(image/[a-z0-9.+-]{1,64})(?:;[^;,]{0,128}){0,8};base64,(.*)", re.IGNORECASE | re.DOTALL)
_FOUND = re.compile(r"data:image/[a-z0-9.+-]{1,64}(?:;[^;,\s]{0,128}){0,8};base64,[a-z0-9+/=]+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def data_url(data: bytes, mime: str) -> str:
    """`data` as a data URL."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def strict_base64(text: str) -> bytes:
    """The bytes of standard base64, white space allowed. Raises `ValueError` for anything else, and for nothing."""
    packed = _SPACE.sub("", text)
    if not packed or len(packed) % 4 or packed.endswith("==="):
        raise ValueError("the base64 has a wrong length")
    try:
        # Strict mode refuses foreign characters and anything after the padding.
        return binascii.a2b_base64(packed.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("the base64 is malformed") from error


def image_of_data_url(url: str) -> tuple[bytes, str]:
    """The bytes and the declared MIME type of a base64 image data URL. Raises `ValueError`."""
    match = _DATA_URL.fullmatch(url.strip())
    if match is None:
        raise ValueError("not a base64 image data URL")
    return strict_base64(match[2]), match[1].lower()


def image_urls_in(text: str) -> list[str]:
    """Every base64 image data URL inside running text."""
    return _FOUND.findall(text)


def image_mime(data: bytes, declared: str = "") -> str:
    """What kind of picture the bytes are, by their first bytes; else as declared; else PNG."""
    seen = sniff(data[:HEAD_BYTES])
    return seen if seen.startswith("image/") else declared or "image/png"
