"""How long a key rests after trouble."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.key_cooldown import HOUR_MS, MINUTE_MS, KeyUse, Trouble, after_failure, after_success

NOW = 1_700_000_000_000


@pytest.mark.parametrize("trouble", [Trouble.RATE_LIMIT, Trouble.TIMEOUT, Trouble.AUTH])
def test_each_trouble_in_a_row_rests_longer(trouble: Trouble) -> None:
    use, now, rests = KeyUse(), NOW, []
    for _ in range(6):
        use = after_failure(use, trouble, now)
        rests.append((use.cooldown_until_ms - now) // MINUTE_MS)
        now = use.resting_until_ms + 1

    assert rests == [1, 5, 25, 60, 60, 60]


def test_a_key_without_credit_rests_for_hours_doubled_up_to_a_day() -> None:
    use, now, rests = KeyUse(), NOW, []
    for _ in range(5):
        use = after_failure(use, Trouble.BILLING, now)
        rests.append((use.disabled_until_ms - now) // HOUR_MS)
        now = use.resting_until_ms

    assert rests == [5, 10, 20, 24, 24]
    assert (use.disabled_reason, use.cooldown_until_ms) == ("billing", 0)


def test_what_was_under_way_when_the_rest_began_counts_once_with_it() -> None:
    once = after_failure(KeyUse(), Trouble.RATE_LIMIT, NOW)
    assert after_failure(once, Trouble.RATE_LIMIT, NOW + MINUTE_MS - 1) == once
    assert after_failure(once, Trouble.BILLING, NOW + 1).disabled_until_ms == NOW + 1 + 5 * HOUR_MS


def test_success_ends_all_trouble() -> None:
    use = after_failure(after_failure(KeyUse(), Trouble.TIMEOUT, NOW), Trouble.BILLING, NOW)
    assert after_success(use, NOW + 1) == KeyUse(last_used_ms=NOW + 1)


def test_the_time_of_use_is_noted_once_a_minute() -> None:
    use = after_success(KeyUse(), NOW)
    assert after_success(use, NOW + MINUTE_MS - 1) is use
    assert after_success(use, NOW + MINUTE_MS).last_used_ms == NOW + MINUTE_MS


def test_a_day_without_trouble_forgives() -> None:
    use = after_failure(after_failure(KeyUse(), Trouble.TIMEOUT, NOW), Trouble.TIMEOUT, NOW + 2 * MINUTE_MS)
    assert after_failure(use, Trouble.TIMEOUT, NOW + 26 * HOUR_MS).errors == 1


@given(st.lists(st.tuples(st.sampled_from([*Trouble, None]), st.integers(0, 30 * HOUR_MS)), max_size=60))
def test_no_key_rests_longer_than_a_day(steps: list[tuple[Trouble | None, int]]) -> None:
    use, now = KeyUse(), NOW
    for trouble, passed in steps:
        now += passed
        use = after_success(use, now) if trouble is None else after_failure(use, trouble, now)
        assert use.resting_until_ms <= now + 24 * HOUR_MS
