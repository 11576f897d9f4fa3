"""Markdown in Discord's dialect, which lacks tables, small headings, rules and embedded pictures.

Source: Discord help centre, Markdown Text 101.
"""

from __future__ import annotations

import re

from bot.media import fences, tables

_TICKS = "```"
_SMALL_HEADING = re.compile(r"^#{4,6}\s+(.+?)\s*#*$")
_RULE = re.compile(r"^\s*([-*_])(\s*\1){2,}\s*$")
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\((\S+?)\)")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)+\|?\s*$")


def to_discord(text: str, limit: int) -> str:
    """The text in Discord's dialect, or as it was where that would be longer than `limit` code points."""
    lines = text.split("\n")
    shown: list[str] = []
    at, code = 0, fences.blocks(lines)
    while at < len(lines):
        line = lines[at]
        if at in code:
            shown += _code(lines, code[at])
            at = code[at].after
            continue
        if "|" in line and at + 1 < len(lines) and _TABLE_RULE.match(lines[at + 1]):
            end = next((row for row in range(at, len(lines)) if "|" not in lines[row]), len(lines))
            shown += _table(lines[at:end])
            at = end
            continue
        shown.append(_line(line))
        at += 1
    rendered = "\n".join(shown)
    return rendered if len(rendered) <= limit else text


def _code(lines: list[str], block: fences.Block) -> list[str]:
    """The block as written, but between three backticks where its code holds none: Discord knows no other fence."""
    first, marker = block.fence.line, block.fence.marker
    written = lines[first : block.after]
    if marker == _TICKS or any(_TICKS in line for line in block.code):
        return written
    closed = len(written) > 1 + len(block.code)
    opening = written[0].replace(marker, _TICKS, 1)
    closing = [written[-1].rstrip(marker[0] + " \t\r") + _TICKS] if closed else []
    return [opening, *written[1 : 1 + len(block.code)], *closing]


def _line(line: str) -> str:
    if _RULE.match(line):
        return "⎯" * 10
    if heading := _SMALL_HEADING.match(line):
        return f"**{heading[1]}**"
    return _PICTURE.sub(r"[\1](\2)", line)


def _table(rows: list[str]) -> list[str]:
    """Aligned columns in a code block: the only place where Discord keeps them straight."""
    return [_TICKS, *tables.aligned([tables.cells(row) for row in rows if not _TABLE_RULE.match(row)]), _TICKS]
