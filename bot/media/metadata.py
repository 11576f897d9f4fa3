"""Metadata of pictures (EXIF, XMP, IPTC, comments, private chunks): whether a file holds more than its picture.

Only what is on a list of harmless segments counts as picture, so that a place in a form that is unknown here does
not go along. Sources: ITU T.81 annex B, PNG 3rd edition, RFC 9649 (WebP), GIF89a.
"""

from __future__ import annotations

import re
import struct

_JPEG_HARMLESS = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_JPEG_TELLING = re.compile(rb"\xff[\xe0-\xef\xfe]")  # never part of the compressed data: a 0xFF there is followed by 0
_PNG_HARMLESS = b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP pHYs bKGD sBIT hIST".split()
_WEBP_HARMLESS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP")
_SCAN = b"\xff\xda"


def holds_metadata(data: bytes, mime: str) -> bool:
    """Whether the file holds anything besides pixels, their colours and their size. True for what is malformed."""
    match mime:
        case "image/jpeg":
            start = _first_scan(data)
            end = data.rfind(b"\xff\xd9")
            return start < 0 or _JPEG_TELLING.search(data, start) is not None or data[end + 2 :].strip(b"\0") != b""
        case "image/png":
            return _has_chunk_but(data, 8, ">I4s", 4, _PNG_HARMLESS)
        case "image/webp":
            return _has_chunk_but(data, 12, "<4sI", 0, _WEBP_HARMLESS)
        case _:
            return b"\x21\xfe" in data or b"\x21\xff" in data  # GIF: a comment, an extension of a program


def scans(data: bytes) -> int:
    """How many passes over the picture a JPEG holds; each costs as much as the picture."""
    start = _first_scan(data)
    return data.count(_SCAN, max(start, 0))


def _first_scan(data: bytes) -> int:
    """Where the first scan of a JPEG begins; -1 when a segment before it holds more than the picture."""
    at, telling = 2, False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN[1]:
            return -1 if telling else at
        body = data[at + 4 : at + 20]
        is_harmless = any(marker == kind and body.startswith(name) for kind, name in _JPEG_HARMLESS)
        telling = telling or ((0xE0 <= marker <= 0xEF or marker == 0xFE) and not is_harmless)
        at += 2 + max(size, 2)
    return -1


def _has_chunk_but(data: bytes, at: int, header: str, checksum: int, harmless: list[bytes] | tuple[bytes, ...]) -> bool:
    while at + 8 <= len(data):
        first, second = struct.unpack_from(header, data, at)
        name, size = (second, first) if checksum else (first, second)
        if name not in harmless:
            return True
        at += 8 + size + (checksum or size % 2)
    return at < len(data)
