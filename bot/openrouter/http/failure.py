"""Error classification: what an HTTP error, or an error object in a 200 or a stream, means as one `ProviderError`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.errors import KeyRefused, ModelMissing, OutOfCredit, ProviderBusy, ProviderError
from bot.net.redact import Redactor
from bot.openrouter.http.error_kinds import Refusal, kind_of
from bot.openrouter.http.rate_limit_reset import seconds_to_wait

ERROR_READ_BYTES = 16 * 1024
ERROR_SHOWN_CHARACTERS = 220

_CARRIED = re.compile(r"(?i)data:[\w.+/-]+(;[\w=.-]+)*;base64,[A-Za-z0-9+/=_-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_AFFORDABLE = re.compile(r"(?i)can only afford (\d[\d,]{0,12})")
_DATA_POLICY = re.compile(r"(?i)data polic|zero data retention|\bzdr\b|data collection|settings/privacy")
DATA_POLICY = (
    "No provider of that model is allowed by the data policy. The owner of this bot can change it at"
    " https://openrouter.ai/settings/privacy, or you choose another model with /model."
)
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
    like one is masked; what it means is judged by all that was read. `retry_after` is what was asked for, in seconds,
    uncapped.
    Source: OpenRouter docs, errors and debugging.
    """
    text = body[:ERROR_READ_BYTES].decode("utf-8", "replace")
    parsed = _parsed(text)
    detail = _detail(parsed) if isinstance(parsed, dict) else _plain(text, status)
    request = headers.get("X-Request-Id", "") or headers.get("X-Generation-Id", "")
    return _error(
        f"{label} (HTTP {status})",
        Refusal(status, Redactor((secret,)).clean(detail), codes_in(parsed), _metadata(parsed)),
        request=f" [request {shown(request, secret)[:64]}]" if request else "",
        retry_after=seconds_to_wait(headers, _metadata(parsed), detail, now),
    )


def failure_in(
    body: Mapping[str, Any], *, label: str, secret: str = "", now: datetime | None = None
) -> ProviderError | None:
    """The error that a 200 body or a stream event carries in its top-level `error`, or None.

    A numeric code counts as the HTTP status, one that is a word is looked up. An unknown one is `ProviderBusy`: the
    model's own provider failed, and another try may reach a healthy one. `now` None: the wall clock's. Source:
    OpenRouter docs, streaming.
    """
    error = body.get("error")
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    status = _status(code)
    heading = f"{label} (HTTP {status})" if status else label
    detail = _detail(dict(body))
    named = f" [code {shown(str(code), secret)[:64]}]" if status is None and code else ""
    return _error(
        heading,
        Refusal(status, Redactor((secret,)).clean(detail), codes_in(body), _metadata(body)),
        request=named,
        retry_after=seconds_to_wait({}, _metadata(body), detail, now or datetime.now(UTC)),
    )


def shown(text: str, secret: str = "") -> str:
    """`text` on one line without secrets, 220 characters at most."""
    text = _CARRIED.sub("data:…", Redactor((secret,)).clean(text))
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= ERROR_SHOWN_CHARACTERS else text[: ERROR_SHOWN_CHARACTERS - 1] + "…"


def detail_of(body: object) -> str:
    """The words of an error body as the provider wrote them, "" when it has none."""
    return _detail(body) if isinstance(body, dict) else ""


def _error(heading: str, refusal: Refusal, *, request: str, retry_after: float | None) -> ProviderError:
    kind = kind_of(refusal)
    fix = f". {_FIXES[kind]}" if kind in _FIXES else ""
    text = shown(refusal.detail) + request
    message = (f"{heading}: {text}" if text else heading) + fix
    status, detail = refusal.status, refusal.detail
    if kind is OutOfCredit:
        afford = _AFFORDABLE.search(detail)
        tokens = int(afford[1].replace(",", "")) if afford else None
        return OutOfCredit(message, status=status, retry_after=retry_after, detail=detail, affordable_tokens=tokens)
    tell = DATA_POLICY if kind is ModelMissing and _DATA_POLICY.search(detail) else None
    return kind(message, tell=tell, status=status, retry_after=retry_after, detail=detail)


def _status(code: object) -> int | None:
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code <= 599 else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def codes_in(body: object) -> tuple[str, ...]:
    """The words under code, type and status of an error, in lower case, those of the model's own provider marked by
    `upstream:`; numbers are no words."""
    error = body.get("error") if isinstance(body, Mapping) else None
    raw = _metadata(body).get("raw")
    inner = _parsed(raw) if isinstance(raw, str) else raw
    inner_error = inner.get("error", inner) if isinstance(inner, dict) else None
    return (*_code_words(error, ""), *_code_words(body, ""), *_code_words(inner_error, "upstream:"))


def _code_words(error: object, mark: str) -> tuple[str, ...]:
    values = [error.get(name) for name in ("code", "type", "status")] if isinstance(error, Mapping) else []
    return tuple(mark + value.strip().lower() for value in values if isinstance(value, str) and not value.isdigit())


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
