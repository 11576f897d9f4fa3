"""Error kinds: which `ProviderError` a refusal is, by its codes, its status and its words, in this order.

Codes that are words say it best. A status comes next; 400, and an error in a stream without one, mean anything, so
there the words decide. The words are those of many providers: OpenRouter hands on what the model's own provider wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
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

Kind = type[ProviderError]

UPSTREAM = re.compile(r"(?i)provider returned error")
"""OpenRouter's words for: the model's own provider refused, for a reason of its own."""

_CODES: dict[Kind, str] = {
    ContextTooLong: "context_length_exceeded context_window_exceeded context_window_exceeded_error prompt_too_long"
    " request_too_large exceed_context_size_error model_max_prompt_tokens_exceeded string_above_max_length"
    " input_too_long max_context_length_exceeded",
    KeyRefused: "invalid_api_key incorrect_api_key authentication_error invalid_authentication unauthorized"
    " invalid_token account_deactivated unauthenticated no_api_key missing_api_key",
    OutOfCredit: "insufficient_quota insufficient_credits insufficient_balance billing_hard_limit_reached"
    " billing_not_active payment_required billing_error exceeded_current_quota_error arrearage",
    ModelMissing: "model_not_found model_not_available model_not_supported model_deprecated model_decommissioned"
    " deploymentnotfound no_such_model modelnotfound",
    Moderated: "content_policy_violation content_filter responsibleaipolicyviolation moderation_blocked"
    " data_inspection_failed image_content_policy_violation content_violation sensitive_words_detected",
    ProviderBusy: "rate_limit_exceeded rate_limit_error rate_limit_reached_error too_many_requests overloaded"
    " overloaded_error engine_overloaded engine_overloaded_error server_error internal_server_error api_error"
    " service_unavailable resource_exhausted timeout timeout_error unavailable deadline_exceeded",
}
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
# Whose key and credit it is that a provider behind the router complains about is not ours to know.
_BY_UPSTREAM_CODE = {code: kind for code, kind in _BY_CODE.items() if kind in (ContextTooLong, Moderated)}

_SIZE = r"(?:tokens?|context|inputs?|prompts?|messages?|conversation)\b"
_OVER = (
    r"(?:exceed\w*|maximum|limits?\b|too (?:long|large|many|big)|longer than|must be (?:<|less)|larger than|overflows?)"
)
_TOO_LONG = re.compile(
    rf"(?is){_SIZE}.{{0,140}}?{_OVER}|{_OVER}.{{0,80}}?{_SIZE}|context[ _](?:length|window|size)"
    r"|reduce the length|length should be \[|string too long"
    r"|(?:输入|上下文|提示|长度|token).{0,20}超|超(?:过|出|长).{0,20}(?:长度|上下文|限制|token)"
)
_CLEARLY_TOO_LONG = re.compile(
    r"(?i)context[ _](?:length|window|size|limit)|(?:prompt|input) (?:is )?too long|maximum (?:prompt|context|input)"
)
# The limit of the answer, of one picture or of a minute is not that of the conversation.
_ANSWER_LIMIT = re.compile(r"(?i)max(?:imum)?[ _](?:completion|output|new)?[ _]?tokens|output tokens")
_CONVERSATION = re.compile(r"(?i)context|prompt|inputs?\b|messages?\b|conversation")
_PICTURE = re.compile(r"(?i)\bimages?\b|\bpictures?\b|image_url|media[ _]type|multimodal|\bvision\b")
_KEY_LIMIT = re.compile(r"(?i)(key|spend\w*|credit|budget|usage)[^.]{0,24}\blimit|limit (exceeded|reached)|quota")
_DECLINED = re.compile(
    r"(?i)moderation|flagged|content[ _](policy|filter|management policy)|safety (system|policy|filter)"
    r"|prohibited content|inappropriate content|usage polic"
)
_NO_SUCH_MODEL = re.compile(
    r"(?i)not a valid model|(model|endpoint)s? (was |were )?not found|no endpoints found|unknown model"
    r"|model\b[^.]{0,80}(does not exist|is not available|has been (deprecated|decommissioned|removed))"
)
_BAD_KEY = re.compile(r"(?i)(invalid|incorrect|missing|expired|revoked)[^.]{0,12} api[ _-]?key|no auth credentials")
_NO_CREDIT = re.compile(r"(?i)insufficient (credits?|balance|funds|quota)|exceeded your current quota")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error says. `detail` are its words, uncut and without secrets; `codes` its codes that are words."""

    status: int | None
    detail: str
    codes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None

    @property
    def declined(self) -> bool:
        """Whether it was refused for its content."""
        metadata = self.metadata or {}
        marked = bool(metadata.get("reasons") or metadata.get("flagged_input"))
        return marked or _DECLINED.search(self.detail) is not None


def kind_of(refusal: Refusal) -> Kind:
    """The error that a refusal is. Source: OpenRouter docs, errors and debugging; the providers' error references."""
    return _by_code(refusal) or _by_status(refusal)


def _by_code(refusal: Refusal) -> Kind | None:
    for code in refusal.codes:
        upstream = code.startswith("upstream:")
        kind = _BY_UPSTREAM_CODE.get(code.removeprefix("upstream:")) if upstream else _BY_CODE.get(code)
        if kind is ProviderBusy and refusal.status is not None and refusal.status not in (400, 422):
            return None  # the status says it more precisely
        if kind is not None:
            return kind
    return None


def _by_status(refusal: Refusal) -> Kind:
    status, detail = refusal.status, refusal.detail
    match status:
        case None:
            return _by_words(refusal, unknown=ProviderBusy)
        case 401:
            return KeyRefused
        case 402:
            return OutOfCredit
        case 403 if refusal.declined:
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
            return ContextTooLong if _CLEARLY_TOO_LONG.search(detail) else ProviderBusy
        case _ if status < 400:
            return BadAnswer
    # Without a cause there is nothing to mend: another try or another model may reach a healthy provider.
    return _by_words(refusal, unknown=ProviderBusy if UPSTREAM.fullmatch(detail.strip(" .")) else BadRequest)


def _by_words(refusal: Refusal, *, unknown: Kind) -> Kind:
    """What a 400 or 422 means, or an error without a status."""
    detail = refusal.detail
    if is_too_long(detail):
        return ContextTooLong
    if _NO_SUCH_MODEL.search(detail):
        return ModelMissing
    if refusal.declined:
        return Moderated
    if unknown is ProviderBusy and refusal.status is None and is_about_pictures(detail):
        return BadRequest
    if not UPSTREAM.match(detail):
        if _BAD_KEY.search(detail):
            return KeyRefused
        if _NO_CREDIT.search(detail):
            return OutOfCredit
    return unknown


def is_too_long(detail: str) -> bool:
    """Whether the words say that the conversation does not fit the model: not the answer, not a picture, not what a
    minute allows."""
    if is_about_answer_limit(detail) or re.search(r"(?i)per (?:minute|day|hour|second)|rate limit", detail):
        return False
    if is_about_pictures(detail) and "token" not in detail.lower():
        return False
    return _TOO_LONG.search(detail) is not None


def is_about_answer_limit(detail: str) -> bool:
    """Whether the words are about the longest answer that was asked for."""
    return _ANSWER_LIMIT.search(detail) is not None and _CONVERSATION.search(detail) is None


def is_about_pictures(detail: str) -> bool:
    """Whether the words are about pictures."""
    return _PICTURE.search(detail) is not None
