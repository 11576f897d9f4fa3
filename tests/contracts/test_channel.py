"""The laws of a channel, kept by the channel in memory, the page, Telegram and Discord.

The adapters are the real ones over real sockets; `remotes.py` holds what people on the other side do and see.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import pytest

from bot.agent.fit import cut
from bot.core.arrivals import Arrivals
from bot.core.errors import ChannelError, FetchFailed, MaybeSent, NotSent, StoreUnavailable, Undeliverable
from bot.core.messages import (
    Attachment,
    Blob,
    Choice,
    Conversation,
    Doing,
    Inbound,
    Kind,
    Media,
    Origin,
    Part,
    Target,
    Text,
    Voice,
)
from bot.core.ports.channel import Channel
from bot.store import SqliteStore
from tests.contracts.remotes import REMOTES, ImpatientClock, KeyedFakeRemote, Remote, Trouble

OGG = b"OggS" + bytes(range(256)) * 40
KEYED = "fake with keys"
WORDS = 'Zoë asked: is 1 < 2 & "3" > 2? 👩‍🚀\nYes.'
GROWING = ("😀" * 20, "---", "#### a heading", "| a | bbbbb |\n|---|---|\n| c | d |", "**a** `<b>` & <i>")
LONG = "a line of an answer that takes all the room it is given\n" * 2000
FILES = (
    (Kind.PICTURE, "image/png", "red fox.png", "photo"),
    (Kind.AUDIO, "audio/mpeg", "song.mp3", "audio"),
    (Kind.VIDEO, "video/mp4", "clip.mp4", "video"),
    (Kind.DOCUMENT, "application/pdf", "Jahresübersicht.pdf", "document"),
)
LARGEST = {"telegram": "Telegram takes 50 MB from bots", "discord": "Discord takes 10 MB here"}
TROUBLES = [(name, trouble) for name, remote in REMOTES.items() for trouble in remote.troubles]
MEANS: dict[Trouble, type[ChannelError]] = {
    Trouble.NO_ROUTE: NotSent,
    Trouble.CUT_OFF: MaybeSent,
    Trouble.SLOW_DOWN: NotSent,
    Trouble.REFUSED: Undeliverable,
    Trouble.BLOCKED: Undeliverable,
    Trouble.FULL_DISK: NotSent,
}


class Desk:
    """The daemon's side of receiving, over a real store. It refuses as often as `refusals` says; while `gate` is
    closed nothing gets stored. `heard` is what was new, in order."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.refusals = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.tries = 0
        self.heard: list[Inbound] = []
        self._news = asyncio.Condition()

    async def accept(self, arrivals: Arrivals) -> None:
        self.tries += bool(arrivals.inbounds)
        await self._tell()
        await self.gate.wait()
        if self.refusals and arrivals.inbounds:
            self.refusals -= 1
            raise StoreUnavailable("the disk is full")
        self.heard += await self._store.accept(arrivals)
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: bool(holds()))

    async def hears(self, count: int = 1) -> list[Inbound]:
        await self.until(lambda: len(self.heard) >= count)
        return self.heard


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def desk(store: SqliteStore) -> Desk:
    return Desk(store)


@pytest.fixture(params=REMOTES)
async def remote(request: pytest.FixtureRequest, store: SqliteStore, clock: ImpatientClock) -> AsyncIterator[Remote]:
    made = KeyedFakeRemote if request.param == KEYED else REMOTES[request.param]
    async with made(store, clock) as running:
        yield running


@pytest.fixture
async def channel(remote: Remote) -> AsyncIterator[Channel]:
    async with remote.channel() as connected:
        yield connected


over_the_network = pytest.mark.parametrize("remote", ["telegram", "discord"], indirect=True)
with_real_files = pytest.mark.parametrize("remote", ["web", "telegram", "discord"], indirect=True)


