"""File names that people, models and servers chose, made harmless. They are shown, never opened."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str, fallback: str = "file") -> str:
    """At most 80 characters of the last part of `name`, in one normal form, with its ending kept.

    Without controls, invisible and direction-changing characters, and what a file system or shell minds."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc controls, Cf invisible and bidirectional marks, Cs halves of pairs, Co private, Cn unassigned, Zl/Zp line ends
    shown = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else "" for c in last
    )
    clean = " ".join(_FORBIDDEN.sub("_", shown).split()).strip(". ").lstrip("-~")
    if not clean or _RESERVED.match(clean):
        return fallback
    stem, dot, ending = clean.rpartition(".")
    if not stem or len(ending) > 10:
        return clean[:LONGEST].rstrip(". ")
    return stem[: LONGEST - len(dot + ending)].rstrip(". ") + dot + ending
