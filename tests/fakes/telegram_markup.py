"""How Telegram reads HTML: the visible text, or the complaint it answers with.

Source: Telegram Bot API, formatting options, HTML style.
"""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
_ENTITY = re.compile(r"&(#x[0-9a-fA-F]+|#\d+|[a-zA-Z]+);")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ALLOWED = frozenset(
    ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler")
)


class CannotParse(Exception):
    """The text is not the HTML that Telegram understands."""


def units(text: str) -> int:
    """The length in UTF-16 units, as Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def visible(html: str) -> str:
    """What a reader sees. Raises `CannotParse`."""
    if "<" not in html and "&" not in html:
        return html
    shown: list[str] = []
    opened: list[str] = []
    place = 0
    for tag in _TAG.finditer(html):
        shown.append(_characters(html[place : tag.start()], place))
        place = tag.end()
        closing, name, attributes = tag.group(1), tag.group(2).lower(), tag.group(3)
        if name not in _ALLOWED:
            raise CannotParse(f'Unsupported start tag "{name}" at byte offset {tag.start()}')
        if not closing:
            if {"code", "pre"} & set(opened) and not (opened[-1] == "pre" and name == "code"):
                raise CannotParse(f'Tag "{name}" inside "{opened[-1]}" at byte offset {tag.start()}')
            if name == "blockquote" and "blockquote" in opened:
                raise CannotParse(f"Nested blockquote at byte offset {tag.start()}")
            if name == "a" and not re.fullmatch(r'\shref="[^"<>]*"', attributes):
                raise CannotParse(f"Link without an address at byte offset {tag.start()}")
            opened.append(name)
        elif not opened or opened.pop() != name:
            raise CannotParse(f'Unexpected end tag at byte offset {tag.start()}, found "</{name}>"')
    shown.append(_characters(html[place:], place))
    if opened:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{opened[-1]}"')
    return "".join(shown)


def _characters(piece: str, offset: int) -> str:
    if "<" in piece:
        raise CannotParse(f"Unclosed start tag at byte offset {offset + piece.index('<')}")
    return _ENTITY.sub(_character, piece)


def _character(entity: re.Match[str]) -> str:
    name = entity.group(1)
    if name.startswith("#x"):
        return chr(int(name[2:], 16))
    if name.startswith("#"):
        return chr(int(name[1:]))
    return _NAMED.get(name, entity.group(0))