@asynccontextmanager
async def receiving(channel: Channel, desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(channel.receive(desk.accept))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() or task.exception() is None


def to(remote: Remote, reply_to: str = "") -> Target:
    return Target(Conversation(remote.name, remote.chat), reply_to)


def texts(remote: Remote) -> list[str]:
    return [seen.text for seen in remote.seen() if seen.kind == "text"]


async def shows(remote: Remote, *wanted: str) -> None:
    """Returns once these are the texts that people see."""
    try:
        await remote.until(lambda: texts(remote) == list(wanted))
    except TimeoutError:
        assert texts(remote) == list(wanted)


# --- connecting --------------------------------------------------------------------------------


async def test_a_connected_channel_is_well_and_knows_what_it_is_called(remote: Remote, channel: Channel) -> None:
    health = await channel.ping()

    assert (health.ok, channel.name) == (True, remote.name)
    assert channel.names
    assert remote.secret not in health.detail


async def test_leaving_ends_everything_and_can_be_repeated(remote: Remote, desk: Desk) -> None:
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    channel = remote.channel()
    await channel.__aenter__()
    async with receiving(channel, desk):
        await remote.say("hello")
        await desk.hears()
        await channel.send(to(remote), Text("bye"), key="1:0")
        await channel.busy(to(remote), Doing.TYPING)

    await channel.__aexit__(None, None, None)
    await channel.__aexit__(None, None, None)

    async with asyncio.timeout(5):  # the servers' own ends of the connections end by themselves
        for task in asyncio.all_tasks() - tasks:
            await asyncio.wait({task})
        for thread in set(threading.enumerate()) - threads:
            if thread.daemon:
                await asyncio.to_thread(thread.join)
    gc.collect()  # what was not closed would be told here, and a warning is an error


async def test_who_has_left_says_so_and_never_fails_otherwise(remote: Remote) -> None:
    channel = remote.channel()
    async with channel:
        pass

    with suppress(NotSent):  # where it is kept, it is shown to whoever comes next
        await channel.send(to(remote), Text("too late"), key="1:0")
    await channel.busy(to(remote), Doing.TYPING)
    assert not (await channel.ping()).ok


async def test_the_same_channel_can_be_entered_again(remote: Remote, desk: Desk) -> None:
    channel = remote.channel()
    for round_ in (1, 2):
        async with channel, receiving(channel, desk):
            await remote.say(f"round {round_}")
            await desk.hears(round_)
            await channel.send(to(remote), Text(f"answer {round_}"), key=f"{round_}:0")
            await shows(remote, *(f"answer {number}" for number in range(1, round_ + 1)))

    assert [inbound.text for inbound in desk.heard] == ["round 1", "round 2"]


# --- what people say ---------------------------------------------------------------------------


async def test_a_message_says_who_wrote_it_where_and_the_answer_goes_back_there(
    remote: Remote, channel: Channel, desk: Desk
) -> None:
    async with receiving(channel, desk):
        said = await remote.say("hello")
        (heard,) = await desk.hears()
        await channel.send(Target(heard.conversation), Text("hi"), key="1:0")
        await shows(remote, "hi")
        await remote.say("bye")
        await desk.hears(2)

    assert (heard.text, heard.message_id, heard.attachments, heard.quoted) == ("hello", said, (), None)
    assert heard.conversation == Conversation(remote.name, remote.chat)
    assert (heard.private, heard.to_me, heard.room, heard.origin) == (True, True, "", Origin.PERSON)
    assert (bool(heard.sender.id), bool(heard.sender.name), heard.sender.is_bot) == (True, True, False)
    assert heard.sent_at.utcoffset() is not None
    assert [inbound.text for inbound in desk.heard] == ["hello", "bye"]  # never the bot's own words


async def test_a_recording_is_a_voice_note_with_its_length_and_its_bytes(
    remote: Remote, channel: Channel, desk: Desk, store: SqliteStore
) -> None:
    async with receiving(channel, desk):
        await remote.voice(OGG, 4.0)
        (heard,) = await desk.hears()
    (note,) = heard.attachments
    blob = note.blob or await store.put_stream(channel.fetch(note), note.mime, cap=channel.limits.download_bytes)

    assert (heard.text, note.kind, note.mime, note.seconds, note.size) == ("", Kind.VOICE, "audio/ogg", 4.0, len(OGG))
    assert await store.read(blob) == OGG


async def test_a_file_that_nobody_has_cannot_be_fetched(remote: Remote, channel: Channel) -> None:
    with pytest.raises(FetchFailed) as failed:
        async for _ in channel.fetch(Attachment(Kind.DOCUMENT, remote="1/2/3 nothing", name="old.txt")):
            pass

    assert remote.secret not in f"{failed.value} {failed.value.tell}"


@over_the_network
async def test_a_file_that_is_announced_as_too_large_is_refused_in_plain_words(channel: Channel) -> None:
    huge = Attachment(Kind.VIDEO, remote="1/2/3 x", size=channel.limits.download_bytes + 1)

    with pytest.raises(FetchFailed) as failed:
        async for _ in channel.fetch(huge):
            pass

    assert "too large" in failed.value.tell or "MB" in failed.value.tell


async def test_a_message_is_confirmed_only_after_it_was_stored(remote: Remote, channel: Channel, desk: Desk) -> None:
    desk.gate.clear()
    async with receiving(channel, desk):
        said = await remote.say("hello")
        await desk.until(lambda: desk.tries)
        await asyncio.sleep(0.05)  # whoever wanted to confirm it too early would have done so
        early = await remote.confirmed(said)
        desk.gate.set()
        await desk.hears()
        for _ in range(1000):
            if late := await remote.confirmed(said):
                break
            await asyncio.sleep(0.01)

    assert (early, late) == (False, True)


async def test_what_the_store_refuses_comes_again_once_and_in_order(
    remote: Remote, channel: Channel, desk: Desk
) -> None:
    desk.refusals = 3
    async with receiving(channel, desk):
        await remote.say("first")
        await desk.until(lambda: desk.tries >= 2)
        await desk.hears()
        await remote.say("second")
        await desk.hears(2)

    assert [inbound.text for inbound in desk.heard] == ["first", "second"]
    assert desk.refusals == 0


async def test_what_is_said_while_nobody_receives_is_heard_later(remote: Remote, channel: Channel, desk: Desk) -> None:
    await remote.say("before")
    async with receiving(channel, desk):
        await desk.hears(1)
    await remote.say("between")
    await asyncio.sleep(0.05)  # whoever still hands messages over would have done so
    aside = len(desk.heard)
    async with receiving(channel, desk):
        await desk.hears(2)

    assert aside == 1
    assert [inbound.text for inbound in desk.heard] == ["before", "between"]


async def test_a_message_whose_storing_was_interrupted_is_handed_over_again(
    remote: Remote, channel: Channel, desk: Desk
) -> None:
    desk.gate.clear()
    async with receiving(channel, desk):
        await remote.say("interrupted")
        await desk.until(lambda: desk.tries)
    desk.gate.set()
    async with receiving(channel, desk):
        await desk.hears()
        await remote.say("after")
        await desk.hears(2)

    assert [inbound.text for inbound in desk.heard] == ["interrupted", "after"]


async def test_what_a_dead_process_had_not_stored_is_heard_by_the_next(remote: Remote, desk: Desk) -> None:
    desk.gate.clear()
    channel = remote.channel()
    async with channel, receiving(channel, desk):
        await remote.say("held")
        await desk.until(lambda: desk.tries)
    desk.gate.set()

    again = remote.channel()
    async with again, receiving(again, desk):
        await desk.hears()

    assert [inbound.text for inbound in desk.heard] == ["held"]


# --- what the bot says -------------------------------------------------------------------------


async def test_a_text_arrives_once_and_as_it_was_said(remote: Remote, channel: Channel) -> None:
    sent = await channel.send(to(remote), Text(WORDS), key="1:0")

    await shows(remote, WORDS)
    assert [seen.id for seen in remote.seen()] == [sent.message_id]


async def test_two_answers_with_the_same_words_are_two_messages(remote: Remote, channel: Channel) -> None:
    for key in ("1:0", "2:0"):
        await channel.send(to(remote), Text("Yes."), key=key)

    await shows(remote, "Yes.", "Yes.")


@pytest.mark.parametrize("remote", [*REMOTES, KEYED], indirect=True)
async def test_where_a_key_counts_a_repeated_send_shows_one_message_with_the_newest_text(
    remote: Remote, channel: Channel
) -> None:
    first = await channel.send(to(remote), Text("One, tw …"), key="1:0")
    again = await channel.send(to(remote), Text("One, two, three."), key="1:0", maybe_sent=True)

    if channel.limits.keyed:
        assert again == first
        await shows(remote, "One, two, three.")
    else:
        await shows(remote, "One, tw …", "One, two, three.")


async def test_a_text_at_the_limit_is_one_message_and_one_more_character_makes_two(
    remote: Remote, channel: Channel
) -> None:
    limit = channel.limits.text
    whole = ("ab " * limit)[: limit - 1] + "!"

    assert cut(Text(whole), channel.limits) == [Text(whole)]
    for number, part in enumerate(cut(Text(f"{whole}?"), channel.limits)):
        await channel.send(to(remote), part, key=f"1:{number}")
    await remote.until(lambda: len(remote.seen()) == 2)
    assert " ".join(texts(remote)) == f"{whole}?"
    await channel.send(to(remote), Text(whole), key="2:0")
    await remote.until(lambda: len(remote.seen()) == 3)
    assert texts(remote)[2] == whole


async def test_a_text_at_the_limit_is_one_message_whatever_is_made_of_it(remote: Remote, channel: Channel) -> None:
    for number, line in enumerate(GROWING, 1):
        text = f"{line}\n" * (2 * min(channel.limits.text, 5000) // len(line))

        await channel.send(to(remote), cut(Text(text), channel.limits)[0], key=f"{number}:0")

        await remote.until(lambda: len(remote.seen()) == number)


async def test_half_a_character_costs_nothing_but_itself(remote: Remote, channel: Channel) -> None:
    """A model's answer may be cut within an emoji, or bring its halves one by one."""
    sent = await channel.send(to(remote), Text("half \ud83d …"), key="1:0")
    await channel.edit(to(remote), sent.message_id, Text("halves \ud83d\ude00 and \ud83d."))

    def shown() -> list[str]:
        return [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts(remote)]

    await remote.until(lambda: shown() and shown()[0].startswith("halves"))
    assert shown() == ["halves 😀 and \ufffd."]


async def test_an_edit_replaces_the_text_and_the_same_text_again_is_no_error(remote: Remote, channel: Channel) -> None:
    sent = await channel.send(to(remote), Text("…"), key="1:0")
    await channel.send(to(remote), Text("later"), key="2:0")

    for _ in range(2):
        await channel.edit(to(remote), sent.message_id, Text("**done**"))

    await remote.until(lambda: len(remote.seen()) == 2 and "done" in texts(remote)[0])
    assert (len(texts(remote)), texts(remote)[1]) == (2, "later")


async def test_an_edit_of_a_message_that_is_gone_is_told_or_shows_it_anew(remote: Remote, channel: Channel) -> None:
    try:
        await channel.edit(to(remote), "4711", Text("here"))
    except Undeliverable as lost:
        assert not lost.gone
        assert remote.seen() == []
    else:
        await shows(remote, "here")


async def test_a_pressed_button_is_the_person_saying_it(remote: Remote, channel: Channel, desk: Desk) -> None:
    async with receiving(channel, desk):
        await channel.send(to(remote), Text("Which?", (Choice("A", "/model a"), Choice("B", "/model b"))), key="1:0")
        await shows(remote, "Which?")
        if not remote.has_buttons:
            return
        await remote.press(remote.seen()[0], "B")
        (heard,) = await desk.hears()

    assert remote.seen()[0].buttons == ("A", "B")
    assert (heard.text, heard.private, heard.to_me, heard.room) == ("/model b", True, True, "")
    assert heard.conversation == Conversation(remote.name, remote.chat)


async def test_a_voice_note_arrives_as_one_with_its_length(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    await channel.send(to(remote), Voice(await store.put(OGG, "audio/ogg"), 4.0, bytes(9), "words"), key="1:0")

    await remote.until(remote.seen)
    (seen,) = remote.seen()
    assert (seen.kind, seen.data, seen.seconds) == ("voice", OGG, 4.0)


async def test_a_file_arrives_whole_as_what_it_is_with_its_name_and_caption(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    for number, (kind, mime, name, seen_as) in enumerate(FILES):
        data = bytes([number, *range(256)]) * 300 + b"\r\n--x"

        sent = Media(kind, await store.put(data, mime), name, "for you", 12.0)
        await channel.send(to(remote), sent, key=f"{number}:0")

        await remote.until(lambda: len(remote.seen()) > number)
        seen = remote.seen()[-1]
        assert (seen.kind, seen.name, seen.text) == (seen_as, name, "for you")
        assert seen.data == data


async def test_a_caption_at_the_limit_stays_under_its_picture(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    caption = LONG[: min(channel.limits.caption, 5000) - 1] + "!"

    await channel.send(to(remote), Media(Kind.PICTURE, await store.put(OGG, "image/png"), "a.png", caption), key="1:0")

    await remote.until(remote.seen)
    assert [(seen.kind, seen.text) for seen in remote.seen()] == [("photo", caption)]


@with_real_files
async def test_a_file_that_is_gone_from_the_disk_is_told_and_the_chat_is_not_given_up(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    blob = await store.put(OGG, "audio/ogg")
    store.path(blob).unlink()

    for part in (Media(Kind.AUDIO, blob, "song.ogg"), Voice(blob, 4.0, b"\x01")):
        with pytest.raises(Undeliverable) as lost:
            await channel.send(to(remote), part, key="1:0")
        assert (lost.value.gone, lost.value.tell) == (False, "The file is gone.")
    assert remote.seen() == []


async def test_an_answer_shows_what_it_answers(remote: Remote, channel: Channel, desk: Desk) -> None:
    async with receiving(channel, desk):
        said = await remote.say("draw a fox")
        await desk.hears()
        await channel.send(to(remote, said), Text("here"), key="1:0")
        await shows(remote, "here")

    assert remote.seen()[0].reply_to == (said if remote.shows_replies else "")


async def test_an_indicator_is_shown_once_for_each_time_it_is_asked_for(
    remote: Remote, channel: Channel, clock: ImpatientClock
) -> None:
    await remote.watches()
    for number, doing in enumerate(Doing, 1):
        await channel.busy(to(remote), doing)
        await remote.until(lambda: remote.typing() == number)

    await clock.advance(600)
    assert remote.typing() == len(Doing)


# --- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("remote", "trouble"), TROUBLES, indirect=["remote"])
async def test_a_failed_send_says_whether_it_happened(remote: Remote, channel: Channel, trouble: Trouble) -> None:
    await remote.trouble(trouble)

    with pytest.raises(ChannelError) as failed:
        await channel.send(to(remote), Text(LONG[: min(channel.limits.text, 50_000)]), key="1:0")

    error = failed.value
    assert isinstance(error, MEANS[trouble])
    assert len(remote.seen()) == (1 if trouble is Trouble.CUT_OFF else 0)
    assert getattr(error, "gone", False) is (trouble is Trouble.BLOCKED)
    if trouble is Trouble.SLOW_DOWN:
        assert isinstance(error, NotSent)
        assert error.retry_after == 100
    if trouble is Trouble.REFUSED:
        assert error.tell == "I am not allowed to do that here."
    assert remote.secret not in told(error)
    assert LONG[:20] not in told(error)


@pytest.mark.parametrize(("remote", "trouble"), TROUBLES, indirect=["remote"])
async def test_a_failed_edit_says_whether_it_happened_and_can_be_repeated(
    remote: Remote, channel: Channel, trouble: Trouble
) -> None:
    sent = await channel.send(to(remote), Text("before"), key="1:0")
    await remote.trouble(trouble)
    after = Text(LONG[: min(channel.limits.text, 50_000)])

    with pytest.raises(MEANS[trouble]) as failed:
        await channel.edit(to(remote), sent.message_id, after)

    assert getattr(failed.value, "gone", False) is (trouble is Trouble.BLOCKED)
    assert remote.secret not in told(failed.value)
    if trouble is Trouble.CUT_OFF:
        await channel.edit(to(remote), sent.message_id, after)
        assert (len(texts(remote)), texts(remote)[0][:6]) == (1, "a line")


@pytest.mark.parametrize(("remote", "trouble"), TROUBLES, indirect=["remote"])
async def test_an_indicator_never_fails(remote: Remote, channel: Channel, trouble: Trouble) -> None:
    await remote.trouble(trouble)

    await channel.busy(to(remote), Doing.TYPING)


@over_the_network
async def test_an_address_of_another_platform_is_refused_and_nothing_breaks(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    elsewhere = Target(Conversation(remote.name, "home"), "m1")
    here, blob = to(remote), await store.put(OGG, "audio/ogg")
    parts: tuple[Part, ...] = (Text("hello"), Voice(blob, 1.0, b"\x01"), Media(Kind.AUDIO, blob, "song.ogg"))
    tries: list[Coroutine[None, None, object]] = [
        *(channel.send(elsewhere, part, key="1:0", maybe_sent=again) for part in parts for again in (False, True)),
        channel.edit(elsewhere, "7", Text("hello")),
        channel.edit(here, "t1:0", Text("hello")),
    ]

    for attempt in tries:
        with pytest.raises(Undeliverable):
            await attempt
    await channel.busy(elsewhere, Doing.TYPING)


@over_the_network
async def test_a_file_over_the_limit_is_told_without_trying_and_the_chat_is_not_given_up(
    remote: Remote, channel: Channel, store: SqliteStore
) -> None:
    blob = await store.put(OGG, "video/mp4")
    huge = Blob(blob.sha256, blob.mime, channel.limits.upload_bytes + 1)

    with pytest.raises(Undeliverable) as refused:
        await channel.send(to(remote), Media(Kind.VIDEO, huge, "clip.mp4"), key="1:0")

    assert not refused.value.gone
    assert refused.value.tell == f"It is too large: {LARGEST[remote.name]}."
    assert remote.seen() == []


def told(error: BaseException) -> str:
    """Everything that a log would show of an error: its text, its values, and what it came from."""
    said = ""
    cause: BaseException | None = error
    while cause is not None:
        said += f"{cause} {cause!r} {vars(cause)!r} "
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return said
