"""Request repair after a refusal: what can be changed so that it is worth asking once more."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.core.errors import BadRequest, ContextTooLong, ModelMissing, OutOfCredit, ProviderError
from bot.openrouter.chat.messages import estimated_tokens
from bot.openrouter.http.error_kinds import is_about_answer_limit, is_about_pictures
from bot.openrouter.shaping.shape import Body, with_messages, without

Remedy = Callable[[Body, ProviderError, int], Body | None]

AFFORDABLE_SHARE = 0.9
TOKENS_AT_LEAST = 16
_LIMITS = ("max_completion_tokens", "max_tokens")
# Routing and plugins are the operator's decisions on privacy and price: a refusal never takes them out.
_NEEDED = frozenset({"model", "messages", "stream", "user", "provider", "plugins", "max_tokens"})
_UNSUPPORTED = re.compile(
    r"(?i)unsupported|not (?:be )?(?:supported|allowed|permitted|enabled)|unknown|unrecogni[sz]ed|unexpected|extra"
    r"|does ?n[o']t support|invalid|not available|no endpoints found"
)
_NO_TOOLS = re.compile(
    r"(?i)\b(?:tools?|tool[ _](?:use|calling|choice)|functions?(?: calling)?)\b[^.]{0,60}"
    r"(?:support|not available|not enabled|not allowed)|support[^.]{0,40}(?:\btools?\b|function calling)"
)
_NO_SYSTEM = re.compile(
    r"(?i)(?:system|developer)[ _](?:role|prompt|instruction|message)s?\b[^.]{0,40}(?:support|enabled|allowed)"
    r"|support[^.]{0,20}(?:system|developer)[ _](?:role|prompt|instruction|message)|roles? must alternate"
)
_NO_PICTURES = re.compile(
    r"(?i)(image|vision|picture|multimodal)[^.]{0,40}(support|input|allow)|support[^.]{0,20}image"
)
_NUMBER = re.compile(r"\d{2,9}")
UNSEEN = "[a picture was sent; this model cannot see pictures]"
UNREAD = "[a picture was sent; the model could not read it]"


def afford_less(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """A little below what the account can still pay for, when the refusal names an amount.

    Source: OpenRouter docs, errors; the credit check counts the longest possible answer."""
    tokens = error.affordable_tokens if isinstance(error, OutOfCredit) else None
    return _limited(body, int(tokens * AFFORDABLE_SHARE)) if tokens else None


def leave_room(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """A shorter answer, when prompt and longest answer together pass the context."""
    if not isinstance(error, ContextTooLong) or error.status == 413:
        return None
    return _limited(body, context_tokens - estimated_tokens(body) - 1)


def shorten_answer(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """The longest answer that the refusal names, when it is about the answer's limit."""
    if not isinstance(error, BadRequest) or not is_about_answer_limit(error.detail):
        return None
    now = next((body[name] for name in _LIMITS if isinstance(body.get(name), int)), 0)
    named = [number for number in map(int, _NUMBER.findall(error.detail)) if number < now]
    return _limited(body, max(named)) if named else None


