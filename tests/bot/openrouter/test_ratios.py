"""The nearest supported value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.openrouter.images.request import CHAT_RATIOS
from bot.openrouter.ratios import closest_lines, closest_number, closest_ratio


@pytest.mark.parametrize(
    ("wanted", "supported", "nearest"),
    [
        ("1:1", ("9:16", "16:9"), "16:9"),
        ("4:3", ("9:16", "16:9"), "16:9"),
        ("3:4", ("9:16", "16:9"), "9:16"),
        ("1024x1024", CHAT_RATIOS, "1:1"),
        ("1920X1080", CHAT_RATIOS, "16:9"),
        ("2.39:1", CHAT_RATIOS, "21:9"),
        ("1:8", CHAT_RATIOS, "9:16"),
        ("0:1", CHAT_RATIOS, ""),
        ("wide", CHAT_RATIOS, ""),
        ("-4:3", CHAT_RATIOS, ""),
        ("16:9", (), ""),
    ],
)
def test_shapes_are_compared_by_the_logarithm_of_their_ratio(
    wanted: str, supported: tuple[str, ...], nearest: str
) -> None:
    assert closest_ratio(wanted, supported) == nearest


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_no_supported_shape_is_nearer_than_the_chosen_one(width: int, height: int) -> None:
    def apart(text: str) -> float:
        w, h = map(int, text.split(":"))
        return abs(math.log(w / h) - math.log(width / height))

    chosen = closest_ratio(f"{width}x{height}", CHAT_RATIOS)

    assert apart(chosen) <= min(map(apart, CHAT_RATIOS)) + 1e-9


@pytest.mark.parametrize(("wanted", "nearest"), [(5, 6), (7, 8), (1, 4), (3, 4), (4, 4), (100, 8)])
def test_numbers_in_the_middle_go_up(wanted: int, nearest: int) -> None:
    assert closest_number(wanted, (4, 6, 8)) == nearest


@pytest.mark.parametrize(
    ("wanted", "nearest"), [("480P", "720P"), ("720p", "720P"), ("2160p", "1080P"), ("4K", ""), ("huge", "")]
)
def test_resolutions_are_compared_by_lines(wanted: str, nearest: str) -> None:
    assert closest_lines(wanted, ("720P", "1080P")) == nearest
