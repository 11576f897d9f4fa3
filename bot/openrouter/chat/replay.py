"""Conversation repair before replay: what one provider said is made fit for every other one.

A provider may name its calls as it likes and break off their arguments; the next one, after /model or a fallback,
refuses the whole conversation for it, in every later turn. Source: Anthropic and OpenAI API references, tool use.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from bot.core.chat import Assistant, Call, ChatMessage, ToolResult
from bot.openrouter.chat.tool_calls import NAME, object_text
from bot.openrouter.refs import is_mistral

NO_RESULT = "[No result of this call was kept.]"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MISTRAL_ID = re.compile(r"[a-zA-Z0-9]{9}")
_UNNAMEABLE = re.compile(r"[^a-zA-Z0-9_-]")


def repaired(messages: Iterable[ChatMessage], slug: str) -> list[ChatMessage]:
    """The messages with call ids that `slug` takes, each of them once, and arguments that are JSON objects.

    Results follow their call, under its id; a call without a result gets a note for one, a result without a call is
    left out. The same messages always come out the same, so that prompt caches hold."""
    ids, wire = _Ids(slug), list[ChatMessage]()
    for message in messages:
        if isinstance(message, ToolResult):
            if (call_id := ids.answered(message.call_id)) is not None:
                wire.append(replace(message, call_id=call_id))
            continue
        wire += ids.unanswered()
        if isinstance(message, Assistant) and message.calls:
            message = replace(message, calls=tuple(map(ids.called, message.calls)))
        wire.append(message)
    return [*wire, *ids.unanswered()]


class _Ids:
    """The ids of one request: those that were used, and those of calls that still wait for their result."""

    def __init__(self, slug: str) -> None:
        self._mistral = is_mistral(slug)
        self._used: set[str] = set()
        self._waiting: defaultdict[str, deque[str]] = defaultdict(deque)

    def called(self, call: Call) -> Call:
        """The call as it goes out; its result is waited for."""
        call_id = self._free(call.id)
        self._used.add(call_id)
        self._waiting[call.id].append(call_id)
        name = call.name if NAME.fullmatch(call.name) else _UNNAMEABLE.sub("_", call.name)[:64] or "unnamed"
        return Call(call_id, name, object_text(call.arguments))

    def answered(self, call_id: str) -> str | None:
        """The id under which the next result for `call_id` goes out, None when no call waits for it."""
        waiting = self._waiting[call_id]
        return waiting.popleft() if waiting else None

    def unanswered(self) -> list[ToolResult]:
        """A note for each call whose result did not come; no call waits any longer."""
        notes = [ToolResult(call_id, NO_RESULT) for waiting in self._waiting.values() for call_id in waiting]
        self._waiting.clear()
        return notes

    def _free(self, call_id: str) -> str:
        """The id itself, where it can go out; else one that is worked out from it. Mistral takes nine letters and
        digits only."""
        allowed = _MISTRAL_ID if self._mistral else _ID
        if allowed.fullmatch(call_id) and call_id not in self._used:
            return call_id
        digests = (hashlib.sha256(f"{call_id}#{number}".encode("utf-8", "replace")).hexdigest() for number in count())
        names = (digest[:9] if self._mistral else f"call_{digest[:24]}" for digest in digests)
        return next(name for name in names if name not in self._used)
