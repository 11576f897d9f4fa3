"""Chat message format, the conversation as the endpoint takes it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.core.chat import Assistant, Call, ChatMessage, System, ToolResult, ToolSpec, User
from bot.core.errors import BadRequest, MediaError
from bot.core.messages import Blob
from bot.core.ports.store import Blobs
from bot.media.dataurl import data_url
from bot.openrouter.refs import drops_replayed_thinking, is_anthropic, is_mistral

Album = Mapping[str, str]

PICTURE_CHARACTERS = 8_000
_UNSEEN = "[{count} picture(s) were sent; this model cannot see pictures]"
_GONE = "[a picture was sent; it is no longer here]"
_FROM_TOOL = "[The picture(s) from the tool result]"


async def load_pictures(messages: Iterable[ChatMessage], blobs: Blobs) -> dict[str, str]:
    """A data URL for each picture of the conversation, by content hash. A picture that is gone is left out."""
    wanted = {blob.sha256: blob for message in messages for blob in _pictures(message)}
    album = {}
    for sha256, blob in wanted.items():
        try:
            data = await blobs.read(blob)
        except MediaError:
            continue
        album[sha256] = await asyncio.to_thread(data_url, data, blob.mime)
    return album


def wire_messages(
    messages: Sequence[ChatMessage], album: Album, *, slug: str, sees: bool = True
) -> list[dict[str, Any]]:
    """The messages in OpenAI form. With `sees` False pictures become a note.

    Pictures of tool results follow their whole run of results as a user message, because results have to stand
    together. Source: OpenRouter docs, API reference, images.
    """
    wire: list[dict[str, Any]] = []
    shown: list[Blob] = []
    for message in messages:
        if shown and not isinstance(message, ToolResult):
            wire.append(_user(_FROM_TOOL, shown, album, sees))
            shown = []
        match message:
            case System():
                wire += _system(message, slug)
            case User(text=text, pictures=pictures):
                wire.append(_user(text, pictures, album, sees))
            case Assistant():
                wire += _assistant(message, slug)
            case ToolResult(call_id=call_id, text=text, pictures=pictures):
                wire.append({"role": "tool", "tool_call_id": _call_id(call_id, slug), "content": text})
                shown += pictures
    return [*wire, _user(_FROM_TOOL, shown, album, sees)] if shown else wire


def wire_tool(tool: ToolSpec) -> dict[str, Any]:
    """A tool as the endpoint takes it. Raises `BadRequest` when its parameters are not a JSON object."""
    try:
        parameters = json.loads(tool.parameters or "{}")
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise BadRequest(f"the parameters of the tool {tool.name!r} are not a JSON object. Correct the tool")
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def estimated_tokens(body: Mapping[str, Any]) -> int:
    """Roughly how many tokens a request takes: a token for four characters, a quarter more to be safe."""
    characters = sum(_characters(message) for message in body.get("messages") or ())
    rest = {name: body[name] for name in ("tools", "response_format") if name in body}
    if rest:
        characters += len(json.dumps(rest))
    return math.ceil(characters / 4 * 1.25)


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return PICTURE_CHARACTERS if value.get("type") == "image_url" else sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else 0


def _pictures(message: ChatMessage) -> tuple[Blob, ...]:
    return message.pictures if isinstance(message, User | ToolResult) else ()


def _system(message: System, slug: str) -> list[dict[str, Any]]:
    """One message. For Anthropic the part that changes is a block of its own, so that the rest can be cached."""
    parts = [text for text in (message.text, message.suffix) if text.strip()]
    if not parts:
        return []
    if is_anthropic(slug) and len(parts) > 1:
        return [{"role": "system", "content": [_text(part) for part in parts]}]
    return [{"role": "system", "content": "\n\n".join(parts)}]


def _user(text: str, pictures: Sequence[Blob], album: Album, sees: bool) -> dict[str, Any]:
    if not pictures:
        return {"role": "user", "content": text}
    if not sees:
        return {"role": "user", "content": f"{text}\n{_UNSEEN.format(count=len(pictures))}".strip()}
    parts = [_text(text)] if text.strip() else []
    for blob in pictures:
        url = album.get(blob.sha256)
        parts.append({"type": "image_url", "image_url": {"url": url}} if url else _text(_GONE))
    return {"role": "user", "content": parts}


def _assistant(message: Assistant, slug: str) -> list[dict[str, Any]]:
    """The answer with its calls and its thinking. An answer of nothing at all is left out: some providers refuse it."""
    if not message.text and not message.calls:
        return []
    wire: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    if message.calls:
        wire["tool_calls"] = [_call(call, slug) for call in message.calls]
    return [wire if drops_replayed_thinking(slug) else {**wire, **_replayed(message.reasoning)}]


def _call(call: Call, slug: str) -> dict[str, Any]:
    return {
        "id": _call_id(call.id, slug),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _call_id(call_id: str, slug: str) -> str:
    """The id of a call; Mistral takes only nine letters and digits."""
    if not is_mistral(slug) or (len(call_id) == 9 and call_id.isascii() and call_id.isalnum()):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]


def _replayed(reasoning: str) -> dict[str, Any]:
    """The thinking that belongs to an answer, for the provider to continue from. Empty fields are left out."""
    try:
        kept = json.loads(reasoning) if reasoning else {}
    except ValueError:
        kept = {}
    if not isinstance(kept, dict):
        return {}
    details = kept.get("reasoning_details")
    texts = (kept.get("reasoning"), details, kept.get("reasoning_text"))
    thought = next((text for text in texts if isinstance(text, str) and text), None)
    fields = {
        "reasoning": thought,
        "reasoning_content": kept.get("reasoning_content"),
        "reasoning_details": details if isinstance(details, list) else None,
    }
    return {name: value for name, value in fields.items() if value}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
