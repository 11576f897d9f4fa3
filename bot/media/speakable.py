"""Markdown as words a voice can say, and the marks by which a model asks to be heard.

A model that may speak writes one of these, outside of code:
- `[[voice]]` anywhere: the whole answer is spoken.
- `[[voice: words]]`: these words are spoken and not shown.
- `[[voice]]words[[/voice]]`: these words are shown, and they alone are spoken.
- `[[voice:text]]words[[/voice:text]]`: these words are spoken and not shown.
- `[[voice:voice=name model=ref speed=1.1]]`: how it is spoken; by itself the whole answer.
`tts` may stand for `voice`. A mark that was never finished ends where the text ends.
Source of the last two: OpenClaw documentation, text-to-speech directives.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from bot.media import fences

_CODE = r"(?P<ticks>(?<!`)`{1,2}(?!`))(?P<inline>[^\n`]+)(?P=ticks)(?!`)"
_CODE_AND_MARKS = re.compile(
    rf"(?P<code>{_CODE})|(?P<apart>\[\[(?:voice|tts):text\]\])|(?P<hidden>\[\[(?:voice|tts):)|(?P<open>\[\[(?:voice|tts)(?:\]\]|\]?\Z))"
    r"|(?P<close>\[\[/(?:voice|tts)(?::text)?(?:\]\]|\]?\Z|:[a-z]*\]?\Z))|(?P<begun>\[\[/?(?:v(?:o(?:i(?:ce?)?)?)?|t(?:ts?)?)?\Z)",
    re.IGNORECASE,
)
_APART_ENDS = re.compile(r"\[\[/(?:voice|tts):text\]\]", re.IGNORECASE)
_BEGUN_END = re.compile(r"\[(?:\[(?:/[a-z]{0,5}(?::[a-z]{0,4}\]?)?)?)?\Z", re.IGNORECASE)
_SETTING = re.compile(r"""(?P<name>[A-Za-z_]+)\s*=\s*(?:"(?P<quoted>[^"\n]*)"|(?P<bare>[^\s"]+))\s*""")
_VOICES = ("voice", "speakervoice", "speakervoiceid", "voicename", "voice_name", "voiceid")
_CODE_ONLY = re.compile(_CODE)

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


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer without its marks. `spoken` is the Markdown to be spoken, None when the model asked for no voice;
    `apart` says that it differs from what is shown. "" and None in the rest mean: as usual."""

    shown: str
    spoken: str | None = None
    apart: bool = False
    voice: str = ""
    model: str = ""
    speed: float | None = None


def tagged_speech(text: str) -> Marked:
    """What is shown of an answer, and what its marks ask to be spoken, and how."""
    marks = _Marks(text)
    shown = _tidy("".join(marks.shown)) if marks.found else text
    said = " ".join(words for words in marks.spoken if words)
    whole = marks.whole or (bool(marks.settings) and not said)
    return Marked(
        shown,
        shown if whole else said or None,
        apart=bool(said) and not whole,
        voice=next((marks.settings[name] for name in _VOICES if marks.settings.get(name)), ""),
        model=marks.settings.get("model", ""),
        speed=_number(marks.settings.get("speed", "")),
    )


def unmarked(text: str) -> str:
    """The answer as it may be shown while it is still being written: without marks, however they are cut."""
    return (tagged_speech(text).shown if "[[" in text else text).removesuffix("[")


@dataclass(slots=True)
class _Marks:
    """One pass over an answer: the pieces that are shown and spoken, in order."""

    text: str
    shown: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    found: int = 0
    whole: bool = False
    _opened_at: int = -1

    def __post_init__(self) -> None:
        at, coded = 0, deque(_code_blocks(self.text))
        while mark := _CODE_AND_MARKS.search(self.text, at):
            while coded and coded[0][0] < at:
                coded.popleft()
            if coded and coded[0][0] <= mark.start():
                end = coded[0][1]
                self.shown.append(self.text[at:end])
                at = end
                continue
            self.shown.append(self.text[at : mark.start()])
            at = self._take(mark)
        self.shown.append(self.text[at:])
        self.whole = self.whole or self._opened_at >= 0

    def _take(self, mark: re.Match[str]) -> int:
        """Settles what begins here; returns where it ends."""
        if mark["code"] is not None:
            self.shown.append(mark["code"])
            return mark.end()
        self.found += 1
        if mark["apart"]:
            return self._apart(mark.end())
        if mark["hidden"]:
            return self._hidden(mark.end())
        if mark["open"]:
            self.whole = self.whole or self._opened_at >= 0
            self._opened_at = len(self.shown)
        elif mark["close"] and self._opened_at >= 0:
            self.spoken.append("".join(self.shown[self._opened_at :]).strip())
            self._opened_at = -1
        return mark.end()

    def _apart(self, at: int) -> int:
        end = _APART_ENDS.search(self.text, at)
        words = self.text[at : end.start()] if end else _BEGUN_END.sub("", self.text[at:])
        self.spoken.append(words.strip())
        return end.end() if end else len(self.text)

    def _hidden(self, at: int) -> int:
        end = self.text.find("]]", at)
        words = (self.text[at:end] if end >= 0 else self.text[at:].rstrip("]")).strip()
        settings = _settings(words)
        if settings is None:
            self.spoken.append(words)
        else:
            self.settings.update(settings)
        return end + 2 if end >= 0 else len(self.text)


def _code_blocks(text: str) -> list[tuple[int, int]]:
    """Where each block of code begins and ends, without the line end behind it."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    return [(starts[number], starts[block.after] - 1) for number, block in fences.blocks(lines).items()]


def _settings(words: str) -> Mapping[str, str] | None:
    """name=value pairs, None for anything else: then it is words."""
    found, at = {}, 0
    while at < len(words):
        pair = _SETTING.match(words, at)
        if pair is None:
            return None
        found[pair["name"].lower()] = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        at = pair.end()
    return found or None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _tidy(text: str) -> str:
    """Closes the holes that marks left behind."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<=\S) {2,}(?=\S)", " ", text)).strip()


def speakable(markdown: str) -> str:
    """The words a voice should say, a line for each paragraph or item; "" when the answer is mostly code.

    Blocks of code are left out, short code within a sentence is read, an address becomes "link", a table
    row a list of its cells, and pictures in writing (emoji) are not read at all.
    """
    ends = [0, *(place for block in _code_blocks(markdown) for place in block), len(markdown)]
    outside = "\n".join(markdown[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True))
    prose = _CODE_ONLY.sub(lambda code: code["inline"], outside)
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
