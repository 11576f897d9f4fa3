"""Chat message format, the conversation as the endpoint takes it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bot.core.chat import Assistant, Call, ChatMessage, System, ToolResult, ToolSpec, User, weight
from bot.core.errors import BadRequest, MediaError
from bot.core.messages import Blob
from bot.core.ports.store import Blobs
from bot.media.dataurl import data_url
from bot.openrouter.chat.replay import repaired
from bot.openrouter.refs import drops_replayed_thinking, is_anthropic

Album = Mapping[str, str]
"""Data URLs by content hash; "" for a picture that the model could not read."""

PICTURE_CHARACTERS = 8_000
_UNSEEN = "[{count} picture(s) were sent; this model cannot see pictures]"
_GONE = "[a picture was sent; it is no longer here]"
_UNREAD = "[a picture was sent; the model could not read it]"
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
    together. What providers said goes out repaired, see `repaired`. Source: OpenRouter docs, API reference, images.
    """
    wire: list[dict[str, Any]] = []
    shown: list[Blob] = []
    for message in repaired(messages, slug):
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
                wire.append({"role": "tool", "tool_call_id": call_id, "content": text})
                shown += pictures
    return [*wire, _user(_FROM_TOOL, shown, album, sees)] if shown else wire


def unread_notice(messages: Sequence[ChatMessage], unread: Collection[str]) -> str:
    """One sentence that names the pictures which the model did not get, by their place in the newest message with
    pictures; "" when it got all."""
    if not unread:
        return ""
    shown = next((pictures for message in reversed(messages) if (pictures := _pictures(message))), ())
    places = [str(place) for place, blob in enumerate(shown, 1) if blob.sha256 in unread]
    if not places:
        return "The model could not read a picture from earlier in this chat; I left it out."
    if len(places) == len(shown):
        which = "your picture" if len(shown) == 1 else f"any of your {len(shown)} pictures"
    else:
        which = f"picture {' and '.join(places)} of {len(shown)}"
    return f"The model could not read {which}; I asked without {'it' if len(places) == 1 else 'them'}."


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
    """Roughly how many tokens a request takes: a token for four characters by weight, a quarter more to be safe."""
    characters = sum(_characters(message) for message in body.get("messages") or ())
    rest = {name: body[name] for name in ("tools", "response_format") if name in body}
    if rest:
        characters += len(json.dumps(rest))
    return math.ceil(characters / 4 * 1.25)


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return weight(value)
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
        note = _GONE if url is None else _UNREAD
        parts.append({"type": "image_url", "image_url": {"url": url}} if url else _text(note))
    return {"role": "user", "content": parts}


def _assistant(message: Assistant, slug: str) -> list[dict[str, Any]]:
    """The answer with its calls and its thinking. An answer of nothing at all is left out: some providers refuse it."""
    if not message.text and not message.calls:
        return []
    wire: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    if message.calls:
        wire["tool_calls"] = [_call(call) for call in message.calls]
    return [wire if drops_replayed_thinking(slug) else {**wire, **_replayed(message.reasoning)}]


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


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
