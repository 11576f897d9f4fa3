"""Audio streaming, sound out of a streamed answer: base64 in pieces that were cut anywhere."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any

from bot.core.errors import BadAnswer, Moderated
from bot.openrouter.http.client import TooLarge


class Base64Pieces:
    """Decodes base64 that arrives in pieces. A group of four characters may be split between two pieces, and every
    piece may carry its own padding. Raises `ValueError` for foreign characters and padding in a wrong place."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> bytes:
        """The bytes that this piece completes."""
        text = self._rest + piece
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        return _decoded(text[:whole]) if whole else b""

    def finish(self) -> None:
        """Raises `ValueError` when a group is still incomplete."""
        if self._rest:
            raise ValueError("the last group is incomplete")


def _decoded(text: str) -> bytes:
    """Strict and canonical: the same bytes would be written as this very text."""
    try:
        packed = text.encode("ascii")
        data = binascii.a2b_base64(packed, strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("the base64 is malformed") from error
    if binascii.b2a_base64(data[-(len(data) % 3 or 3) :], newline=False) != packed[-4:]:
        raise ValueError("the base64 has stray bits at its end")
    return data


class AudioCollector:
    """The sound and the words of one streamed answer, event by event, each at most `cap_bytes`.

    Raises `BadAnswer` for what is malformed, `Moderated` when the model stopped for the content.
    Source: OpenRouter docs, audio output.
    """

    def __init__(self, *, cap_bytes: int, label: str) -> None:
        self._cap, self._label = cap_bytes, label
        self._pieces = Base64Pieces()
        self._sound: list[bytes] = []
        self._words: list[str] = []
        self._sound_bytes = self._word_bytes = 0
        self.usage: object = None
        self.generation_id = ""

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the stream."""
        self.usage = event.get("usage") or self.usage
        named = event.get("id")
        self.generation_id = self.generation_id or (named if isinstance(named, str) else "")
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        if choice.get("finish_reason") == "content_filter":
            raise Moderated(f"{self._label}: the model stopped for the content")
        delta = choice.get("delta")
        audio = delta.get("audio") if isinstance(delta, dict) else None
        if isinstance(audio, dict):
            self._add_sound(audio.get("data"))
            self._add_words(audio.get("transcript"))

    def finish(self) -> tuple[bytes, str]:
        """All the sound and all the words."""
        try:
            self._pieces.finish()
        except ValueError as error:
            raise self._malformed() from error
        if not self._sound_bytes:
            raise BadAnswer(f"{self._label}: response missing audio data")
        return b"".join(self._sound), "".join(self._words).strip()

    def _add_sound(self, data: object) -> None:
        if data is None:
            return
        if not isinstance(data, str):
            raise self._malformed()
        try:
            sound = self._pieces.feed(data)
        except ValueError as error:
            raise self._malformed() from error
        self._sound_bytes += len(sound)
        if self._sound_bytes > self._cap:
            raise TooLarge(f"{self._label}: more than {self._cap} bytes of sound")
        self._sound.append(sound)

    def _add_words(self, words: object) -> None:
        if not isinstance(words, str):
            return
        self._word_bytes += len(words.encode("utf-8", "replace"))
        if self._word_bytes > self._cap:
            raise TooLarge(f"{self._label}: more than {self._cap} bytes of words")
        self._words.append(words)

    def _malformed(self) -> BadAnswer:
        return BadAnswer(f"{self._label}: malformed base64 audio data")
