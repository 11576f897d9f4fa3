"""Budget sentences: what was spent, of how much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.policy.budget import dollars


@pytest.mark.parametrize(
    ("microusd", "shown"),
    [(0, "$0.00"), (1, "$0.000001"), (9_999, "$0.009999"), (10_000, "$0.01"), (2_345_678, "$2.35")],
)
def test_an_amount_is_shown_to_the_cent_and_a_smaller_one_whole(microusd: int, shown: str) -> None:
    assert dollars(microusd) == shown


@given(st.integers(1, 10**9))
def test_no_amount_that_was_spent_is_shown_as_nothing(microusd: int) -> None:
    assert float(dollars(microusd)[1:]) > 0
