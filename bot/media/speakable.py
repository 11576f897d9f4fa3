"""Markdown as words a voice can say, and the marks by which a model asks to be heard.

A model that may speak writes one of these, outside of code:
- `[[voice]]` anywhere: the whole answer is spoken.
- `[[voice: words]]`: these words are spoken and not shown.
- `[[voice]]words[[/voice]]`: these words are shown, and they alone are spoken.
`tts` may stand for `voice`. A mark that was never finished ends where the text ends.
"""

from __future__ import annotations

import re
import unicodedata

_CODE = (
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*(?:\n(?:.*?\n)??[ \t]*(?P=fence)[`~]*[ \t]*$|.*\Z)"
    r"|(?P<ticks>(?<!`)`{1,2}(?!`))(?P<inline>[^\n`]+)(?P=ticks)(?!`)"
)
_CODE_AND_MARKS = re.compile(
    rf"(?P<code>{_CODE})|(?P<hidden>\[\[(?:voice|tts):)|(?P<open>\[\[(?:voice|tts)(?:\]\]|\]?\Z))"
    r"|(?P<close>\[\[/(?:voice|tts)(?:\]\]|\]?\Z))|(?P<begun>\[\[/?(?:v(?:o(?:i(?:ce?)?)?)?|t(?:ts?)?)?\Z)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_CODE_ONLY = re.compile(_CODE, re.MULTILINE | re.DOTALL)

# What a line is made of besides words, in the order in which it goes.
_LINE_RULES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^\s*(?:[-*_]\s*){3,}$", ""),  # rule
        (r"^\s*(?:>\s?)+", ""),  # quote
        (r"^\s*#{1,6}\s+(.*?)\s*#*\s*$", r"\1"),  # heading
        (r"^\s*[-*+•]\s+(?:\[[ xX]\]\s+)?", ""),  # list item, task
        (r"<a?:(\w+):\d+>|<[@#][!&]?\d+>|<t:\d+(?::\w)?>", ""),  # Discord emoji, mentions, times
        (r"<br\s*/?>", " "),
        (r"!\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)", r"\1"),  # picture
        (r"\[\^[^\]\s]+\]:?", ""),  # footnote
        (r"\[([^\[\]]+)\]\(<?[^()\s]*(?:\([^()\s]*\)[^()\s]*)?>?(?:\s+\"[^\"]*\")?\)", r"\1"),  # link with words
        (r"<?\b(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)\]'\"*_]>?", "link"),
        (r"</?[a-zA-Z][^<>]{0,200}>", ""),  # HTML
        (r"\|\|(.+?)\|\|", r"\1"),  # spoiler
        (r"(\*{1,3}|~~|__)(?=\S)(.+?)(?<=\S)\1", r"\2"),
        (r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", r"\1"),
        (r"\\([\\`*_{}\[\]()#+\-.!|>~])", r"\1"),
    )
)
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_ENDS_A_SENTENCE = (".", "!", "?", ":", ";", ",", "…", "。", "！", "？", "”", '"')


def tagged_speech(text: str) -> tuple[str, str | None]:
    """The text without its marks, and the Markdown to be spoken, None when the model asked for no voice."""
    shown: list[str] = []
    spoken: list[str] = []
    whole, opened_at, at, marks = False, -1, 0, 0
    while found := _CODE_AND_MARKS.search(text, at):
        shown.append(text[at : found.start()])
        at = found.end()
        if found["code"] is not None:
            shown.append(found["code"])
            continue
        marks += 1
        if found["hidden"]:
            end = text.find("]]", at)
            words = text[at:end] if end >= 0 else text[at:].rstrip("]")
            spoken.append(words.strip())
            at = end + 2 if end >= 0 else len(text)
        elif found["open"]:
            whole = whole or opened_at >= 0
            opened_at = len(shown)
        elif found["close"] and opened_at >= 0:
            spoken.append("".join(shown[opened_at:]).strip())
            opened_at = -1
    shown.append(text[at:])
    visible = _tidy("".join(shown)) if marks else text
    if whole or opened_at >= 0:
        return visible, visible
    said = " ".join(words for words in spoken if words)
    return visible, said or None


def _tidy(text: str) -> str:
    """Closes the holes that marks left behind."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<=\S) {2,}(?=\S)", " ", text)).strip()


def speakable(markdown: str) -> str:
    """The words a voice should say, a line for each paragraph or item; "" when the answer is mostly code.

    Blocks of code are left out, short code within a sentence is read, an address becomes "link", a table
    row a list of its cells, and pictures in writing (emoji) are not read at all.
    """
    prose = _CODE_ONLY.sub(lambda found: found["inline"] or "\n", markdown)
    if len("".join(prose.split())) < len("".join(markdown.split())) / 2:
        return ""
    lines = [_say(line) for line in prose.splitlines()]
    said = "\n".join(line for line in lines if any(character.isalnum() for character in line))
    return said if any(character.isalpha() or character.isdigit() for character in said) else ""


def _say(line: str) -> str:
    if _TABLE_RULE.match(line):
        return ""
    bare = line.strip()
    is_row = bare.startswith("|") and bare.endswith("|") and len(bare) > 1 and not bare.startswith("||")
    if is_row:
        line = ", ".join(cell.strip() for cell in bare.strip("|").split("|") if cell.strip())
    is_block = is_row or re.match(r"\s*(?:#{1,6}|[-*+•]|\d{1,3}[.)])\s", line) is not None
    for pattern, words in _LINE_RULES:
        line = pattern.sub(words, line)
    line = " ".join("".join(character for character in line if _is_said(character)).split())
    line = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", line)
    return line + "." if is_block and line and not line.endswith(_ENDS_A_SENTENCE) else line


def _is_said(character: str) -> bool:
    """False for emoji, joiners, controls and what else has no sound."""
    if character < "\x80":
        return character.isprintable() or character == "\t"
    kind = unicodedata.category(character)
    if kind == "So":
        return character in "°™®©№℃℉"
    is_emoji_part = "\U0001f1e6" <= character <= "\U0001faff" or "\ufe00" <= character <= "\ufe0f"
    return kind not in ("Cc", "Cf", "Co", "Cs", "Cn") and not is_emoji_part and character != "\u20e3"
