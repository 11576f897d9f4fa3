"""Delivery: every way a platform can fail, for words, voices and files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.agent.deliver import FORM_TRIES, PLACEHOLDER, UNDELIVERABLE, UNSURE_SECONDS, Deliverer, pause, what
from bot.core.errors import MaybeSent, MediaError, NotSent, StoreUnavailable, Undeliverable
from bot.core.messages import Blob, Choice, Conversation, Kind, Media, Part, Sent, Target, Text, Voice
from bot.core.ports.channel import ChannelLimits
from bot.core.ports.store import Outbox
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
    alerts: list[tuple[str, str]] = field(default_factory=list)

    async def alert(self, kind: str, text: str) -> None:
        self.alerts.append((kind, text))

    async def deliver(self, *parts: Part, key: str = "1") -> float:
        """Delivers everything; returns how many seconds it took."""
        await self.outbox.post(key, TO, parts)
        return await self.settle()

    async def settle(
        self, outbox: Outbox | None = None, wake: Callable[[Conversation], None] = lambda conversation: None
    ) -> float:
        outbox = outbox or self.outbox
        deliverer = Deliverer(
            outbox=outbox, channels={"fake": self.channel}, clock=self.clock, alert=self.alert, wake=wake
        )
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
    for _ in range(2):
        post.channel.fault("send", MaybeSent("cut"))

    await post.deliver(part, Text("and more"))

    assert post.texts == ["and more", f"I could not deliver {name}. I could not confirm that it arrived."]


class Asking(FakeChannel):
    """Keeps what it was asked for."""

    def __init__(self, *bugs: Part, limits: ChannelLimits = LIMITS) -> None:
        super().__init__(limits=limits)
        self.bugs = list(bugs)
        self.sends: list[tuple[Target, str, bool]] = []
        self.edits: list[tuple[Target, str]] = []

    @property
    def unsure(self) -> list[bool]:
        return [maybe_sent for _, _, maybe_sent in self.sends]

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        self.sends.append((to, key, maybe_sent))
        if part in self.bugs:
            raise KeyError("a bug")
        return await super().send(to, part, key=key, maybe_sent=maybe_sent)

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        self.edits.append((to, message_id))
        await super().edit(to, message_id, text)


@pytest.mark.parametrize(("part", "limits"), [(VOICE, LIMITS), (Text("one"), KEYED)])
async def test_the_channel_is_told_that_an_earlier_try_may_have_arrived(
    post: Post, part: Part, limits: ChannelLimits
) -> None:
    post.channel = channel = Asking(limits=limits)
    for error in (NotSent("down"), MaybeSent("cut"), NotSent("down")):
        channel.fault("send", error)
    await post.deliver(part)

    assert channel.unsure == [False, False, True, True]


async def test_after_a_bug_nobody_knows_what_arrived(post: Post) -> None:
    post.channel = channel = Asking(VOICE)
    await post.deliver(VOICE)

    assert channel.unsure[:FORM_TRIES] == [False, True, True]


@pytest.mark.parametrize("limits", [LIMITS, KEYED])
async def test_every_part_is_sent_under_its_own_key_to_its_own_place(post: Post, limits: ChannelLimits) -> None:
    post.channel = channel = Asking(limits=limits)
    await post.deliver(Text("one"), VOICE, Text("two"), key="5")

    assert channel.sends == [(TO, f"5:{number}", False) for number in range(3)]
    assert channel.edits == ([] if limits.keyed else [(TO, "1"), (TO, "3")])
    assert post.channel.parts("1") == [Text("one"), VOICE, Text("two")]


async def test_a_preview_that_somebody_deleted_is_said_anew(post: Post) -> None:
    await post.outbox.post("1", TO, (Text("the answer"),))
    await post.outbox.hold_place("1:0", TO, "999")

    await post.settle()

    assert post.texts == ["the answer"]


async def test_what_can_never_be_delivered_is_told_where_it_would_have_been(post: Post) -> None:
    post.channel.fault("send", Undeliverable("403 in chat 1", tell="This chat does not take voice notes."))

    took = await post.deliver(VOICE, Text("next"))

    assert post.texts == ["next", "I could not deliver the voice note. This chat does not take voice notes."]
    assert took == 0


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

    assert post.texts == ["I could not deliver the voice note. The file is gone."]


async def test_a_part_that_breaks_the_channel_does_not_close_the_conversation(post: Post) -> None:
    post.channel = channel = Asking(VOICE)
    await post.deliver(VOICE, Text("next"))

    assert [key for _, key, _ in channel.sends].count("1:0") == FORM_TRIES
    assert post.texts == ["next", "I could not deliver the voice note. Something failed on my side."]


class Full:
    """An outbox that refuses one kind of write three times."""

    def __init__(self, outbox: Outbox, refused: str) -> None:
        self._outbox, self._refused, self.left = outbox, refused, 3

    def __getattr__(self, name: str) -> object:
        write = getattr(self._outbox, name)

        async def refusing(*given: object, **named: object) -> object:
            if name == self._refused and self.left:
                self.left -= 1
                raise StoreUnavailable("full")
            return await write(*given, **named)

        return refusing


@pytest.mark.parametrize("write", ["begin_sending", "hold_place", "mark_sent", "put_back", "bury", "post"])
async def test_a_full_disk_delays_what_is_written_down_and_repeats_nothing(post: Post, write: str) -> None:
    await post.outbox.post("1", TO, (VOICE, Text("one"), PICTURE))
    post.channel.fault("send", NotSent("down"))
    post.channel.fault("edit", NotSent("down"))
    full = Full(post.outbox, write)
    if write in ("bury", "post"):
        post.channel.fault("send", Undeliverable("refused"))
    await post.settle(full)  # type: ignore[arg-type]

    told = [Text("I could not deliver the voice note. The chat refused it.")] if write in ("bury", "post") else []
    assert post.channel.parts("1") == [*([] if told else [VOICE]), Text("one"), PICTURE, *told]
    assert full.left == 0


@pytest.mark.parametrize("write", ["", "move_conversation"])
async def test_what_is_due_in_a_chat_that_moved_follows_it_at_once(post: Post, write: str) -> None:
    await post.outbox.post("1", TO, (Text("one"), VOICE))
    post.channel.fault("send", Undeliverable("it is a supergroup now", moved_to="2"))
    woken: list[Conversation] = []
    full = Full(post.outbox, write)
    took = await post.settle(full, woken.append)  # type: ignore[arg-type]
    there = [(await post.outbox.next_due(conversation("2")))]

    assert post.channel.shown == []
    assert woken == [conversation("2")]
    assert [due.part for due in there if due] == [Text("one")]
    assert (took > 0) is bool(write)


async def test_a_chat_that_says_it_moved_to_itself_is_not_followed_for_ever(post: Post) -> None:
    post.channel.fault("send", Undeliverable("it moved", moved_to="1"))
    await post.deliver(VOICE)

    assert post.texts == ["I could not deliver the voice note. The chat refused it."]


async def test_rows_of_a_channel_that_is_not_connected_wait(post: Post) -> None:
    await post.outbox.post("1", TO, (Text("later"),))
    await Deliverer(outbox=post.outbox, channels={}, clock=post.clock, alert=post.alert).deliver_all(HERE)

    assert await post.outbox.next_due(HERE) is not None


@pytest.mark.parametrize("limits", [LIMITS, KEYED])
async def test_a_text_whose_arrival_stays_unsure_is_given_up_aloud_after_half_an_hour_and_the_next_goes_on(
    post: Post, limits: ChannelLimits
) -> None:
    class Unsure(FakeChannel):
        async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
            if key == "1:0":
                raise MaybeSent("cut")
            return await super().send(to, part, key=key, maybe_sent=maybe_sent)

    post.channel = Unsure(limits=limits)
    took = await post.deliver(Text("never"), Text("next"))

    assert post.texts == ["next", "I could not deliver a message. I could not confirm that it arrived."]
    assert UNSURE_SECONDS <= took <= UNSURE_SECONDS + 60
    assert [kind for kind, _ in post.alerts] == [f"undeliverable:{HERE}"]


async def test_a_day_offline_does_not_count_as_unsure(post: Post) -> None:
    for _ in range(2_000):
        post.channel.fault("send", NotSent("offline"))
    for _ in range(3):
        post.channel.fault("send", MaybeSent("cut"))
    await post.deliver(Text("one"))

    assert post.texts == ["one"]
    assert post.alerts == []


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize(("part", "name"), [(Text("one"), "a message"), (VOICE, "the voice note")])
async def test_owners_hear_of_everything_that_a_platform_refuses_for_good(
    post: Post, part: Part, name: str, gone: bool
) -> None:
    post.channel.fault("send", Undeliverable("403", gone=gone))
    await post.deliver(part)

    assert post.alerts == [
        (f"undeliverable:{HERE}", UNDELIVERABLE.format(what=name, where=HERE, tell="The chat refused it."))
    ]
    assert post.texts == ([] if gone else [f"I could not deliver {name}. The chat refused it."])


async def test_a_chat_that_refuses_everything_gets_one_notice_and_brings_no_alert_about_an_alert(post: Post) -> None:
    for _ in range(20):
        post.channel.fault("send", Undeliverable("refused"))
    await post.deliver(Text("one"))
    await post.deliver(Text("an alert"), key="alert:key:now:fake:owner")

    assert len(post.channel.faults["send"]) == 20 - 3
    assert len(post.alerts) == 1


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


@pytest.mark.parametrize("gone", [False, True])
async def test_a_text_that_the_platform_refuses_for_good_alerts_the_owners(post: Post, gone: bool) -> None:
    post.channel.fault("send", Undeliverable("403 of bot 1:SECRET", tell="I may not write there.", gone=gone))

    await post.deliver(Text("one"), Text("two"))

    ((kind, text),) = post.alerts
    assert kind == f"undeliverable:{HERE}"
    assert "I may not write there." in text
    assert "SECRET" not in text
    assert post.texts == ["two", *([] if gone else ["I could not deliver a message. I may not write there."])]


async def test_an_alert_that_is_refused_alerts_nobody(post: Post) -> None:
    post.channel.fault("send", Undeliverable("blocked", gone=True))

    await post.deliver(Text("something is wrong"), key="alert:budget:today:fake:1")

    assert post.alerts == []
