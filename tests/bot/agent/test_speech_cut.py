"""Where a long answer that is spoken is cut."""

from __future__ import annotations

import pytest

from bot.agent.speech_summary import cut


@pytest.mark.parametrize(
    ("sentence", "end"),
    [
        ("One sentence here.", " "),
        ("One here!", " "),
        ("「はい。」", ""),
        ("これは文です。", ""),
        ("यह एक वाक्य है।", " "),
        ("هل هذا سؤال؟", " "),
        ("A line without a stop", "\n"),
        ('He said "yes."', " "),
    ],
)
def test_a_cut_comes_after_a_sentence_of_any_script(sentence: str, end: str) -> None:
    text = (sentence + end) * 20

    shorter = cut(text, len(sentence + end) * 6 + 4)

    assert shorter == (sentence + end) * 5 + sentence + "…"


def test_a_figure_and_an_address_hold_no_end_of_a_sentence() -> None:
    assert cut("So it is! It is 3.14 and example.org", 12) == "So it is!…"
