"""What refusals mean, in the words that providers really use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.errors import (
    BadRequest,
    ContextTooLong,
    KeyRefused,
    ModelMissing,
    Moderated,
    OutOfCredit,
    ProviderBusy,
    ProviderError,
)
from bot.openrouter.http.failure import DATA_POLICY, failure_from, failure_in

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)

TOO_LONG = [
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens.",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce"
    " the length of the messages.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190210 + 20000 > 200000, decrease input length or `max_tokens`"
    " and try again",
    "The input token count (1264012) exceeds the maximum number of tokens allowed (1048576).",
    "This model's maximum prompt length is 131072 but the request contains 150321 tokens.",
    "Prompt contains 40210 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "Range of input length should be [1, 30720]",
    "InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
    "Total tokens of image and text exceed max message tokens",
    "Invalid request: Your request exceeded model token limit: 8192",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5210 `inputs` tokens",
    "Input is too long for requested model.",
    "too many tokens: size limit exceeded by 10211 tokens. Try using shorter or fewer inputs.",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "The decoder prompt (length 40000) is longer than the maximum model length of 32768.",
    "Trying to keep the first 40000 tokens when context the overflows. The model is loaded with context length 4096",
    "invalid params, context window exceeds limit (2013)",
    "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576",
    "Please reduce the length of the messages or completion.",
    "输入长度超过模型最大上下文限制",
]
PICTURES = [
    "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes",
    "messages.2.content.0.image.source.base64.data: Could not process image",
    "Unable to process input image. Please retry or report",
    "You uploaded an unsupported image. Please make sure your image has of one the following formats: png, jpeg",
    "Image does not match the provided media type image/png",
]
REQUESTS = [
    "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for this model",
    "max_completion_tokens is too large: 200000. This model supports at most 16384 completion tokens",
    "temperature: range 0..1 exceeded",
    "Unsupported parameter: 'top_p' is not supported with this model.",
    "Developer instruction is not enabled for models/gemma-3-27b-it",
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "tool_use ids must match ^[a-zA-Z0-9_-]{1,64}$",
    "Invalid schema for function 'reminder'",
]
OTHERS: list[tuple[str, type[ProviderError]]] = [
    ("vendor/nothing is not a valid model ID", ModelMissing),
    ("The model `gpt-9` does not exist or you do not have access to it.", ModelMissing),
    ("The model `llama2-70b-4096` has been decommissioned and is no longer supported.", ModelMissing),
    ("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", Moderated),
    ("Output data may contain inappropriate content.", Moderated),
    ("Incorrect API key provided: sk-x. You can find your API key at", KeyRefused),
    ("API key not valid: Missing or invalid API key", KeyRefused),
    ("You exceeded your current quota, please check your plan and billing details.", OutOfCredit),
    ("Insufficient Balance", OutOfCredit),
    ("Provider returned error", ProviderBusy),
]


def words(status: int, message: str) -> list[ProviderError]:
    """The same words said by OpenRouter, and by a model's provider behind it, in two forms."""
    raw = json.dumps({"error": {"message": message}})
    bodies: list[dict[str, Any]] = [
        {"error": {"code": status, "message": message}},
        {"error": {"code": status, "message": "Provider returned error", "metadata": {"raw": raw}}},
        {"error": {"code": status, "message": "Provider returned error", "metadata": {"raw": message}}},
    ]
    return [
        failure_from(status, json.dumps(body).encode(), {}, label="Chat", now=NOW)
        for body in (bodies[:1] if message == "Provider returned error" else bodies)
    ]


@pytest.mark.parametrize("message", TOO_LONG)
def test_too_long_is_known_in_all_words(message: str) -> None:
    assert [type(error) for error in words(400, message)] == [ContextTooLong] * 3
    assert [type(error) for error in words(422, "x" * 300 + ". " + message)] == [ContextTooLong] * 3
    assert type(failure_in({"error": {"message": message}}, label="Chat")) is ContextTooLong


@pytest.mark.parametrize("message", PICTURES + REQUESTS)
def test_what_is_wrong_with_a_picture_or_a_field_is_not_taken_for_the_length(message: str) -> None:
    assert {type(error) for error in words(400, message)} == {BadRequest}


