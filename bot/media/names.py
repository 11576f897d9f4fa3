"""Sanitised names: file names and people's names that strangers chose. They are shown, never opened or rendered."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80
LONGEST_OF_A_PERSON = 40
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DOT_BEFORE_A_WORD = re.compile(r"\.(?=\w)")
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


def plain_name(name: str, fallback: str = "Somebody") -> str:
    """A person's or a chat's name for our own sentences: one line of at most 40 characters, without Markdown, without
    an address that an app turns into a link, without invisible and direction-changing characters."""
    kept = "".join(char if _stands_in_a_name(char) else " " for char in unicodedata.normalize("NFC", name))
    words = " ".join(_DOT_BEFORE_A_WORD.sub(". ", kept).split()).strip(" -.,")
    if len(words) > LONGEST_OF_A_PERSON:
        words = f"{words[: LONGEST_OF_A_PERSON - 1].rstrip()}…"
    return words or fallback


def _stands_in_a_name(char: str) -> bool:
    """Letters, marks, figures and emoji of every script, the joiners between them, and the punctuation of names."""
    category = unicodedata.category(char)
    if category[0] in "LMN" or char in "'’-.,&!?·…\u200c\u200d":
        return True
    return category in ("So", "Sk") and ord(char) > 127