def drop_named_field(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """The request without the optional field that a refusal names as unsupported; the token limit is renamed
    instead."""
    text = error.detail
    if not isinstance(error, BadRequest | ModelMissing) or not _UNSUPPORTED.search(text):
        return None
    named = [
        field
        for field in body
        if field not in _NEEDED and re.search(rf"(?<![\w./-]){re.escape(field)}(?![\w/-])", text)
    ]
    if not named:
        return None
    field = max(named, key=len)
    rest = without(body, field, *(("tool_choice", "parallel_tool_calls") if field == "tools" else ()))
    return {**rest, "max_tokens": body[field]} if field == "max_completion_tokens" else rest


def leave_out_newest_pictures(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """A note in place of the pictures that were sent last, when a provider could not read one."""
    if not isinstance(error, BadRequest) or not is_about_pictures(error.detail):
        return None
    messages = body["messages"]
    newest = next((place for place in reversed(range(len(messages))) if _has_pictures(messages[place])), None)
    if newest is None:
        return None
    return {**body, "messages": [*messages[:newest], _noted(messages[newest], UNREAD), *messages[newest + 1 :]]}


def leave_out_all_pictures(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """Notes in place of all pictures, when no route takes pictures, or one of the older ones cannot be read either."""
    refused = _NO_PICTURES.search if isinstance(error, ModelMissing) else is_about_pictures
    if not isinstance(error, ModelMissing | BadRequest) or not refused(error.detail):
        return None
    note = UNSEEN if isinstance(error, ModelMissing) else UNREAD
    messages = [_noted(message, note) for message in body["messages"]]
    return None if messages == body["messages"] else {**body, "messages": messages}


def leave_out_tools(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """The request without tools, when the model takes none."""
    refused = isinstance(error, ModelMissing | BadRequest) and "tools" in body and _NO_TOOLS.search(error.detail)
    return without_tools(body) if refused else None


def speak_as_user(body: Body, error: ProviderError, context_tokens: int) -> Body | None:
    """The instructions in the first thing that the person says, when the model takes no system role."""
    changed = without_system(body)
    refused = isinstance(error, ModelMissing | BadRequest) and _NO_SYSTEM.search(error.detail)
    return changed if refused and changed != body else None


REMEDIES: tuple[Remedy, ...] = (
    afford_less,
    leave_room,
    shorten_answer,
    leave_out_tools,
    speak_as_user,
    leave_out_newest_pictures,
    leave_out_all_pictures,
    drop_named_field,
)


def without_tools(body: Body) -> Body:
    """The body with no tool to call, and the calls of earlier answers and their results in words."""
    messages = [_in_words(message) for message in body["messages"]]
    return with_messages(without(body, "tools", "tool_choice", "parallel_tool_calls"), messages)


def without_system(body: Body) -> Body:
    """The body with its instructions in front of the first thing that the person says."""
    messages = body["messages"]
    spoken = [message for message in messages if message.get("role") not in ("system", "developer")]
    orders = [_words_of(message) for message in messages if message.get("role") in ("system", "developer")]
    if not orders:
        return body
    first: Body = spoken[0] if spoken and spoken[0].get("role") == "user" else {"role": "user", "content": ""}
    parts = first["content"] if isinstance(first["content"], list) else [_text(first["content"])]
    opening = {**first, "content": [_text("\n\n".join(orders)), *(part for part in parts if part != _text(""))]}
    return with_messages(body, [opening, *(spoken[1:] if first in spoken[:1] else spoken)])


LESSONS: dict[Remedy, Callable[[Body], Body]] = {leave_out_tools: without_tools, speak_as_user: without_system}
"""What a remedy that worked once teaches about a model: how its next requests begin."""


def pictures_in(body: Body) -> frozenset[str]:
    """The addresses of the pictures that a request shows."""
    contents = (message.get("content") for message in body["messages"])
    parts = (part for content in contents if isinstance(content, list) for part in content)
    return frozenset(part["image_url"]["url"] for part in parts if part.get("type") == "image_url")


def _limited(body: Body, tokens: int) -> Body | None:
    """The body with a lower token limit; None when that would not be lower, or too low for any answer."""
    name = next((name for name in _LIMITS if isinstance(body.get(name), int)), _LIMITS[0])
    now = body.get(name)
    if tokens < TOKENS_AT_LEAST or (isinstance(now, int) and tokens >= now):
        return None
    return {**body, name: tokens}


def _has_pictures(message: Body) -> bool:
    return message != _noted(message, UNREAD)


def _noted(message: Body, note: str) -> Body:
    """The message with a note for each of its pictures."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [_text(note) if part.get("type") == "image_url" else part for part in content]}


def _in_words(message: Body) -> Body:
    """The message without a trace of tools: a call and a result as what was said."""
    if message.get("role") == "tool":
        return {"role": "user", "content": f"[result of the tool]\n{_words_of(message)}"}
    if not message.get("tool_calls"):
        return message
    functions = [call["function"] for call in message["tool_calls"]]
    calls = [f"[called {function['name']}({function['arguments']})]" for function in functions]
    return {**without(message, "tool_calls"), "content": "\n".join(filter(None, (_words_of(message), *calls)))}


def _words_of(message: Body) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n\n".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def _text(text: str) -> Body:
    return {"type": "text", "text": text}
