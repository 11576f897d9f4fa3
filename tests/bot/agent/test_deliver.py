"""Delivery: every way a platform can fail, for words, voices and files."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from bot.agent.deliver import FORM_TRIES, MEDIA_TRIES_UNSURE, PLACEHOLDER, Deliverer, pause, reason, what
from bot.core.errors import ChannelError, MaybeSent, MediaError, NotSent, StoreUnavailable, Undeliverable
from bot.core.messages import Blob, Choice, Kind, Media, Part, Target, Text, Voice
from bot.core.ports import Outbox
from bot.store import SqliteStore
from tests.fakes.channel import LIMITS, FakeChannel, conversation
from tests.fakes.clock import FakeClock

HERE = conversation()
TO = Target(HERE)
BLOB = Blob("0" * 64, "audio/ogg", 3)
VOICE = Voice(BLOB, 1.5, bytes([1]), "said")
PICTURE = Media(Kind.PICTURE, BLOB, "image-1.png")
KEYED = replace(LIMITS, keyed=True)
UNEDITABLE = replace(LIMITS, seconds_between_edits=None)


@dataclass
class Post:
    """An outbox, a channel and who delivers between them."""

    outbox: SqliteStore
    channel: FakeChannel
    clock: FakeClock

    async def deliver(self, *parts: Part, key: str = "1") -> float:
        """Delivers everything; returns how many seconds it took."""
        await self.outbox.post(key, TO, parts)
        return await self.settle()

    async def settle(self, outbox: Outbox | None = None) -> float:
        deliverer = Deliverer(outbox=outbox or self.outbox, channels={"fake": self.channel}, clock=self.clock)
        began = self.clock.monotonic()
        work = asyncio.create_task(deliverer.deliver_all(HERE))
        async with asyncio.timeout(10):
            while not work.done():
                if self.clock.sleepers:
                    await self.clock.advance(self.clock._sleepers[0][0] - self.clock.monotonic())
                await asyncio.sleep(0)
        await work
        return self.clock.monotonic() - began

    @property
    def texts(self) -> list[str]:
        return self.channel.texts("1")


@pytest.fixture
def post(store: SqliteStore, clock: FakeClock) -> Post:
    return Post(store, FakeChannel(), clock)


async def test_parts_arrive_in_order_and_nothing_is_due_then(post: Post) -> None:
    took = await post.deliver(Text("one"), VOICE, PICTURE, Text("two"))

    assert post.channel.parts("1") == [Text("one"), VOICE, PICTURE, Text("two")]
    assert took == 0
    assert await post.outbox.next_due(HERE) is None


async def test_a_text_becomes_a_placeholder_that_is_edited(post: Post) -> None:
    await post.deliver(Text("one"))

    assert [shown.texts for shown in post.channel.shown] == [[PLACEHOLDER, "one"]]
    assert await post.outbox.was_mine(HERE, post.channel.shown[0].id)


@pytest.mark.parametrize(
    ("limits", "part"), [(KEYED, Text("one")), (UNEDITABLE, Text("one")), (LIMITS, Text("one", (Choice("a", "/a"),)))]
)
async def test_no_placeholder_where_it_would_be_of_no_use(post: Post, limits: object, part: Text) -> None:
    post.channel.limits = limits  # type: ignore[assignment]
    await post.deliver(part)

    assert [shown.texts for shown in post.channel.shown] == [["one"]]


@pytest.mark.parametrize("part", [Text("one"), VOICE, PICTURE])
async def test_what_was_not_sent_is_sent_again_after_growing_pauses(post: Post, part: Part) -> None:
    for _ in range(3):
        post.channel.fault("send", NotSent("down"))

    took = await post.deliver(part)

    assert post.channel.parts("1") == [part]
    assert took == pytest.approx(pause(0) + pause(1) + pause(2))


async def test_the_pause_the_platform_asks_for_is_kept_to(post: Post) -> None:
    post.channel.fault("send", NotSent("too fast", retry_after=17))

    assert await post.deliver(Text("one")) == 17


async def test_pauses_grow_to_half_a_minute() -> None:
    assert [pause(tries) for tries in (0, 1, 5, 500)] == [0.5, 1.0, 30.0, 30.0]


@pytest.mark.parametrize("arrives", [True, False])
async def test_an_edit_whose_end_is_unknown_is_repeated_and_shows_one_message(post: Post, arrives: bool) -> None:
    post.channel.fault("edit", MaybeSent("cut"), arrives=arrives)

    await post.deliver(Text("one"))

    assert post.texts == ["one"]


@pytest.mark.parametrize("part", [Text("one"), VOICE, PICTURE])
@pytest.mark.parametrize("arrives", [True, False])
async def test_with_keys_nothing_shows_twice_and_nothing_is_lost(post: Post, part: Part, arrives: bool) -> None:
    post.channel.limits = KEYED
    for _ in range(4):
        post.channel.fault("send", MaybeSent("cut"), arrives=arrives)

    await post.deliver(part)

    assert post.channel.parts("1") == [part]


@pytest.mark.parametrize(("part", "name"), [(VOICE, "the voice note"), (PICTURE, "the picture")])
async def test_media_whose_end_is_unknown_is_repeated_once_and_then_told(post: Post, part: Part, name: str) -> None:
    for _ in range(MEDIA_TRIES_UNSURE):
        post.channel.fault("send", MaybeSent("cut"))

    await post.deliver(part, Text("and more"))

    assert post.texts == ["and more", f"I could not deliver {name}: I could not confirm that it arrived."]


async def test_the_channel_is_told_that_an_earlier_try_may_have_arrived(post: Post) -> None:
    asked: list[bool] = []

    class Asking(FakeChannel):
        async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> object:  # type: ignore[override]
            asked.append(maybe_sent)
            return await super().send(to, part, key=key, maybe_sent=maybe_sent)

    post.channel = Asking()
    post.channel.fault("send", MaybeSent("cut"))
    post.channel.fault("send", NotSent("down"))
    await post.deliver(VOICE)

    assert asked == [False, True, True]


async def test_a_preview_that_somebody_deleted_is_said_anew(post: Post) -> None:
    await post.outbox.post("1", TO, (Text("the answer"),))
    await post.outbox.hold_place("1:0", TO, "999")

    await post.settle()

    assert post.texts == ["the answer"]


async def test_what_can_never_be_delivered_is_told_where_it_would_have_been(post: Post) -> None:
    post.channel.fault("send", Undeliverable("the chat does not take voice notes."))

    await post.deliver(VOICE, Text("next"))

    assert post.texts == ["next", "I could not deliver the voice note: the chat does not take voice notes."]


@pytest.mark.parametrize("part", [Text("one"), VOICE])
async def test_nothing_is_told_in_a_chat_that_is_gone(post: Post, part: Part) -> None:
    post.channel.fault("send", Undeliverable("blocked", gone=True))

    await post.deliver(part)

    assert post.channel.shown == []
    assert await post.outbox.next_due(HERE) is None


async def test_a_placeholder_in_a_chat_that_is_gone_is_not_followed_by_a_new_message(post: Post) -> None:
    await post.outbox.post("1", TO, (Text("the answer"),))
    await post.outbox.hold_place("1:0", TO, "5")
    post.channel.fault("edit", Undeliverable("blocked", gone=True))

    await post.settle()

    assert post.channel.shown == []


async def test_a_file_that_is_gone_is_told(post: Post) -> None:
    class Empty(FakeChannel):
        async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> object:  # type: ignore[override]
            if isinstance(part, Voice):
                raise MediaError("the file is gone")
            return await super().send(to, part, key=key, maybe_sent=maybe_sent)

    post.channel = Empty()
    await post.deliver(VOICE)

    assert post.texts == ["I could not deliver the voice note: the file is gone."]


async def test_a_part_that_breaks_the_channel_does_not_close_the_conversation(post: Post) -> None:
    tries: list[Part] = []

    class Broken(FakeChannel):
        async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> object:  # type: ignore[override]
            tries.append(part)
            if isinstance(part, Voice):
                raise KeyError("a bug")
            return await super().send(to, part, key=key, maybe_sent=maybe_sent)

    post.channel = Broken()
    await post.deliver(VOICE, Text("next"))

    assert tries.count(VOICE) == FORM_TRIES
    assert post.texts == ["next", "I could not deliver the voice note: it failed for a reason in the log."]


async def test_a_full_disk_delays_the_note_of_what_was_sent_and_repeats_nothing(post: Post) -> None:
    class Full:
        """An outbox whose disk is full when something was sent."""

        faults = 3

        def __getattr__(self, name: str) -> object:
            return getattr(post.outbox, name)

        async def mark_sent(self, key: str, message_id: str) -> None:
            if self.faults:
                self.faults -= 1
                raise StoreUnavailable("full")
            await post.outbox.mark_sent(key, message_id)

    await post.outbox.post("1", TO, (VOICE,))
    await post.settle(Full())  # type: ignore[arg-type]

    assert post.channel.parts("1") == [VOICE]


async def test_rows_of_a_channel_that_is_not_connected_wait(post: Post) -> None:
    await post.outbox.post("1", TO, (Text("later"),))
    await Deliverer(outbox=post.outbox, channels={}, clock=post.clock).deliver_all(HERE)

    assert await post.outbox.next_due(HERE) is not None


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Text("x"), "a message"),
        (VOICE, "the voice note"),
        (PICTURE, "the picture"),
        (replace(PICTURE, kind=Kind.VIDEO), "the clip"),
        (replace(PICTURE, kind=Kind.AUDIO), "the song"),
        (replace(PICTURE, kind=Kind.DOCUMENT), "the file"),
    ],
)
def test_a_part_is_called_what_people_call_it(part: Part, name: str) -> None:
    assert what(part) == name


def test_a_failure_without_a_reason_still_ends_a_sentence() -> None:
    assert [reason(ChannelError(text)) for text in (" too large. ", "")] == ["too large", "the chat refused it"]
