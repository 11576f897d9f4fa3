"""Streamed chat answer put together: from the chunks of the wire to one `Assistant`."""

from __future__ import annotations

import json
import logging
from typing import Any

from bot.core.chat import Assistant, FinishReason, Picture, ReasoningDelta, Retrying, TextDelta
from bot.core.errors import BadAnswer, Moderated, ProviderBusy
from bot.media.dataurl import image_mime, image_of_data_url
from bot.openrouter.chat.reasoning import Reasoning
from bot.openrouter.chat.tool_calls import ARGUMENT_CAP_BYTES, CallBuffer
from bot.openrouter.chat.visible import PieceKind, Pieces, VisibleText
from bot.openrouter.http.failure import failure_in, shown

TEXT_CAP_CHARACTERS = 256 * 1024
PICTURES_AT_MOST = 10

Delta = TextDelta | ReasoningDelta | Retrying

log = logging.getLogger(__name__)

# Every provider behind the router has its own words for the same few ends.
_STOP = frozenset(
    (
        "stop",
        "end",
        "end_turn",
        "eos",
        "eos_token",
        "stop_sequence",
        "stop_token",
        "complete",
        "completed",
        "done",
        "finished",
        "finish_reason_stop",
        "pause_turn",
        "tool_calls",
        "tool_call",
        "function_call",
        "tool_use",
    )
)
_LENGTH = frozenset(
    (
        "length",
        "max_tokens",
        "max_token",
        "max_output_tokens",
        "max_length",
        "token_limit",
        "model_length",
        "model_context_window_exceeded",
    )
)
_FILTER = frozenset(
    (
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "sensitive",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
    )
)
_FAILED = frozenset(
    (
        "error",
        "abort",
        "aborted",
        "network_error",
        "insufficient_system_resource",
    )
)
_MALFORMED = "malformed_function_call"


