"""Error classification: what an HTTP error, or an error object in a 200 or a stream, means as one `ProviderError`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.errors import (
    BadAnswer,
    BadRequest,
    ContextTooLong,
    KeyRefused,
    ModelMissing,
    Moderated,
    OutOfCredit,
    ProviderBusy,
    ProviderError,
)
from bot.net.redact import Redactor
from bot.net.retry_after import parse_retry_after

ERROR_READ_BYTES = 16 * 1024
ERROR_SHOWN_CHARACTERS = 220

_CARRIED = re.compile(r"(?i)data:[\w.+/-]+(;[\w=.-]+)*;base64,[A-Za-z0-9+/=_-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_KEY_LIMIT = re.compile(r"(?i)(key|spend\w*|credit|budget|usage)[^.]{0,24}\blimit|limit (exceeded|reached)|quota")
_TOO_LONG = re.compile(
    r"(?i)context[ _](length|window|size)|maximum context|(prompt|input|request|message)s? (is|are) too (long|large)"
    r"|too many (input )?tokens|reduce the length"
)
_DECLINED = re.compile(
    r"(?i)moderation|flagged|content[ _](policy|filter)|safety (system|policy|filter)|prohibited content"
)
_NO_SUCH_MODEL = re.compile(
    r"(?i)not a valid model|(model|endpoint)s? (was |were )?not found|no endpoints found|unknown model"
)
UPSTREAM = re.compile(r"(?i)provider returned error")
"""OpenRouter's words for: the model's own provider refused, for a reason of its own."""
_AFFORDABLE = re.compile(r"(?i)can only afford (\d[\d,]{0,12})")
_FIXES: dict[type[ProviderError], str] = {
    KeyRefused: "Sign in again or set OPENROUTER_API_KEY to a working key",
    OutOfCredit: "Add credit, or raise the limit of the key, at the provider",
    ModelMissing: "Choose another model",
}


class Unreached(ProviderBusy):
    """The connection was never made, so nothing was asked and nothing can have been paid."""


class Distrusted(ProviderError):
    """The other side could not show that it is the provider: nothing was asked, and asking again is no use."""

    tell = "The model service cannot be reached safely. The owner of this bot needs to look at it."


def failure_from(
    status: int, body: bytes, headers: Mapping[str, str], *, label: str, now: datetime, secret: str = ""
) -> ProviderError:
    """The error an HTTP answer stands for: `label (HTTP status): detail`.

    `body` is read up to 16 KiB and shown up to 220 characters, `secret` (the key) and everything that looks
    like one is masked. `retry_after` is what the header asked for, in seconds, uncapped.
    Source: OpenRouter docs, errors and debugging.
    """
    text = body[:ERROR_READ_BYTES].decode("utf-8", "replace")
    parsed = _parsed(text)
    detail = _detail(parsed) if isinstance(parsed, dict) else _plain(text, status)
    request = headers.get("X-Request-Id", "") or headers.get("X-Generation-Id", "")
    return _error(
        status,
        f"{label} (HTTP {status})",
        shown(detail, secret) + (f" [request {shown(request, secret)[:64]}]" if request else ""),
        metadata=_metadata(parsed),
        retry_after=parse_retry_after(headers.get("Retry-After"), now),
    )


def failure_in(body: Mapping[str, Any], *, label: str, secret: str = "") -> ProviderError | None:
    """The error that a 200 body or a stream event carries in its top-level `error`, or None.

    A numeric code counts as the HTTP status. An unknown code is `ProviderBusy`: the model's own
    provider failed, and another try may reach a healthy one. Source: OpenRouter docs, streaming.
    """
    error = body.get("error")
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    status = _status(code)
    heading = f"{label} (HTTP {status})" if status else label
    text = shown(_detail(dict(body)), secret)
    if status is None and code:
        text = f"{text} [code {shown(str(code), secret)[:64]}]"
    return _error(status, heading, text, metadata=_metadata(body), retry_after=None)


def shown(text: str, secret: str = "") -> str:
    """`text` on one line without secrets, 220 characters at most."""
    text = _CARRIED.sub("data:…", Redactor((secret,)).clean(text))
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= ERROR_SHOWN_CHARACTERS else text[: ERROR_SHOWN_CHARACTERS - 1] + "…"


def detail_of(body: object) -> str:
    """The words of an error body as the provider wrote them, "" when it has none."""
    return _detail(body) if isinstance(body, dict) else ""


def _error(
    status: int | None, heading: str, detail: str, *, metadata: Mapping[str, Any], retry_after: float | None
) -> ProviderError:
    kind = _kind(status, detail, metadata)
    fix = f". {_FIXES[kind]}" if kind in _FIXES else ""
    message = (f"{heading}: {detail}" if detail else heading) + fix
    if kind is OutOfCredit:
        afford = _AFFORDABLE.search(detail)
        tokens = int(afford[1].replace(",", "")) if afford else None
        return OutOfCredit(message, status=status, retry_after=retry_after, affordable_tokens=tokens)
    return kind(message, status=status, retry_after=retry_after)


def _kind(status: int | None, detail: str, metadata: Mapping[str, Any]) -> type[ProviderError]:
    declined = bool(metadata.get("reasons") or metadata.get("flagged_input"))
    match status:
        case None:
            return Moderated if declined or _DECLINED.search(detail) else ProviderBusy
        case 401:
            return KeyRefused
        case 402:
            return OutOfCredit
        case 403 if declined or _DECLINED.search(detail):
            return Moderated
        case 403 if UPSTREAM.match(detail):
            return ProviderBusy
        case 403:
            return OutOfCredit if _KEY_LIMIT.search(detail) else KeyRefused
        case 404:
            return ModelMissing
        case 408 | 429:
            return ProviderBusy
        case 413:
            return ContextTooLong
        case _ if status >= 500:
            return ProviderBusy
        case _ if status < 400:
            return BadAnswer
    return _refusal(detail, declined=declined)


def _refusal(detail: str, *, declined: bool) -> type[ProviderError]:
    """What a 400 or 422 means: the words decide, because providers behind the router use one status for all."""
    if _TOO_LONG.search(detail):
        return ContextTooLong
    if _NO_SUCH_MODEL.search(detail):
        return ModelMissing
    if declined or _DECLINED.search(detail):
        return Moderated
    # Without a cause there is nothing to mend: another try or another model may reach a healthy provider.
    return ProviderBusy if UPSTREAM.fullmatch(detail.strip(" .")) else BadRequest


def _status(code: object) -> int | None:
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code <= 599 else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _metadata(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, Mapping) else None
    metadata = error.get("metadata") if isinstance(error, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _detail(body: dict[str, Any]) -> str:
    """The words of an error body, with what the model's own provider said: it explains "Provider returned error"."""
    words = _words(body)
    raw = _metadata(body).get("raw")
    inner = _parsed(raw) if isinstance(raw, str) else raw
    cause = _words(inner) if isinstance(inner, dict) else _text(raw)
    return f"{words}: {cause}" if cause and cause not in words else words


def _words(body: dict[str, Any]) -> str:
    """The first text among the places where OpenRouter, a model's provider or a proxy in between puts it."""
    error = body.get("error")
    inside = (error.get("message"), error.get("code")) if isinstance(error, dict) else (error,)
    places = (*inside, body.get("message"), body.get("error_description"), body.get("detail"))
    return next((text for text in map(_text, places) if text), "")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _plain(text: str, status: int) -> str:
    if text.lstrip().startswith("<"):
        return "a web page instead of JSON; the base URL may be wrong" if status < 500 else "a web page instead of JSON"
    return text
