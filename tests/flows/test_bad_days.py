"""The provider's bad days: one honest sentence or a healed answer, never silence, never half an answer as a whole."""

from __future__ import annotations

import pytest

from bot.sandbox.faults import (
    CannotAfford,
    EndEarly,
    ErrorInside200,
    Fault,
    Garbage,
    HtmlAnswer,
    MidStreamError,
    NullChoices,
    StatusError,
    Truncate,
)
from tests.flows.world import World
from tests.sides import TelegramSide

WHOLE = "one two three four five six seven eight"
PASSING: tuple[Fault, ...] = (
    StatusError(429, "slow down", retry_after="0"),
    StatusError(503, "down"),
    ErrorInside200(),
    Truncate(after_events=3),
    EndEarly(after_events=3),
    MidStreamError(after_events=3),
    Garbage(),
    NullChoices(),
)
LASTING: tuple[tuple[Fault, str], ...] = (
    (StatusError(401, "no"), "key was refused"),
    (StatusError(402, "no credit"), "out of credit"),
    (CannotAfford(tokens=0), "out of credit"),
    (StatusError(403, "flagged", metadata={"reasons": ["violence"], "flagged_input": "x"}), "declined"),
    (HtmlAnswer(), "model service"),
)


@pytest.mark.parametrize("fault", PASSING, ids=repr)
async def test_what_passes_is_healed(on_telegram: World, telegram: TelegramSide, fault: Fault) -> None:
    on_telegram.sandbox.faults.add("/chat/completions", do=fault, times=1)
    await telegram.say(f"reply with exactly: {WHOLE}")

    await on_telegram.answer(WHOLE)
    await on_telegram.settled()
    assert on_telegram.texts() == [WHOLE]


@pytest.mark.parametrize(("fault", "sentence"), LASTING, ids=repr)
async def test_what_lasts_is_said(on_telegram: World, telegram: TelegramSide, fault: Fault, sentence: str) -> None:
    on_telegram.sandbox.faults.add("/chat/completions", do=fault, times=None)
    await telegram.say(f"reply with exactly: {WHOLE}")
    await telegram.until(lambda: any(sentence in text for text in on_telegram.texts()), 60)
    await on_telegram.settled()

    assert len(on_telegram.texts()) == 1
    assert not on_telegram.texts()[0].endswith(WHOLE)

    on_telegram.sandbox.faults.clear()
    await telegram.say("reply with exactly: back again")
    await on_telegram.answer("back again")
