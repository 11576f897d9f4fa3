"""Text encoding (charset) detection: the bytes of a text file as words, or None when they are no text we can read."""

from __future__ import annotations

import codecs
import unicodedata

DETECTED_BYTES = 32_000  # what the detector reads: enough to tell encodings apart, little enough to take 20 ms
LEAST_CONFIDENCE = 0.005  # right answers over three short lines begin at 0.02, wrong ones end at 0.001
STRANGE_AT_MOST = 0.05  # the share of control characters up to which something is text
# Longer marks first: the mark of UTF-32 begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What editors and spreadsheets still write. The detector knows 80 more, and takes short texts for those.
ENCODINGS = (
    *("big5", "cp949", "euc-jp", "gb18030", "shift_jis", "cp932", "cp874"),
    *(f"windows-{number}" for number in range(1250, 1259)),
    *("koi8-r", "koi8-u", "ibm866", "iso-8859-2", "iso-8859-15", "mac-roman"),
)


def decoded(data: bytes, *, whole: bool = True) -> str | None:
    """The text without its byte order mark; None when `data` is binary or its encoding is unclear.

    With `whole` False, `data` is the beginning of a file and may end within a character."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding, whole)
    if b"\0" in data:  # no 8-bit encoding has it: UTF-16 without its mark, or no text at all
        wide = "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
        return _text(data, wide, whole)
    text = _text(data, "utf-8", whole)
    if text is not None:
        return text
    encoding = _detected(data[:DETECTED_BYTES])
    return _text(data, encoding, whole) if encoding else None


def _detected(data: bytes) -> str:
    import chardet  # here, because it loads models that only a file in an old encoding needs

    best = chardet.detect(data, include_encodings=ENCODINGS)
    return best["encoding"] or "" if best["confidence"] >= LEAST_CONFIDENCE else ""


def _text(data: bytes, encoding: str, whole: bool) -> str | None:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, whole)
    except UnicodeDecodeError:
        return None
    strange = sum(unicodedata.category(char) in ("Cc", "Cn", "Co") and char not in "\t\n\r\f\x1b" for char in text)
    return None if strange > len(text) * STRANGE_AT_MOST else text.replace("\0", "")