class AnswerBuilder:
    """Takes chunks in order. `feed` raises `ProviderError` for an error among them; `assistant` and `reason` may be
    asked once `complete` is true. Source: OpenRouter docs, streaming; errors and debugging."""

    def __init__(self, label: str, *, secret: str = "") -> None:
        self.id = ""
        self.model = ""
        self.usage: dict[str, Any] | None = None
        self.pictures: list[Picture] = []
        self._label, self._secret = label, secret
        self._finish = self._native_finish = ""
        self._full = self._ended = False
        self._text: list[str] = []
        self._size = 0
        self._before_void = ""
        self._after_call = 0
        self._visible = VisibleText()
        self._thought = Reasoning()
        self._calls = CallBuffer()

    @property
    def complete(self) -> bool:
        """Whether the model said that it is done, or reached the longest text that is taken. A stream that was ended
        in good order, after words or whole calls, needs no reason."""
        return bool(self._finish) or self._full or (self._ended and (bool(self._said()) or self._calls.whole()))

    @property
    def full(self) -> bool:
        """Whether the text reached its cap: nothing more will be taken."""
        return self._full

    def feed(self, chunk: dict[str, Any]) -> list[Delta]:
        """What a person or a log may see of this chunk at once."""
        if error := failure_in(chunk, label=self._label, secret=self._secret):
            raise error
        self.id = self.id or _text(chunk.get("id"))
        self.model = self.model or _text(chunk.get("model"))
        if isinstance(chunk.get("usage"), dict):
            self.usage = chunk["usage"]
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return []
        if error := failure_in(choice, label=self._label, secret=self._secret):
            raise error
        # A JSON body that answers a streaming request says `message` where a chunk says `delta`.
        delta = choice.get("delta") or choice.get("message")
        deltas = self._delta(delta) if isinstance(delta, dict) else []
        self._finish = _text(choice.get("finish_reason")) or self._finish
        self._native_finish = _text(choice.get("native_finish_reason")) or self._native_finish
        return deltas

    def ended(self) -> None:
        """The provider ended the stream in good order (`[DONE]`, or a whole JSON body)."""
        self._ended = True

    def finish(self) -> list[Delta]:
        """What was held back until the end."""
        return self._show(self._visible.finish())

    def reason(self) -> FinishReason:
        """Why the model stopped. Raises `Moderated` for a filter, `ProviderBusy` where its provider failed.

        Calls are meant, whatever the reason says; only a length that was reached may have cut them. A reason that is
        not known here spoils no answer."""
        finish = self._finish.strip().lower().replace("-", "_").replace(" ", "_")
        if self._full or finish in _LENGTH:
            return FinishReason.LENGTH
        message = f"{self._label}: the provider ended the answer with {shown(self._finish, self._secret)!r}"
        if finish in _FILTER:
            raise Moderated(message)
        if finish in _FAILED:
            raise ProviderBusy(message)
        if finish and finish not in _STOP:
            if not (self._calls or self._said()):
                raise BadAnswer(message)
            log.warning("finish.unknown", extra={"reason": shown(self._finish, self._secret)})
        return FinishReason.TOOLS if self._calls else FinishReason.STOP

    def assistant(self) -> Assistant:
        """The whole answer. Calls that a length cut off are dropped."""
        calls = self._calls.calls(self.id) if self.reason() is FinishReason.TOOLS else ()
        return Assistant(self._said(), calls, self._thought.replay())

    def _delta(self, delta: dict[str, Any]) -> list[Delta]:
        thinking, visible = self._thought.take(delta)
        deltas: list[Delta] = [ReasoningDelta(thinking)] if thinking else []
        for text in (visible, _content(delta.get("content")), _text(delta.get("refusal"))):
            if text:
                deltas += self._show(self._visible.feed(text))
        if delta.get("tool_calls"):
            self._calls.take(delta["tool_calls"])
        for image in delta.get("images") or ():
            self._picture(image)
        return deltas

    def _show(self, pieces: Pieces) -> list[Delta]:
        deltas: list[Delta] = []
        for kind, text in pieces:
            match kind:
                case PieceKind.HIDDEN:
                    deltas.append(ReasoningDelta(text))
                case PieceKind.VOID:
                    deltas += [Retrying("")] if self._size else []
                    self._before_void = self._before_void or "".join(self._text)
                    self._text, self._size = [], 0
                case PieceKind.VISIBLE if shown_text := self._fitting(text):
                    deltas.append(TextDelta(shown_text))
        return deltas

    def _fitting(self, text: str) -> str:
        """As much as still may be said, without the white space an answer begins with."""
        text = text if self._size else text.lstrip()
        room = TEXT_CAP_CHARACTERS - self._size
        if len(text) > room:
            text, self._full = text[:room], True
        if self._calls:
            self._after_call += len(text.encode("utf-8", "replace"))
            if self._after_call > ARGUMENT_CAP_BYTES:
                raise BadAnswer(f"{self._label}: more than {ARGUMENT_CAP_BYTES} bytes of text after a tool call")
        self._text.append(text)
        self._size += len(text)
        return text

    def _picture(self, image: object) -> None:
        place = image.get("image_url") if isinstance(image, dict) else None
        url = place.get("url") if isinstance(place, dict) else place
        if not isinstance(url, str) or len(self.pictures) >= PICTURES_AT_MOST:
            return
        try:
            data, declared = image_of_data_url(url)
        except ValueError:
            return
        self.pictures.append(Picture(data, image_mime(data, declared)))

    def _said(self) -> str:
        if self._native_finish.lower() == _MALFORMED and not self._calls:
            return ""  # the text is scraps of the call that the model could not write
        return "".join(self._text).strip() or self._before_void.strip()


def _content(content: object) -> str:
    """The text of a content field: a string, or typed parts of which only the text parts count."""
    if not isinstance(content, list):
        return _text(content)
    texts = (
        part.get("text") for part in content if isinstance(part, dict) and part.get("type") in ("text", "output_text")
    )
    return "".join(text for text in texts if isinstance(text, str))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def parsed_chunk(data: str, label: str) -> dict[str, Any]:
    """One event's JSON object. Raises `ProviderBusy`: a garbled line is a broken stream, worth another try."""
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderBusy(f"{label}: the stream carries something that is not JSON") from error
    if not isinstance(chunk, dict):
        raise ProviderBusy(f"{label}: the stream carries something that is not an object")
    return chunk
