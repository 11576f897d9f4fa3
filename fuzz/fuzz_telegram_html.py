"""Markdown for Telegram: always HTML that Telegram reads, never longer to the eye than what was written."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from bot.media.characters import units, whole
from channels.telegram.html import to_html
from fuzz.choices import Choices, readable

ALLOWED = frozenset(("b", "i", "s", "a", "code", "pre", "blockquote", "tg-spoiler"))


class _Reader(HTMLParser):
    """Reads strictly: a foreign, crossed, empty or open tag is a broken law."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"foreign tag {tag!r}"
        names = [name for name, _ in attrs]
        assert names == {"a": ["href"], "code": names[:1]}.get(tag, []), f"{tag!r} with {names}"
        assert "code" not in self.opened, f"{tag!r} inside code"
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened, f"{tag!r} closed and never opened"
        assert self.opened.pop() == tag, f"{tag!r} crossed"

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")


def check(data: bytes) -> None:
    choices = Choices(data)
    limit = choices.number(8192)
    text = readable(choices.rest())
    html = to_html(text, limit=limit)
    assert not re.search(r"<(?!/?[a-z-]+[ >])", html), "a bare angle bracket"
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.opened, f"left open: {reader.opened}"
    shown = unescape(re.sub(r"<[^>]*>", "", html))
    assert units(shown) <= max(units(whole(text)), limit)
    assert shown.strip() or not text.strip(), "the text vanished"
