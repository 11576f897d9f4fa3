"""What an error answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

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
from bot.openrouter.http.failure import failure_from, failure_in, shown

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def refusal(status: int, body: Any, headers: dict[str, str] | None = None, secret: str = "") -> ProviderError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure_from(status, raw, headers or {}, label="Chat failed", now=NOW, secret=secret)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (302, "moved", BadAnswer),
        (400, "temperature must be a number", BadRequest),
        (400, "This endpoint's maximum context length is 8192 tokens", ContextTooLong),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ContextTooLong),
        (400, "nobody/nothing is not a valid model ID", ModelMissing),
        (400, "Output blocked by content policy", Moderated),
        (401, "No auth credentials found", KeyRefused),
        (402, "Insufficient credits", OutOfCredit),
        (403, "Forbidden", KeyRefused),
        (403, "Key limit exceeded (daily limit)", OutOfCredit),
        (403, "Your chosen model requires moderation and your input was flagged", Moderated),
        (404, "No endpoints found for nobody/nothing", ModelMissing),
        (408, "Request timeout", ProviderBusy),
        (409, "conflict", BadRequest),
        (410, "gone", BadRequest),
        (413, "Payload too large", ContextTooLong),
        (422, "unprocessable", BadRequest),
        (429, "Rate limit exceeded", ProviderBusy),
        (499, "client closed", BadRequest),
        (500, "oops", ProviderBusy),
        (502, "bad gateway", ProviderBusy),
        (503, "no provider meets the routing requirements", ProviderBusy),
        (504, "gateway timeout", ProviderBusy),
        (524, "edge timeout", ProviderBusy),
        (529, "overloaded", ProviderBusy),
    ],
)
def test_each_status_is_the_error_that_says_who_can_help(status: int, message: str, kind: type[ProviderError]) -> None:
    error = refusal(status, {"error": {"code": status, "message": message}})

    assert type(error) is kind
    assert str(error).startswith(f"Chat failed (HTTP {status}): {message}")
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (400, None, ProviderBusy),
        (422, None, ProviderBusy),
        (403, None, ProviderBusy),
        (400, "temperature must be a number", BadRequest),
        (400, "prompt is too long", ContextTooLong),
        (400, "flagged by the safety system", Moderated),
        (403, "flagged by the safety system", Moderated),
        (403, "not from your country", ProviderBusy),
        (401, None, KeyRefused),
    ],
)
def test_a_provider_behind_the_router_that_gives_no_cause_is_busy(
    status: int, raw: str | None, kind: type[ProviderError]
) -> None:
    metadata = {"metadata": {"raw": raw}} if raw else {}

    error = refusal(status, {"error": {"code": status, "message": "Provider returned error", **metadata}})

    assert type(error) is kind


def test_moderation_metadata_decides_even_without_words() -> None:
    body = {"error": {"code": 403, "message": "Denied", "metadata": {"reasons": ["violence"], "flagged_input": "x"}}}

    assert type(refusal(403, body)) is Moderated


def test_a_402_tells_how_many_tokens_are_still_affordable() -> None:
    message = (
        "This request requires more credits, or fewer max_tokens. You requested up to 8192, but can only afford 1,234"
    )

    error = refusal(402, {"error": {"code": 402, "message": message}})

    assert isinstance(error, OutOfCredit)
    assert error.affordable_tokens == 1234


@pytest.mark.parametrize(("value", "seconds"), [("20", 20.0), ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0), ("soon", None)])
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert refusal(429, {"error": "slow down"}, {"Retry-After": value}).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": "a string"}, "a string"),
        ({"message": "at the top"}, "at the top"),
        ({"detail": "from a proxy"}, "from a proxy"),
        ({"error": {"code": "model_gone"}}, "model_gone"),
        (b"not json at all", "not json at all"),
        (b"<html><body>hello</body></html>", "a web page instead of JSON; the base URL may be wrong"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {"raw": '{"error":{"message":"image too big"}}'},
                }
            },
            "Provider returned error: image too big",
        ),
        (b"[" * 20000, "[" * 219 + "…"),
    ],
)
def test_the_detail_is_found_wherever_somebody_put_it(body: Any, detail: str) -> None:
    assert str(refusal(400, body)) == f"Chat failed (HTTP 400): {detail}"


def test_details_are_cut_masked_and_kept_on_one_line() -> None:
    key = "sk-or-v1-0123456789abcdef"
    message = f"bad\nheader Authorization: Bearer abc.def-0123456789abcdef and {key} and mykey123 {'x' * 400}"

    error = refusal(400, {"error": {"message": message}}, secret="mykey123")

    text = str(error)
    assert key not in text
    assert "abc.def-0123456789abcdef" not in text
    assert "mykey123" not in text
    assert "\n" not in text
    assert len(text) <= len("Chat failed (HTTP 400): ") + 220


def test_pictures_in_an_error_are_not_shown() -> None:
    assert shown("bad image data:image/png;base64,iVBORw0KGgo= sorry") == "bad image data:… sorry"


def test_a_body_without_an_error_is_no_failure() -> None:
    assert failure_in({"choices": []}, label="Chat failed") is None
    assert failure_in({"error": None}, label="Chat failed") is None


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        ({"code": 429, "message": "slow"}, ProviderBusy, 429),
        ({"code": "402", "message": "no credit"}, OutOfCredit, 402),
        ({"code": "server_error", "message": "upstream broke"}, ProviderBusy, None),
        ({"code": 403, "message": "no", "metadata": {"reasons": ["x"]}}, Moderated, 403),
        ({"code": True, "message": "odd"}, ProviderBusy, None),
        ("just words", ProviderBusy, None),
    ],
)
def test_an_error_inside_a_success_is_told_like_a_refusal(
    error: Any, kind: type[ProviderError], status: int | None
) -> None:
    found = failure_in({"error": error}, label="Chat failed")

    assert type(found) is kind
    assert found.status == status
    assert str(found).startswith("Chat failed")
