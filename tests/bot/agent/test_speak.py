"""What of an answer is spoken."""

from __future__ import annotations

import pytest

from bot.agent.speak import SpokenWords, VoiceChoice, VoiceMode, word
from bot.agent.speech_summary import cut

LONG = "This sentence is long enough to be spoken."
TAGGED = "[[tts]]Hello there, friend.[[/tts]]"


def said(answer: str, mode: VoiceMode, *, spoken_to: bool = True, has_media: bool = False) -> str:
    found = word(answer, mode, spoken_to=spoken_to, has_media=has_media).spoken
    return found.text if found else ""


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
    short = cut("One sentence here. " * 200, 1500)

    assert len(short) <= 1500
    assert short.endswith("here.…")
    assert len(cut("x" * 5000, 4096)) == 4096
    assert cut("x" * 10, 10) == "x" * 10


MANNERED = "[[tts:voice=af_sky model=a/b speed=1.2]]Seen.[[tts:text]]Only heard.[[/tts:text]]"


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (frozenset(VoiceChoice), SpokenWords("Only heard.", "af_sky", "a/b", 1.2)),
        (frozenset(), SpokenWords("Seen.")),
        ({VoiceChoice.VOICE, VoiceChoice.TEXT}, SpokenWords("Only heard.", "af_sky")),
        ({VoiceChoice.SPEED, VoiceChoice.MODEL}, SpokenWords("Seen.", model="a/b", speed=1.2)),
    ],
)
def test_an_answer_says_how_it_is_spoken_as_far_as_that_is_left_to_it(
    choices: frozenset[VoiceChoice], expected: SpokenWords
) -> None:
    wording = word(MANNERED, VoiceMode.TAGGED, spoken_to=False, has_media=False, choices=frozenset(choices))

    assert (wording.written, wording.spoken) == ("Seen.", expected)


@pytest.mark.parametrize("mode", VoiceMode)
def test_marks_are_never_written(mode: VoiceMode) -> None:
    assert word(MANNERED, mode, spoken_to=True, has_media=False).written == "Seen."
