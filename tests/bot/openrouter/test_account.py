"""What the account has left."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.errors import BadAnswer, KeyRefused
from bot.openrouter.account import Account, KeyAllowance, account, balance, left
from bot.openrouter.http.client import OpenRouterClient
from tests.bot.openrouter.recording_server import RecordingServer, redirects, says

KEY_BODY = {"data": {"label": "bot", "limit": 10, "limit_remaining": 2.5, "limit_reset": "monthly", "usage_daily": 0.5}}
CREDITS_BODY = {"data": {"total_credits": 20, "total_usage": 7.25}}


async def test_key_and_balance_are_read_together(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("GET /key", says(KEY_BODY))
    server.on("GET /credits", says(CREDITS_BODY))

    got = await account(client)

    assert got == Account(KeyAllowance(10.0, 2.5, "monthly", used_today=0.5), 12.75)
    assert got.key is not None
    assert got.key.percent_used == 75.0
    assert all("Authorization" in seen.headers for seen in server.seen)


async def test_one_of_the_two_may_fail(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("GET /key", says(KEY_BODY))
    server.on("GET /credits", says({"error": "only management keys"}, status=403))

    assert (await account(client)).balance is None

    server.on("GET /key", says({}, status=500))
    server.on("GET /credits", says(CREDITS_BODY))

    assert await account(client) == Account(None, 12.75)


async def test_when_both_fail_the_key_says_why(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("GET /key", says({"error": "who"}, status=401))
    server.on("GET /credits", redirects("https://evil.example/"))

    with pytest.raises(KeyRefused, match=r"OpenRouter key lookup failed \(HTTP 401\)"):
        await account(client)


@pytest.mark.parametrize(
    ("key", "percent"),
    [
        (KeyAllowance(), None),
        (KeyAllowance(limit=0.0), 100.0),
        (KeyAllowance(limit=10.0, remaining=10.0), 0.0),
        (KeyAllowance(limit=10.0, remaining=-3.0), 100.0),
        (KeyAllowance(limit=10.0), 0.0),
    ],
)
def test_the_share_that_is_used(key: KeyAllowance, percent: float | None) -> None:
    assert key.percent_used == percent


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (
            Account(KeyAllowance(10.0, 2.5, "monthly", 0.5, 1.25, 7.5), 12.0),
            "Credit left: $2.50 of the key's limit (75 % used), renewed monthly, $12.00 on the account. "
            "Used with this key: $0.50 today, $1.25 this week, $7.50 this month.",
        ),
        (
            Account(KeyAllowance(used_this_month=0.0), None),
            "Credit left: the key has no limit. Used with this key: $0.00 this month.",
        ),
        (Account(None, 3.0), "Credit left: $3.00 on the account."),
    ],
)
def test_what_is_left_and_what_was_used_is_one_line(known: Account, told: str) -> None:
    assert left(known) == told


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"data": {"total_credits": "20", "total_usage": 1}},
        {"data": {"total_credits": 10**400, "total_usage": 1}},
    ],
)
async def test_numbers_that_are_none_are_a_bad_answer(
    server: RecordingServer, client: OpenRouterClient, body: dict[str, Any]
) -> None:
    server.on("GET /credits", says(body))

    with pytest.raises(BadAnswer):
        await balance(client)