@pytest.mark.parametrize(("message", "kind"), OTHERS)
def test_a_400_means_what_its_words_say(message: str, kind: type[ProviderError]) -> None:
    assert type(words(400, message)[0]) is kind


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000"),
        (429, "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 50000"),
        (503, "no provider meets the routing requirements for this prompt"),
        (529, "Overloaded"),
    ],
)
def test_a_rate_limit_in_tokens_is_busy(status: int, message: str) -> None:
    assert type(words(status, message)[0]) is ProviderBusy


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("context_length_exceeded", None, ContextTooLong),
        ("context_length_exceeded", 500, ContextTooLong),
        ("invalid_api_key", None, KeyRefused),
        ("insufficient_quota", None, OutOfCredit),
        ("insufficient_quota", 429, OutOfCredit),
        ("model_not_found", None, ModelMissing),
        ("content_policy_violation", None, Moderated),
        ("rate_limit_exceeded", 400, ProviderBusy),
        ("rate_limit_exceeded", None, ProviderBusy),
        ("resource_exhausted", 401, KeyRefused),
        ("never_heard_of", None, ProviderBusy),
        ("never_heard_of", 400, BadRequest),
    ],
)
def test_a_code_that_is_a_word_is_read_before_the_status(
    code: str, status: int | None, kind: type[ProviderError]
) -> None:
    streamed = {"error": {"code": code, "message": "It did not work."}}
    typed = {"error": {"code": status, "type": code, "message": "It did not work."}}

    if status is None:
        assert type(failure_in(streamed, label="Chat")) is kind
    else:
        assert type(failure_from(status, json.dumps(typed).encode(), {}, label="Chat", now=NOW)) is kind
        assert type(failure_in(typed, label="Chat", now=NOW)) is kind


def test_whose_key_a_provider_behind_the_router_refuses_is_not_ours_to_know() -> None:
    raw = json.dumps({"error": {"code": "invalid_api_key", "message": "nope"}})
    body = {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": raw}}}

    assert type(failure_from(502, json.dumps(body).encode(), {}, label="Chat", now=NOW)) is ProviderBusy


@pytest.mark.parametrize(
    ("headers", "inner", "message", "seconds"),
    [
        ({"Retry-After": "20"}, {"X-RateLimit-Reset": "1"}, "", 20.0),
        ({}, {"Retry-After": "7"}, "", 7.0),
        ({}, {"retry-after": 7}, "", 7.0),
        ({"X-RateLimit-Reset": str(int((NOW + timedelta(hours=6)).timestamp() * 1000))}, {}, "", 21_600.0),
        ({}, {"X-RateLimit-Reset": str(int((NOW + timedelta(hours=6)).timestamp() * 1000))}, "", 21_600.0),
        ({}, {"X-RateLimit-Reset": str(int((NOW + timedelta(hours=6)).timestamp()))}, "", 21_600.0),
        ({}, {"X-RateLimit-Reset": str(int((NOW - timedelta(hours=6)).timestamp() * 1000))}, "", None),
        ({}, {"X-RateLimit-Reset": "never"}, "", None),
        ({}, {}, "Please try again in 1.5s.", 1.5),
        ({}, {}, "Please retry after 2 minutes.", 120.0),
        ({}, {}, "Please try again in 250ms.", 0.25),
        ({}, {}, "Please try again later.", None),
    ],
)
def test_when_to_come_back_is_found_wherever_it_stands(
    headers: dict[str, str], inner: dict[str, Any], message: str, seconds: float | None
) -> None:
    body = {"error": {"code": 429, "message": f"Rate limited. {message}", "metadata": {"headers": inner}}}

    assert failure_from(429, json.dumps(body).encode(), headers, label="Chat", now=NOW).retry_after == seconds
    if not headers:
        streamed = failure_in(body, label="Chat", now=NOW)
        assert streamed is not None and streamed.retry_after == seconds


def test_a_data_policy_that_leaves_no_endpoint_is_named_with_the_page_to_change_it() -> None:
    message = "No endpoints found matching your data policy (Free model training). Configure: https://openrouter.ai/settings/privacy"

    [error] = words(404, message)[:1]

    assert type(error) is ModelMissing
    assert error.tell == DATA_POLICY
