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

import html
import math
import re
import unicodedata
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from bot.media import fences
from bot.media.emphasis import without_emphasis

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

# Names of one letter could be a comparison (a<b and c>d): such a tag goes only together with its partner.
_TAGS = (
    "a|abbr|b|blockquote|br|center|code|del|details|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp"
    "|small|span|strike|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tg-spoiler|tt|u|ul|var|wbr"
)
_ATTRIBUTE = r"""[\w-]{1,40}=(?:"[^"<>]{0,300}"|'[^'<>]{0,300}'|[^\s"'<>]{1,300})"""
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>{_TAGS})(?:[ \t]+{_ATTRIBUTE})*[ \t]?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_HEADING = re.compile(r"#{1,6}(?=\s)")

# What a line is made of besides words, in the order in which it goes.
_LINE_RULES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^\s*(?:>\s?)+", ""),  # quote
        (r"^\s*[-*+•]\s+(?:\[[ xX]\]\s+)?", ""),  # list item, task
        (r"<a?:(\w{1,40}):\d{1,20}>|<[@#][!&]?\d{1,20}>|<t:\d{1,20}(?::\w)?>", ""),  # Discord emoji, mentions, times
        (r"<(?:mailto:)?([\w.+-]{1,64}@[\w.-]{1,255})>", r"\1"),  # e-mail address
        (r"!\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)", r"\1"),  # picture
        (r"\[\^[^\[\]\s]{1,100}\]:?", ""),  # footnote
        (r"\[([^\[\]]+)\]\(<?[^()\s]*(?:\([^()\s]*\)[^()\s]*)?>?(?:\s+\"[^\"]*\")?\)", r"\1"),  # link with words
        (r"<?\b(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)\]'\"*_]>?", "link"),
    )
)
_JOINERS = "\u200c\u200d"
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
    shown = _closed(marks.shown, marks.holes) if marks.holes else text
    apart = " ".join(words for words in marks.spoken if words)
    whole = marks.whole or (bool(marks.settings) and not apart)
    return Marked(
        shown,
        shown if whole else apart or None,
        apart=bool(apart) and not whole,
        voice=next((marks.settings[name] for name in _VOICES if marks.settings.get(name)), ""),
        model=marks.settings.get("model", ""),
        speed=_number(marks.settings.get("speed", "")),
    )


def unmarked(text: str) -> str:
    """The answer as it may be shown while it is still being written: without marks, however they are cut."""
    return (tagged_speech(text).shown if "[[" in text else text).removesuffix("[")


@dataclass(slots=True)
class _Marks:
    """One pass over an answer: the pieces that are shown and spoken, in order. `holes` are the pieces before which a
    mark was taken out."""

    text: str
    shown: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    holes: set[int] = field(default_factory=set)
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
        self.holes.add(len(self.shown))
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
    pairs, at = {}, 0
    while at < len(words):
        pair = _SETTING.match(words, at)
        if pair is None:
            return None
        pairs[pair["name"].lower()] = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        at = pair.end()
    return pairs or None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _closed(pieces: list[str], holes: set[int]) -> str:
    """The pieces as one text, without the doubled space or the empty lines that a mark leaves behind; white space
    elsewhere, as in code, stays."""
    shown = [""]
    for number, piece in enumerate(pieces):
        if number in holes:
            before = shown[-1]
            if not before or before[-1].isspace():
                piece = piece.lstrip(" ")
            line_ends = len(before) - len(before.rstrip("\n")), len(piece) - len(piece.lstrip("\n"))
            if sum(line_ends) > 2:
                shown[-1], piece = before.rstrip("\n") + "\n\n", piece.lstrip("\n")
        if piece:
            shown.append(piece)
    return "".join(shown).strip()


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
    lines = [_say(line) for line in prose.splitlines() if line.strip()]
    return "\n".join(line for line in lines if any(character.isalnum() for character in line))


def _say(line: str) -> str:
    bare = line.strip()
    if _is_rule(bare):
        return ""
    is_row = bare.startswith("|") and bare.endswith("|") and len(bare) > 1 and not bare.startswith("||")
    if is_row:
        line = ", ".join(cell.strip() for cell in bare.strip("|").split("|") if cell.strip())
    is_block = is_row or re.match(r"\s*(?:#{1,6}|[-*+•]|\d{1,3}[.)])\s", line) is not None
    line = _without_heading(line)
    for pattern, words in _LINE_RULES:
        line = pattern.sub(words, line)
    line = without_emphasis(_without_tags(line))
    line = _ENTITY.sub(lambda entity: html.unescape(entity[0]), line)
    line = " ".join(_sounding(line).split())
    line = re.sub(r" ([.,;:!?])(?=\s|$)", r"\1", line)
    return line + "." if is_block and line and not line.endswith(_ENDS_A_SENTENCE) else line


def _is_rule(bare: str) -> bool:
    """A line across the text, or the line below a table's head."""
    signs = set(bare) - {" ", "\t"}
    return bare.count("-") + bare.count("*") + bare.count("_") >= 2 and (
        signs <= {"|", ":", "-"} or (len(signs) == 1 and signs <= {"*", "_"})
    )


def _without_heading(line: str) -> str:
    """The words of a heading; any other line as it is."""
    bare = line.strip()
    mark = _HEADING.match(bare)
    if mark is None:
        return line
    words = bare[mark.end() :].strip()
    cut = words.rstrip("#")
    return cut.rstrip() if not cut or cut[-1].isspace() else words


def _without_tags(line: str) -> str:
    """Without the tags of HTML. What merely stands between < and > stays."""
    if "<" not in line:
        return line
    tags = [(tag["name"].lower(), bool(tag["end"])) for tag in _TAG.finditer(line)]
    paired = {name for name, _ in tags if (name, True) in tags and (name, False) in tags}

    def words(tag: re.Match[str]) -> str:
        name = tag["name"].lower()
        if len(name) == 1 and name not in paired:
            return tag[0]
        return " " if name == "br" else ""

    return _TAG.sub(words, line)


def _sounding(line: str) -> str:
    """Without emoji, controls and what else has no sound; a unit in one sign (㎡) as its letters."""
    if line.isascii():
        return "".join(character for character in line if character.isprintable() or character == "\t")
    return "".join(_sound(character, line, place) for place, character in enumerate(line))


def _sound(character: str, line: str, place: int) -> str:
    if character < "\x80":
        return character if character.isprintable() or character == "\t" else ""
    kind = unicodedata.category(character)
    if character in _JOINERS:  # a letter's form in Persian, Hindi and Malayalam; glue between emoji elsewhere
        joins = 0 < place < len(line) - 1 and _is_letter(line[place - 1]) and _is_letter(line[place + 1])
        return character if joins else ""
    is_emoji_part = "\U0001f1e6" <= character <= "\U0001faff" or "\ufe00" <= character <= "\ufe0f"
    if is_emoji_part or character == "\u20e3" or kind in ("Cc", "Cf", "Co", "Cs", "Cn"):
        return ""
    if kind == "So" and character not in "°™®©№℃℉":
        letters = unicodedata.normalize("NFKC", character)
        return letters if any(map(str.isalnum, letters)) else ""
    return character


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
