"""Whoever lets somebody in, and however they name them: once, with a welcome."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.agent.accept import hash_code
from bot.agent.pairing import WELCOME, Pairing
from bot.core.messages import Conversation, Text
from bot.core.people import PairingRequest
from bot.store import SqliteStore
from tests.fakes.clock import FakeClock

CODE = "ABCDEFGH"


@pytest.fixture
async def asking(store: SqliteStore, clock: FakeClock) -> Conversation:
    """Where Ann asks to be let in."""
    expires = clock.now() + timedelta(hours=1)
    request = PairingRequest(hash_code(CODE), "telegram", "66", "Ann", "dm-66", expires)
    assert await store.ask_in(request, now=clock.now(), cap=3)
    return Conversation("telegram", "dm-66")


@pytest.mark.parametrize("who", [CODE, "abcd efgh", "telegram 66", "telegram:66"])
async def test_everybody_may_be_named_by_code_or_by_id(
    store: SqliteStore, clock: FakeClock, asking: Conversation, who: str
) -> None:
    woken: list[Conversation] = []
    pairing = Pairing(access=store, outbox=store, clock=clock, wake=woken.append)

    first, again = await pairing.let_in(who), await pairing.let_in(who)

    assert (first and first.name, again) == ("Ann", None)
    assert await store.guest("telegram", "66") is not None
    due = await store.next_due(asking)
    assert due is not None
    assert due.part == Text(WELCOME)
    assert woken == [asking]


@pytest.mark.parametrize("who", ["", " ", "WRONGCOD", "discord:66", "telegram:67"])
async def test_nobody_is_let_in_by_mistake(
    store: SqliteStore, clock: FakeClock, asking: Conversation, who: str
) -> None:
    pairing = Pairing(access=store, outbox=store, clock=clock, wake=lambda _: None)

    assert await pairing.let_in(who) is None
    assert await store.guests() == ()
    assert len(await store.pairing_requests(clock.now())) == 1


async def test_a_request_that_ran_out_lets_nobody_in(
    store: SqliteStore, clock: FakeClock, asking: Conversation
) -> None:
    pairing = Pairing(access=store, outbox=store, clock=clock, wake=lambda _: None)
    await clock.advance(3601)

    assert await pairing.let_in(CODE) is None
