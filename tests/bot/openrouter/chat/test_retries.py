"""Whether, when and how to ask again."""

from __future__ import annotations

import pytest

from bot.core.errors import BadRequest, ContextTooLong, OutOfCredit, ProviderBusy, ProviderError
from bot.openrouter.chat.retries import EmptyCompletion, RetryLimits, Tries
from bot.openrouter.http.failure import Unreached
from tests.fakes.clock import FakeClock

BODY = {"model": "v/m", "messages": [], "max_completion_tokens": 1_000}


@pytest.fixture
def tries(clock: FakeClock) -> Tries:
    return Tries(RetryLimits(), clock=clock, context_tokens=1_000, jitter=lambda: 1.0)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Unreached("x"), "The model service cannot be reached."),
        (ProviderBusy("x", status=503), "The model is busy."),
        (ProviderBusy("x"), "The answer broke off."),
    ],
)
def test_the_person_is_told_why(tries: Tries, error: ProviderError, why: str) -> None:
    _, notice = tries.next(BODY, error)

    assert notice.tell == f"{why} I will try again in a moment."


async def test_the_window_opens_with_the_first_failure(clock: FakeClock, tries: Tries) -> None:
    await clock.advance(500)
    tries.next(BODY, ProviderBusy("x"))
    await clock.advance(87)
    tries.next(BODY, ProviderBusy("x"))
    await clock.advance(1)

    with pytest.raises(ProviderBusy):
        tries.next(BODY, ProviderBusy("x"))


async def test_half_an_answer_is_not_looked_at_for_long(clock: FakeClock, tries: Tries) -> None:
    for _ in range(4):
        await clock.advance(tries.next(BODY, ProviderBusy("x", status=503))[1].wait_seconds)
    began = clock.monotonic()
    waits = []
    with pytest.raises(ProviderBusy):
        while True:
            waits.append(tries.next(BODY, ProviderBusy("x", retry_after=5.0), seen=True)[1].wait_seconds)
            await clock.advance(waits[-1])

    assert waits == [5.0, 5.0, 5.0]
    assert clock.monotonic() - began <= 20


async def test_a_service_that_fails_after_half_an_answer_has_no_more_time_than_one_that_breaks_again(
    clock: FakeClock, tries: Tries
) -> None:
    tries.next(BODY, ProviderBusy("x"), seen=True)
    await clock.advance(18)
    tries.next(BODY, ProviderBusy("x", retry_after=2.0))

    with pytest.raises(ProviderBusy):
        tries.next(BODY, ProviderBusy("x", retry_after=3.0))


def test_before_the_first_word_it_is_tried_eight_times(tries: Tries) -> None:
    for _ in range(8):
        tries.next(BODY, ProviderBusy("x"))

    with pytest.raises(ProviderBusy):
        tries.next(BODY, ProviderBusy("x"))


def test_each_remedy_is_tried_once(tries: Tries) -> None:
    poor = OutOfCredit("x", status=402, affordable_tokens=100)

    body, _ = tries.next(BODY, poor)

    assert body == {**BODY, "max_completion_tokens": 90}
    assert BODY["max_completion_tokens"] == 1_000
    with pytest.raises(OutOfCredit):
        tries.next(body, OutOfCredit("x", status=402, affordable_tokens=50))


@pytest.mark.parametrize("affordable", [0, 10, 1_112, 5_000])
def test_an_answer_that_would_be_no_shorter_or_no_answer_at_all_is_not_asked_for(tries: Tries, affordable: int) -> None:
    with pytest.raises(OutOfCredit):
        tries.next(BODY, OutOfCredit("x", status=402, affordable_tokens=affordable))


def test_a_refusal_that_names_no_field_of_ours_is_final(tries: Tries) -> None:
    with pytest.raises(BadRequest):
        tries.next({**BODY, "temperature": 1}, BadRequest("unsupported value for model", status=400))


def test_dropping_tools_drops_the_choice_among_them(tries: Tries) -> None:
    body = {**BODY, "tools": [{}], "tool_choice": "auto", "parallel_tool_calls": True}

    assert tries.next(body, BadRequest("tools is not supported", status=400))[0] == BODY


def test_nothing_at_all_is_asked_for_once_more(tries: Tries) -> None:
    tries.next(BODY, EmptyCompletion("x"))

    with pytest.raises(EmptyCompletion):
        tries.next(BODY, EmptyCompletion("x"))


def test_a_request_too_large_for_the_door_is_not_helped_by_a_shorter_answer(tries: Tries) -> None:
    with pytest.raises(ContextTooLong):
        tries.next(BODY, ContextTooLong("x", status=413))

    assert tries.next(BODY, ContextTooLong("x", status=400))[0]["max_completion_tokens"] == 999
