"""Halves of characters are joined or replaced, and nothing else is touched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.media.characters import whole


def test_halves_that_belong_together_are_joined_and_lone_ones_replaced() -> None:
    assert whole("\ud83d\ude00 \ud83d and \ude00") == "😀 \ufffd and \ufffd"


@given(st.text())
def test_whole_text_stays_as_it_is(text: str) -> None:
    assert whole(text) == text


@given(st.text(st.characters()))
def test_the_result_can_always_be_written(text: str) -> None:
    whole(text).encode()
