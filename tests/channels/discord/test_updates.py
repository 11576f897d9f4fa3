"""MESSAGE_UPDATE: only new words count; a pin, a preview or a thread on an old message asks for nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.channels.discord.conftest import Connect, Desk, HastyClock, listening
from tests.fakes.discord_api import CHANNEL_ID, DM_ID, DiscordApi

UPDATES: dict[str, dict[str, Any]] = {
    "pinned": {"pinned": True},
    "a thread begins on it": {"flags": 1 << 5, "thread": {"id": "7", "type": 11, "name": "more"}},
    "a preview comes": {"embeds": [{"type": "link", "title": "A page", "url": "https://example.com"}]},
    "its previews are removed": {"flags": 1 << 2, "embeds": []},
    "published": {"flags": 1 << 0},
    "its poll ends": {"poll": {"question": {"text": "Tea?"}, "answers": [], "results": {"is_finalized": True}}},
}


@pytest.mark.parametrize("days", [0, 3, 40])
@pytest.mark.parametrize("changes", UPDATES.values(), ids=UPDATES.keys())
@pytest.mark.parametrize("chat", [DM_ID, CHANNEL_ID])
async def test_an_update_without_new_words_asks_for_nothing(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock, *, chat: str, changes: dict[str, Any], days: int
) -> None:
    old = await api.say(chat, "Ada", "order three pizzas", mentions_bot=True)
    await clock.advance(timedelta(days=days).total_seconds())

    async with connect() as channel, listening(channel, desk):
        await api.say(chat, "Ada", "good morning", mentions_bot=True)
        await desk.heard()
        seen = len(desk.inbounds)
        await api.update(chat, old, **changes)
        await api.say(chat, "Ada", "and now?", mentions_bot=True)
        await desk.heard(seen + 1)

    assert [inbound.text for inbound in desk.inbounds if not inbound.edited][-2:] == ["good morning", "and now?"]
    assert sum(inbound.text == "order three pizzas" for inbound in desk.inbounds) <= 1
    assert len(desk.inbounds) == seen + 1


async def test_a_pin_of_a_message_that_was_edited_long_ago_asks_for_nothing(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    old = await api.say(DM_ID, "Ada", "order tree pizzas")
    await api.edit(DM_ID, old, "order three pizzas")
    await clock.advance(timedelta(days=40).total_seconds())

    async with connect() as channel, listening(channel, desk):
        await api.update(DM_ID, old, pinned=True)
        await api.say(DM_ID, "Ada", "and now?")
        await desk.heard()

    assert [inbound.text for inbound in desk.inbounds] == ["and now?"]


async def test_an_edit_of_an_old_message_counts_when_it_is_new(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    old = await api.say(DM_ID, "Ada", "order tree pizzas")
    await clock.advance(timedelta(days=40).total_seconds())

    async with connect() as channel, listening(channel, desk):
        await api.edit(DM_ID, old, "order three pizzas")
        (edit,) = await desk.heard()

    assert (edit.text, edit.edited) == ("order three pizzas", True)


async def test_an_update_never_moves_the_bookmark_back(
    api: DiscordApi, connect: Connect, desk: Desk, clock: HastyClock
) -> None:
    async with connect() as channel, listening(channel, desk):
        old = await api.say(DM_ID, "Ada", "one")
        newest = await api.say(DM_ID, "Ada", "two")
        await desk.heard(2)
        await api.update(DM_ID, old, pinned=True)
        await api.edit(DM_ID, old, "one!")
        await desk.heard(3)

    moved = [arrivals.cursor.value for arrivals in desk.arrivals if arrivals.cursor]
    assert moved[-1] == newest
