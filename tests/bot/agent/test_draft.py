"""The live preview: at the channel's pace, and never in the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.agent.draft import STILL_WRITING, Draft
from bot.core.errors import MaybeSent, NotSent, StoreUnavailable, Undeliverable
from bot.core.messages import Part, Sent, Target
from bot.store import SqliteStore
from tests.bot.agent.patience import until
from tests.fakes.channel import LIMITS, FakeChannel, conversation
from tests.fakes.clock import FakeClock

TO = Target(conversation())
KEY = "7:0"


def draft_of(channel: FakeChannel, store: SqliteStore, clock: FakeClock) -> Draft:
    return Draft(channel, TO, KEY, store, clock)


async def shows(channel: FakeChannel, *texts: str) -> None:
    """Waits until the chat shows these messages."""
    await channel.until(lambda: channel.texts("1") == [f"{text}{STILL_WRITING}" for text in texts])


async def test_the_newest_text_is_shown_at_the_channels_pace(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel()
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await shows(channel, "One")
    for text in ("One two", "One two three", "One two three four"):
        draft.push(text)
        await clock.advance(0.1)
    assert channel.shown[0].texts == [f"One{STILL_WRITING}"]
    while len(channel.shown[0].texts) < 2:
        await clock.advance(0.5)
    await draft.close()

    assert channel.shown[0].texts == [f"One{STILL_WRITING}", f"One two three four{STILL_WRITING}"]
    assert await store.placeholder(KEY) == channel.shown[0].id


async def test_a_platform_that_asks_for_patience_is_asked_less_often(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel()
    draft = draft_of(channel, store, clock)
    channel.fault("send", NotSent("too fast", retry_after=20))
    draft.push("One")
    await until(lambda: clock.sleepers)
    await clock.advance(19)
    assert channel.shown == []
    await clock.advance(2)
    await shows(channel, "One")
    await draft.close()


async def test_a_message_on_its_way_is_awaited_so_that_its_id_is_known(store: SqliteStore, clock: FakeClock) -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    class Slow(FakeChannel):
        async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
            asked.set()
            await gate.wait()
            return await super().send(to, part, key=key)

    channel = Slow()
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await asked.wait()
    closing = asyncio.create_task(draft.close())
    await asyncio.sleep(0)
    assert not closing.done()
    gate.set()
    await closing

    assert await store.placeholder(KEY) == channel.shown[0].id


async def test_nothing_is_shown_after_the_end(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel()
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await shows(channel, "One")
    await draft.close()
    draft.push("One two")
    await clock.advance(60)
    await draft.close()

    assert channel.texts("1") == [f"One{STILL_WRITING}"]


async def test_another_attempt_goes_on_with_the_preview_of_the_first(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel()
    first = draft_of(channel, store, clock)
    first.push("One")
    await shows(channel, "One")
    await first.close()
    second = draft_of(channel, store, clock)
    await second.resume()
    second.push("Again")
    await shows(channel, "Again")
    await second.close()

    assert len(channel.shown) == 1


@pytest.mark.parametrize("error", [MaybeSent("cut"), Undeliverable("blocked"), StoreUnavailable("full")])
async def test_a_preview_that_fails_is_given_up_without_a_word(
    store: SqliteStore, clock: FakeClock, error: Exception
) -> None:
    channel = FakeChannel()
    channel.fault("send", error)  # type: ignore[arg-type]
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await until(lambda: not channel.faults["send"])
    draft.push("One two")
    await clock.advance(60)
    await draft.close()

    assert channel.shown == []


async def test_a_preview_that_breaks_raises_nothing(
    store: SqliteStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = FakeChannel()
    channel.fault("send", RuntimeError("a bug"))  # type: ignore[arg-type]
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await until(lambda: not channel.faults["send"])
    await draft.close()

    assert "draft.failed" in caplog.text


async def test_a_channel_without_edits_shows_no_preview(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel(limits=replace(LIMITS, seconds_between_edits=None))
    draft = draft_of(channel, store, clock)
    draft.push("One")
    await asyncio.sleep(0)
    await draft.close()

    assert channel.shown == []


async def test_a_preview_never_exceeds_one_message(store: SqliteStore, clock: FakeClock) -> None:
    channel = FakeChannel(limits=replace(LIMITS, text=50))
    draft = draft_of(channel, store, clock)
    draft.push("word " * 100)
    await channel.until(lambda: bool(channel.shown))
    await draft.close()

    assert len(channel.texts("1")) == 1
    assert len(channel.texts("1")[0]) <= 50
