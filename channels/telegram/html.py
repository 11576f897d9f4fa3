"""Markdown to the HTML that Telegram understands: always well-formed, never longer to the eye.

A line scanner finds blocks, and one pass over the delimiters of a line pairs them on a small stack, so the
work grows with the text and no input can nest tags wrongly.
Source: Telegram Bot API, formatting options, HTML style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.media import fences
from bot.media.characters import units, whole

MOST_UNITS = 4096  # of one message, after parsing

_PLAIN = re.compile(r"[^*_~`|\[\\#>+&<\-=]*\Z")
_LANGUAGE = re.compile(r"[\w+#.\-]+")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(\[[ xX]\][ \t]+)?(?=\S)")
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*\Z")
_RULE_ROW = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*\Z")
# An address is no place for emphasis. Source: GFM, Autolinks (extension), with what may not end one.
_SPOT = re.compile(
    r"(?P<address>(?:https?://|\bwww\.)[^\s<>\"]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|\\[!-/:-@\[-`{-~]|`+|\*+|_+|~~|\|\||\["
)
_AFTER_ADDRESS = "?!.,:;*_~|'`]"
_LINK = re.compile(r"\[([^\[\]]*)\]\((https?://[^\s()<>\"]*(?:\([^\s()<>\"]*\)[^\s()<>\"]*)*)\)")
_TAG = re.compile(r"<[^>]*>")
_TAGS = {"**": "b", "__": "b", "*": "i", "_": "i", "~~": "s", "||": "tg-spoiler"}


def to_html(markdown: str, *, limit: int = MOST_UNITS) -> str:
    """Telegram HTML. Tables are aligned as long as the whole stays within `limit` visible units."""
    markdown = whole(markdown)
    if _PLAIN.match(markdown):
        return markdown
    html = "\n".join(_blocks(markdown.split("\n"), limit - units(markdown)))
    # A heading or quote that is still being written has no words yet; an empty message would be refused.
    return html if _TAG.sub("", html).strip() else escape(markdown)


def _blocks(lines: list[str], room: int) -> Iterator[str]:
    at, code = 0, fences.blocks(lines)
    while at < len(lines):
        line = lines[at]
        if at in code and not code[at].fence.quotes:
            yield _code(code[at])
            at = code[at].after
        elif _QUOTE.match(line):
            end = _run(lines, at, _QUOTE)
            quoted = "\n".join(_line(_QUOTE.sub("", line, count=1)) for line in lines[at:end])
            yield f"<blockquote>{quoted}</blockquote>"
            at = end
        elif _ROW.match(line) and at + 1 < len(lines) and _RULE_ROW.match(lines[at + 1]):
            end = _run(lines, at, _ROW)
            table, room = _table(lines[at:end], room)
            yield _pre(table, "")
            at = end
        else:
            yield _line(line)
            at += 1


def _run(lines: list[str], at: int, like: re.Pattern[str]) -> int:
    while at < len(lines) and like.match(lines[at]):
        at += 1
    return at


def _code(block: fences.Block) -> str:
    """The block below the mark of the list item that it stands in."""
    language = _LANGUAGE.match(block.fence.language)
    code = _pre("\n".join(block.code), language[0] if language else "")
    item = block.fence.lead.split()
    return "\n".join([*("•" if mark in "-*+" else mark for mark in item), code])


def _pre(code: str, language: str) -> str:
    if not code.strip():
        return escape(code)
    if not language:
        return f"<pre>{escape(code)}</pre>"
    return f'<pre><code class="language-{language}">{escape(code)}</code></pre>'


def _table(rows: list[str], room: int) -> tuple[str, int]:
    """The table as monospaced text, and the room that is left after its padding."""
    raw = "\n".join(rows)
    cells = [[_bare(cell.strip()) for cell in row.strip()[1:-1].split("|")] for row in rows]
    del cells[1]
    columns = max(len(row) for row in cells)
    cells = [row + [""] * (columns - len(row)) for row in cells]
    widths = [max(len(row[column]) for row in cells) for column in range(columns)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    aligned = "\n".join(lines)
    padding = units(aligned) - units(raw)
    return (aligned, room - max(padding, 0)) if padding <= max(room, 0) else (raw, room)


def _bare(cell: str) -> str:
    """A cell without emphasis marks: inside <pre> they would only be noise."""
    return cell.replace("**", "").replace("`", "")


def _line(line: str) -> str:
    if heading := _HEADING.match(line):
        inside = _inline(_heading(line[heading.end() :]).replace("**", ""))
        return f"<b>{inside}</b>" if inside else ""
    if bullet := _BULLET.match(line):
        box = bullet.group(2)
        mark = "•" if box is None else "☐" if box[1] == " " else "☑"
        return f"{bullet.group(1)}{mark} {_inline(line[bullet.end() :])}"
    return _inline(line)


def _heading(words: str) -> str:
    """The words of a heading without the marks that may close it."""
    words = words.rstrip(" \t")
    bare = words.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else words


def _address_end(text: str, start: int, end: int) -> int:
    """Where an address ends: not with punctuation, and with a bracket only when it was opened inside."""
    opened = text.count("(", start, end) - text.count(")", start, end)
    while end > start and (text[end - 1] in _AFTER_ADDRESS or (text[end - 1] == ")" and opened < 0)):
        end -= 1
        opened += text[end] == ")"
    return end


def _inline(text: str, *, links: bool = True) -> str:
    """One line with its emphasis. What does not pair stays as it was written."""
    if _PLAIN.match(text):
        return text
    out: list[str] = []
    opened: list[tuple[str, int]] = []  # delimiter and where in `out` it stands
    unpaired: set[int] = set()  # lengths of backtick runs that have no partner further on
    place = 0
    while spot := _SPOT.search(text, place):
        start, end, mark = spot.start(), spot.end(), spot.group()
        out.append(escape(text[place:start]))
        place = end
        if spot["address"]:
            place = _address_end(text, start, end)
            out.append(escape(text[start:place]))
        elif mark[0] == "\\":
            out.append(escape(mark[1]))
        elif mark[0] == "`":
            close = -1 if len(mark) in unpaired else _closing_ticks(text, end, len(mark))
            if close < 0 or not text[end:close].strip():
                unpaired.add(len(mark))
                out.append(mark)
            else:
                out.append(f"<code>{escape(text[end:close].strip() or text[end:close])}</code>")
                place = close + len(mark)
        elif mark == "[":
            link = _LINK.match(text, start) if links else None
            if link and link.group(1).strip():
                label = _inline(link.group(1), links=False)
                out.append(f'<a href="{escape(link.group(2))}">{label}</a>')
                place = link.end()
            else:
                out.append(mark)
        else:
            _pair(mark, text, start, out, opened)
    out.append(escape(text[place:]))
    return "".join(out)


def _closing_ticks(text: str, place: int, length: int) -> int:
    run = re.compile(rf"(?<!`)`{{{length}}}(?!`)").search(text, place)
    return run.start() if run else -1


def _pair(run: str, text: str, start: int, out: list[str], opened: list[tuple[str, int]]) -> None:
    """Splits a run such as *** into delimiters; each closes its partner, opens, or stays as text."""
    before = text[start - 1] if start else " "
    after = text[start + len(run)] if start + len(run) < len(text) else " "
    marks = _marks(run)
    closers = [mark for mark in reversed(marks) if any(mark == waiting for waiting, _ in opened)]
    if marks and len(closers) == len(marks) and not before.isspace() and _may_touch(run, after):
        for mark in sorted(marks, key=lambda mark: _depth(mark, opened)):
            _close(mark, out, opened)
    elif marks and not closers and not after.isspace() and _may_touch(run, before):
        for mark in marks:
            opened.append((mark, len(out)))
            out.append(mark)
    else:
        out.append(run)


def _marks(run: str) -> tuple[str, ...]:
    if run in _TAGS:
        return (run,)
    return (run[:2], run[2:]) if len(run) == 3 else ()


def _may_touch(run: str, neighbour: str) -> bool:
    """snake_case and 2*3*4 are not emphasis; **Note**that is."""
    return run in ("**", "~~", "||") or not (neighbour.isalnum() or neighbour == "_")


def _depth(mark: str, opened: list[tuple[str, int]]) -> int:
    """How far from the top of the stack the partner stands."""
    return next((depth for depth, (waiting, _) in enumerate(reversed(opened)) if waiting == mark), len(opened))


def _close(mark: str, out: list[str], opened: list[tuple[str, int]]) -> None:
    """Turns the partner into a tag; whatever was opened inside and never closed stays text."""
    while opened:
        waiting, where = opened.pop()
        if waiting != mark:
            continue
        if any(out[where + 1 :]):
            out[where] = f"<{_TAGS[mark]}>"
            out.append(f"</{_TAGS[mark]}>")
        else:
            out.append(mark)
        return
    out.append(mark)


def escape(text: str) -> str:
    """The text with the three characters that HTML claims, and the quote, made harmless."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    return text.replace(">", "&gt;").replace('"', "&quot;")
