"""What of an answer is spoken."""

from __future__ import annotations

import pytest

from bot.agent.speak import VoiceMode, shorten, word

LONG = "This sentence is long enough to be spoken."
TAGGED = "[[tts]]Hello there, friend.[[/tts]]"


def said(answer: str, mode: VoiceMode, *, spoken_to: bool = True, has_media: bool = False, longest: int = 1500) -> str:
    return word(answer, mode, spoken_to=spoken_to, has_media=has_media, longest=longest).said


@pytest.mark.parametrize(
    ("mode", "spoken_to", "spoken"),
    [
        (VoiceMode.OFF, True, False),
        (VoiceMode.ALWAYS, False, True),
        (VoiceMode.ALWAYS, True, True),
        (VoiceMode.INBOUND, False, False),
        (VoiceMode.INBOUND, True, True),
        (VoiceMode.TAGGED, True, False),
    ],
)
def test_each_mode_speaks_when_it_says(mode: VoiceMode, spoken_to: bool, spoken: bool) -> None:
    assert said(LONG, mode, spoken_to=spoken_to) == (LONG if spoken else "")


@pytest.mark.parametrize(("answer", "spoken"), [("Yes, sure", False), ("Yes, sure!", True), ("   Yes    ", False)])
def test_an_answer_under_ten_characters_is_not_spoken(answer: str, spoken: bool) -> None:
    assert bool(said(answer, VoiceMode.ALWAYS)) is spoken


def test_an_answer_that_carries_media_is_not_spoken() -> None:
    assert said(LONG, VoiceMode.ALWAYS, has_media=True) == ""


@pytest.mark.parametrize("mode", [VoiceMode.ALWAYS, VoiceMode.INBOUND, VoiceMode.TAGGED])
def test_what_the_model_marks_is_spoken_in_every_mode_but_off(mode: VoiceMode) -> None:
    assert said(TAGGED, mode, spoken_to=False) == "Hello there, friend."
    assert said(TAGGED, VoiceMode.OFF) == ""


def test_a_long_answer_is_cut_with_an_ellipsis_after_a_sentence() -> None:
    text = "One sentence here. " * 200

    cut = said(text, VoiceMode.ALWAYS)

    assert len(cut) <= 1500
    assert cut.endswith("here.…")
    assert len(shorten("x" * 5000, 4096)) == 4096
