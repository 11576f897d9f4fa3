"""The front desk: what is taken, what is refused and how, and what a /stop ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.agent.accept import (
    CARDS_AT_ONCE,
    CODE_LENGTH,
    CODE_LETTERS,
    FULL,
    NOTHING_TO_STOP,
    STOPPED,
    WAITING_AT_MOST,
    Acceptor,
    AcceptStore,
    hash_code,
)
from bot.agent.background.not_taken import MORE
from bot.agent.group_access import GroupAccess, RoomAnswer
from bot.agent.owners import Owners
from bot.agent.policy.access import AccessRules, RoomRules
from bot.agent.policy.rate_limit import RateLimit
from bot.core.arrivals import Arrivals, Moved, Poison
from bot.core.messages import Attachment, Choice, Conversation, Inbound, Kind, Person, Target, Text
from bot.core.people import Guest
from bot.core.steps import Outcome
from bot.store import SqliteStore
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.rows import ANN, NOON
from tests.talk import OPEN

HERE, THERE = conversation("1"), conversation("2")
PAIRING_DOOR = AccessRules(owners=frozenset({"owner", "second owner"}))


@dataclass
class Engine:
    """Keeps who was woken and stopped. `running` are conversations with a turn, `busy` those with anything to do."""

    woken: list[tuple[Conversation, float]] = field(default_factory=list)
    stopped: list[Conversation] = field(default_factory=list)
    running: set[Conversation] = field(default_factory=set)
    busy: set[Conversation] = field(default_factory=set)

    def wake(self, conversation: Conversation, *, after: float = 0.0) -> None:
        self.woken.append((conversation, after))

    async def stop(self, conversation: Conversation) -> bool:
        self.stopped.append(conversation)
        return conversation in self.running

    def busy_with(self, conversation: Conversation) -> bool:
        return conversation in self.busy


class Desk:
    """An acceptor over a real store."""

    def __init__(self, store: SqliteStore, clock: FakeClock, door: AccessRules) -> None:
        self.store, self.clock, self.engine = store, clock, Engine()
        self.doors = {"fake": door, "other": AccessRules(owners=frozenset({"owner elsewhere"}))}
        self.start()

    def start(self, messages: int = 1000) -> None:
        """As a process that has just begun: it remembers nothing but the store."""
        wake = self.engine.wake
        self.groups = GroupAccess(self.doors, cursors=self.store, outbox=self.store, clock=self.clock, wake=wake)
        self.acceptor = Acceptor(
            store=AcceptStore(self.store, self.store, self.store),
            lanes=self.engine,
            groups=self.groups,
            clock=self.clock,
            pace=RateLimit(self.clock, messages=messages),
            owners=Owners(doors=self.doors, cursors=self.store, outbox=self.store, clock=self.clock, wake=wake),
        )

    def behind(self, door: AccessRules) -> None:
        """Begins again behind another door."""
        self.doors["fake"] = door
        self.start()

    async def brings(self, *inbounds: Inbound, **more: object) -> None:
        await self.acceptor.accept(Arrivals("fake", inbounds, **more))  # type: ignore[arg-type]

    async def said(self, where: Conversation = HERE) -> list[str]:
        """Everything that was posted there and not read before."""
        return [part.text for _, part in await self.posted(where) if isinstance(part, Text)]

    async def posted(self, where: Conversation = HERE) -> list[tuple[Target, object]]:
        found: list[tuple[Target, object]] = []
        while (due := await self.store.next_due(where)) is not None:
            await self.store.mark_sent(due.key, "m")
            found.append((due.target, due.part))
        return found

    async def taken(self, where: Conversation = HERE) -> list[str]:
        """The events that turns are made of, in order; each is finished."""
        found: list[str] = []
        while (turn := await self.store.claim(where)) is not None:
            found += [inbound.id for inbound in turn.inbounds]
            await self.store.finish(turn, Outcome((), ()))
        return found


def inbound(event: str, text: str = "hello", where: Conversation = HERE, **more: object) -> Inbound:
    return Inbound(event, where, ANN, NOON, text, message_id=f"m-{event}", **more)  # type: ignore[arg-type]


@pytest.fixture
def desk(store: SqliteStore, clock: FakeClock) -> Desk:
    return Desk(store, clock, OPEN)


@pytest.fixture
def strict(store: SqliteStore, clock: FakeClock) -> Desk:
    """Behind a door that only pairing opens."""
    return Desk(store, clock, PAIRING_DOOR)


# --- /stop -------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [True, False])
async def test_a_stop_that_comes_again_after_a_restart_stops_no_later_turn(desk: Desk, running: bool) -> None:
    desk.engine.running = {HERE} if running else set()
    await desk.brings(inbound("1", "/stop"))
    said = await desk.said()
    desk.engine.stopped.clear()

    desk.start()
    desk.engine.running = {HERE}
    await desk.brings(inbound("2"))
    await desk.brings(inbound("1", "/stop"))

    assert said == ([] if running else [NOTHING_TO_STOP])
    assert (desk.engine.stopped, await desk.said(), await desk.taken()) == ([], [], ["2"])


async def test_what_a_stop_ended_in_the_same_read_stays_ended_when_it_comes_again(desk: Desk) -> None:
    read = (inbound("1"), inbound("2", "/stop"), inbound("3"))
    await desk.brings(*read)
    await desk.brings(*read)

    assert desk.engine.stopped == [HERE]
    assert (await desk.taken(), await desk.said()) == (["3"], [STOPPED])


@pytest.mark.parametrize("word", ["/stop", " /STOP\n", "/Stop"])
async def test_a_stop_ends_what_waits_in_its_own_conversation_only(desk: Desk, word: str) -> None:
    await desk.brings(inbound("1"), inbound("2", where=THERE))
    await desk.brings(inbound("3", word))

    assert desk.engine.stopped == [HERE]
    assert (await desk.taken(), await desk.taken(THERE)) == ([], ["2"])
    assert await desk.said() == [STOPPED]


async def test_a_stop_spares_what_came_before_it_elsewhere_and_after_it_here(desk: Desk) -> None:
    await desk.brings(inbound("1", where=THERE), inbound("2"), inbound("3", "/stop"), inbound("4"))

    assert (await desk.taken(), await desk.taken(THERE)) == (["4"], ["1"])
    assert await desk.said() == [STOPPED]


async def test_a_stop_counts_what_waits_and_what_came_with_it_but_nothing_that_follows(desk: Desk) -> None:
    await desk.brings(inbound("1", "/stop"), inbound("2"))
    await desk.brings(inbound("3"), inbound("4", "/stop"))

    assert await desk.said() == [NOTHING_TO_STOP, STOPPED]


async def test_stops_of_two_conversations_in_one_read_are_both_remembered(desk: Desk) -> None:
    read = (inbound("1", "/stop"), inbound("2", where=THERE), inbound("3", "/stop", where=THERE))
    await desk.brings(*read)
    await desk.brings(*read)

    assert desk.engine.stopped == [HERE, THERE]
    assert (await desk.taken(), await desk.taken(THERE)) == ([], [])


async def test_two_stops_in_one_read_are_one(desk: Desk) -> None:
    await desk.brings(inbound("1", "/stop"), inbound("2"), inbound("3", "/stop"))

    assert (desk.engine.stopped, await desk.taken(), await desk.said()) == ([HERE], [], [STOPPED])


async def test_a_running_turn_says_itself_that_it_was_stopped(desk: Desk) -> None:
    desk.engine.running = {HERE}
    await desk.brings(inbound("1", "/stop"))

    assert (desk.engine.stopped, await desk.said()) == ([HERE], [])


@pytest.mark.parametrize("same_read", [True, False])
@pytest.mark.parametrize(
    ("word", "waiting", "taken", "sentence"),
    [
        ("/stop", 1, ["m0"], "One message that waited comes next. /stop all ends it as well."),
        ("/stop", 3, ["m0", "m1", "m2"], "3 messages that waited come next. /stop all ends them as well."),
        ("/stop all", 1, [], "One message that waited is dropped as well."),
        ("/STOP  All please", 2, [], "2 messages that waited are dropped as well."),
    ],
)
async def test_a_stop_keeps_what_waits_behind_the_running_turn_and_says_how_many_unless_it_stops_all(
    desk: Desk, same_read: bool, word: str, waiting: int, taken: list[str], sentence: str
) -> None:
    desk.engine.running = {HERE}
    messages = [inbound(f"m{number}") for number in range(waiting)]
    if not same_read:
        await desk.brings(*messages)
    await desk.brings(*(messages if same_read else ()), inbound("s", word))

    assert (desk.engine.stopped, await desk.said()) == ([HERE], [sentence])
    assert await desk.taken() == taken


@pytest.mark.parametrize("text", ["/stop it", "/stop please", "/stop\nnow"])
async def test_words_behind_a_stop_take_nothing_from_it(desk: Desk, text: str) -> None:
    await desk.brings(inbound("1", text))

    assert (desk.engine.stopped, await desk.taken()) == ([HERE], [])


@pytest.mark.parametrize("text", ["stop", "/stopp", "please /stop"])
async def test_other_words_stop_nothing(desk: Desk, text: str) -> None:
    await desk.brings(inbound("1", text))

    assert (desk.engine.stopped, await desk.taken()) == ([], ["1"])


async def test_a_forwarded_stop_stops_nothing(desk: Desk) -> None:
    await desk.brings(replace(inbound("1", "/stop"), forwarded=True, forwarded_from="Bob"))

    assert (desk.engine.stopped, await desk.taken()) == ([], ["1"])


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_an_album_in_a_group_is_one_message(desk: Desk, one_by_one: bool) -> None:
    desk.behind(AccessRules(rooms={"r": RoomRules(allow_from=frozenset({"*"}))}))
    room: dict[str, Any] = {"private": False, "room": "r", "group": "album"}
    files = [inbound("1", "look", to_me=True, **room), *(inbound(n, "", to_me=False, **room) for n in "23")]
    stranger = replace(inbound("4", "", to_me=False, **room), sender=Person("666"))
    apart = inbound("5", "", to_me=False, **room | {"group": "another"})

    for batch in [[file] for file in (*files, stranger, apart)] if one_by_one else [[*files, stranger, apart]]:
        await desk.brings(*batch)

    assert await desk.taken() == ["1", "2", "3"]


async def test_a_stranger_stops_nobody(strict: Desk) -> None:
    strict.behind(AccessRules(rooms={"r": RoomRules()}))
    strict.engine.running = {HERE}
    await strict.brings(inbound("1", "/stop", private=False, room="r"))

    assert strict.engine.stopped == []


# --- too many that wait ------------------------------------------------------------------------


async def fill(desk: Desk) -> None:
    desk.engine.busy = {HERE}
    await desk.brings(*(inbound(f"w{number}") for number in range(WAITING_AT_MOST)))


async def test_a_waiting_message_that_comes_again_is_not_refused(desk: Desk) -> None:
    await fill(desk)
    desk.start()
    await desk.brings(inbound("w3"), inbound(f"w{WAITING_AT_MOST - 1}"))

    assert await desk.said() == []
    await desk.brings(inbound("one too many"))
    assert await desk.said() == [FULL]


async def test_the_first_of_those_that_find_no_room_is_told_and_comes_again_untold(desk: Desk) -> None:
    await fill(desk)
    await desk.brings(inbound("a"), inbound("b"))
    desk.start()
    await desk.brings(inbound("a"))

    assert await desk.said() == [FULL]
    assert len(await desk.taken()) == WAITING_AT_MOST


async def test_one_read_with_too_many_is_cut_at_the_same_number(desk: Desk) -> None:
    many = [inbound(str(number)) for number in range(WAITING_AT_MOST + 2)]
    await desk.brings(*many[:5], inbound("elsewhere", where=THERE), *many[5:])

    assert await desk.taken() == [str(number) for number in range(WAITING_AT_MOST)]
    assert (await desk.taken(THERE), await desk.said()) == (["elsewhere"], [FULL])


async def test_whoever_found_room_again_is_told_anew_when_there_is_none(desk: Desk) -> None:
    await fill(desk)
    await desk.brings(inbound("a"))
    await desk.taken()
    await desk.brings(inbound("b"))
    await desk.brings(*(inbound(f"v{number}") for number in range(WAITING_AT_MOST)))

    assert await desk.said() == [FULL, FULL]


async def test_a_stop_always_finds_room(desk: Desk) -> None:
    await fill(desk)
    await desk.brings(inbound("1", "/stop"))

    assert (await desk.taken(), await desk.said()) == ([], [STOPPED])


# --- too fast ----------------------------------------------------------------------------------


async def test_who_writes_too_fast_is_told_once_until_they_may_again(desk: Desk) -> None:
    desk.start(messages=2)
    for event in "123":
        await desk.brings(inbound(event))
    slow = await desk.said()
    await desk.clock.advance(60)
    for event in "567":
        await desk.brings(inbound(event))

    assert slow == ["That is a lot at once. Please wait 60 s; I have not taken this message, so send it again then."]
    assert len(await desk.said()) == 1
    assert await desk.taken() == ["1", "2", "5", "6"]


async def test_nobody_is_told_to_wait_for_no_seconds(desk: Desk) -> None:
    desk.start(messages=1)
    await desk.brings(inbound("1"))
    await desk.clock.advance(59.9)
    await desk.brings(inbound("2"))

    assert ["Please wait 1 s;" in text for text in await desk.said()] == [True]


async def test_a_message_that_was_taken_is_not_called_too_fast_when_it_comes_again(desk: Desk) -> None:
    for event in "123":
        await desk.brings(inbound(event))
    desk.start(messages=1)
    for event in "123":
        await desk.brings(inbound(event))
    again = await desk.said()
    await desk.brings(inbound("4"))

    assert again == []
    assert ["That is a lot" in text for text in await desk.said()] == [True]
    assert await desk.taken() == ["1", "2", "3"]


async def test_the_pace_binds_neither_owners_nor_a_stop(desk: Desk) -> None:
    desk.start(messages=1)
    owner = Person("owner")
    await desk.brings(inbound("1"), inbound("2", "/stop"), *(replace(inbound(x), sender=owner) for x in "345"))

    assert (await desk.taken(), await desk.said()) == (["3", "4", "5"], [STOPPED])


async def test_an_album_is_taken_whole_and_counts_as_many(desk: Desk) -> None:
    desk.start(messages=3)
    await desk.brings(*(inbound(x, group="album") for x in "1234"), inbound("5", group="next album"), inbound("6"))

    assert await desk.taken() == ["1", "2", "3", "4"]


async def test_the_files_of_a_message_count_each(desk: Desk) -> None:
    desk.start(messages=10)
    files = tuple(Attachment(Kind.AUDIO, "audio/flac", name=f"{x}.flac") for x in range(10))
    await desk.brings(inbound("1", attachments=files), inbound("2"))

    assert await desk.taken() == ["1"]


async def test_what_is_not_taken_in_a_wait_is_counted_and_said_when_it_is_over(desk: Desk) -> None:
    desk.start(messages=2)
    async with desk.acceptor.not_taken:
        for event in "1234":
            await desk.brings(inbound(event))
        await desk.brings(inbound("4"), inbound("5"))  # one of them comes again
        at_once = await desk.said()
        await desk.clock.advance(59)
        early = await desk.said()
        await desk.clock.advance(2)
        await settled(desk)

        assert (len(at_once), early) == (1, [])
        assert await desk.said() == [MORE.format(count=2)]
        await desk.clock.advance(1000)
        assert await desk.said() == []


async def test_what_found_no_room_is_counted_until_there_is_room_again(desk: Desk) -> None:
    await fill(desk)
    await desk.brings(*(inbound(x) for x in "abc"))
    first = await desk.said()
    await desk.taken()
    await desk.brings(inbound("d"))

    assert (first, await desk.said()) == ([FULL], [MORE.format(count=2)])


async def test_a_shutdown_says_what_was_still_to_be_counted(desk: Desk) -> None:
    desk.start(messages=1)
    async with desk.acceptor.not_taken:
        await desk.brings(*(inbound(x) for x in "1234"))

    assert (await desk.said())[1:] == [MORE.format(count=2)]


async def settled(desk: Desk) -> None:
    """Returns once what was posted in the background is written."""
    for _ in range(10):
        await desk.store.session(HERE)


async def test_each_person_has_a_pace_of_their_own(desk: Desk) -> None:
    desk.start(messages=1)
    await desk.brings(inbound("1"), replace(inbound("2"), sender=Person("8")))

    assert await desk.taken() == ["1", "2"]


# --- strangers ---------------------------------------------------------------------------------


async def test_a_stranger_gets_a_code_and_every_owner_of_the_channel_two_buttons(strict: Desk) -> None:
    await strict.brings(inbound("1"))
    told = await strict.said()
    card = Text(
        "Ann (id 7) asks to talk to me on fake.",
        (Choice("Let in", "/allow fake 7"), Choice("Refuse", "/refuse fake 7")),
    )

    assert len(told) == 1
    code = told[0].split("**")[1]
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(CODE_LETTERS)
    assert f"/allow {code}" in told[0]
    assert f"voxline pairing approve {code}" in told[0]
    owners = [conversation("owner"), conversation("second owner")]
    for owner in owners:
        assert await strict.posted(owner) == [(Target(owner), card)]
    assert await strict.said(Conversation("other", "owner elsewhere")) == []
    assert [where for where, _ in strict.engine.woken] == [HERE, *owners]
    asked = await strict.store.take_request(now=strict.clock.now(), code_hash=hash_code(code.lower()))
    assert asked is not None
    assert (asked.person_id, asked.name, asked.chat) == ("7", "Ann", "1")
    assert (asked.expires - strict.clock.now()).total_seconds() == 3600
    assert await strict.taken() == []


async def test_a_stranger_who_insists_is_not_answered_again_within_the_hour(strict: Desk) -> None:
    await strict.brings(inbound("1"))
    await strict.said()
    await strict.brings(inbound("2"))

    assert await strict.said() == []


async def test_in_a_crowd_of_strangers_each_gets_a_code_and_owners_a_few_cards_and_one_sentence(strict: Desk) -> None:
    crowd = CARDS_AT_ONCE + 7
    for number in range(crowd):
        await strict.brings(replace(inbound(str(number)), sender=Person(str(number))))

    codes = await strict.said()
    *cards, sentence = await strict.posted(conversation("owner"))
    assert len(set(codes)) == crowd
    assert [f"(id {number})" in str(card) for number, card in enumerate(cards)] == [True] * CARDS_AT_ONCE
    assert "/guests lists them" in str(sentence)


async def test_whoever_was_let_in_is_heard_at_once(strict: Desk, clock: FakeClock) -> None:
    await strict.store.let_in(Guest("fake", "7", "Ann", clock.now()))
    await strict.brings(inbound("1"), replace(inbound("2"), sender=Person("8")))

    assert await strict.taken() == ["1"]


def test_a_code_may_be_written_in_small_letters_and_in_groups() -> None:
    assert hash_code(" abcd efgh\n") == hash_code("ABCDEFGH") != hash_code("ABCDEFGX")


# --- everything else ---------------------------------------------------------------------------


async def test_a_conversation_is_woken_for_what_is_new_and_no_sooner_than_an_album_may_be_whole(desk: Desk) -> None:
    await desk.brings(inbound("1"))
    await desk.brings(inbound("1"), inbound("2", where=THERE), settle_seconds=0.7)

    assert desk.engine.woken == [(HERE, 0.0), (THERE, 0.7)]


async def test_in_a_room_a_notice_answers_the_message_and_in_private_it_stands_alone(desk: Desk) -> None:
    desk.behind(replace(OPEN, rooms={"r": RoomRules()}))
    await desk.brings(inbound("1", "/stop", private=False, room="r"))
    await desk.brings(inbound("2", "/stop"))

    assert [to for to, _ in await desk.posted()] == [Target(HERE, "m-1"), Target(HERE, "")]
    assert desk.engine.woken == [(HERE, 0.0)] * 2


async def test_a_bot_is_heard_only_where_bots_are_and_a_flood_of_it_is_not_taken(desk: Desk) -> None:
    robot = Person("99", is_bot=True)
    await desk.brings(replace(inbound("refused"), sender=robot))
    desk.behind(replace(OPEN, bots=True))
    for number in range(21):
        await desk.brings(replace(inbound(str(number)), sender=robot))
        await desk.clock.advance(0.1)
    await desk.brings(replace(inbound("another"), sender=Person("98", is_bot=True)))

    assert await desk.taken() == [*(str(number) for number in range(20)), "another"]


async def test_of_several_unreadable_events_owners_hear_once(desk: Desk) -> None:
    await desk.brings(poison=(Poison("1", "{}", "no chat"), Poison("2", "{}", "no sender")))

    told = await desk.said(conversation("owner"))
    assert ["on fake" in text and "no chat" in text for text in told] == [True]
    assert len(await desk.said(Conversation("other", "owner elsewhere"))) == 1


@pytest.mark.parametrize(
    ("rooms", "told"),
    [({"old": RoomRules()}, 1), ({"old": RoomRules(), "new": RoomRules()}, 0), ({"*": RoomRules()}, 0), ({}, 0)],
)
async def test_owners_hear_of_a_group_whose_rules_are_written_under_its_old_id(
    desk: Desk, rooms: dict[str, RoomRules], told: int
) -> None:
    desk.behind(replace(OPEN, rooms=rooms))
    await desk.brings(moved=(Moved(conversation("old"), conversation("new")),))

    said = await desk.said(conversation("owner"))
    assert len(said) == told
    assert all("channels.fake.groups" in text and "old" in text and "new" in text for text in said)
    assert desk.engine.woken[0] == (conversation("new"), 0.0)


async def test_every_group_that_moved_is_told_of(desk: Desk) -> None:
    desk.behind(replace(OPEN, rooms={"a": RoomRules(), "b": RoomRules()}))
    await desk.brings(moved=tuple(Moved(conversation(old), conversation(f"new {old}")) for old in "ab"))

    assert len(await desk.said(conversation("owner"))) == 2


# --- rooms that an owner calls from ------------------------------------------------------------

ROOM, OWNER = conversation("-100"), Person("owner", "Ann")


def from_owner(event: str, **more: object) -> Inbound:
    called = {"private": False, "to_me": True, "room": "-100", "room_name": "Family", **more}
    return replace(inbound(event, where=ROOM), sender=OWNER, **called)  # type: ignore[arg-type]


async def test_an_owner_who_calls_from_a_room_that_is_not_served_is_asked_once_in_private(strict: Desk) -> None:
    await strict.brings(from_owner("1"))
    await strict.brings(from_owner("2"))

    [(_, card)] = await strict.posted(conversation("owner"))
    assert isinstance(card, Text) and "“Family” (fake, -100)" in card.text
    assert [choice.say for choice in card.choices] == [f"/serve fake -100 {word}" for word in ("called", "all", "no")]
    assert all(len(choice.say.encode()) <= 64 for choice in card.choices)
    assert (await strict.said(ROOM), await strict.taken(ROOM)) == ([], [])


@pytest.mark.parametrize(("answer", "taken"), [("called", ["5"]), ("all", ["4", "5"]), ("no", [])])
async def test_what_the_owner_decided_holds_at_once_and_after_a_restart(
    strict: Desk, answer: str, taken: list[str]
) -> None:
    await strict.brings(from_owner("3"))
    await strict.groups.decide("fake", "-100", RoomAnswer(answer))
    for _ in range(2):
        await strict.brings(from_owner("4", to_me=False))
        await strict.brings(from_owner("5"))
        assert await strict.taken(ROOM) == taken
        strict.start()
        await strict.groups.load()
        taken = []  # they were taken before

    assert len(await strict.posted(conversation("owner"))) == 1


async def test_a_stranger_or_a_word_that_is_not_for_the_bot_asks_nobody(strict: Desk) -> None:
    await strict.brings(replace(from_owner("1"), sender=ANN))
    await strict.brings(from_owner("2", to_me=False))
    assert await strict.posted(conversation("owner")) == []


async def test_an_owner_who_did_not_decide_is_asked_again_the_next_day(strict: Desk, clock: FakeClock) -> None:
    await strict.brings(from_owner("1"))
    await clock.advance(86_400)
    await strict.brings(from_owner("2"))
    assert len(await strict.posted(conversation("owner"))) == 2


async def test_the_configuration_wins_over_what_was_decided(store: SqliteStore, clock: FakeClock) -> None:
    rooms = {"-100": RoomRules(require_mention=True)}
    desk = Desk(store, clock, AccessRules(owners=frozenset({"owner"}), rooms=rooms))
    await desk.groups.decide("fake", "-100", RoomAnswer.ALL)
    await desk.brings(from_owner("1", to_me=False))
    assert await desk.taken(ROOM) == []


async def test_a_decision_follows_a_group_that_gets_another_id(strict: Desk) -> None:
    await strict.groups.decide("fake", "-100", RoomAnswer.CALLED)
    await strict.brings(moved=(Moved(ROOM, conversation("-200")),))
    await strict.brings(replace(from_owner("1", room="-200"), conversation=conversation("-200")))
    assert await strict.taken(conversation("-200")) == ["1"]


async def test_a_name_of_a_group_is_plain_words(strict: Desk) -> None:
    await strict.brings(from_owner("1", room_name="[Renew](https://evil.example/k)\n**now** " + "x" * 99))
    [(_, card)] = await strict.posted(conversation("owner"))
    assert isinstance(card, Text) and "“Renew https evil. example k now xxxxxxx…" in card.text
    assert not set("[]*\n") & set(card.text)


# --- what pairing opens ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rooms", "switch", "admitted"),
    [
        ({"-100": RoomRules()}, True, True),
        ({"-100": RoomRules()}, False, False),
        ({"-100": RoomRules(allow_from=frozenset({"7"}))}, True, False),
        ({}, True, False),
    ],
)
async def test_who_was_let_in_by_pairing_may_talk_in_a_listed_room_too(
    store: SqliteStore, clock: FakeClock, rooms: dict[str, RoomRules], switch: bool, admitted: bool
) -> None:
    desk = Desk(store, clock, AccessRules(rooms=rooms, guests_in_rooms=switch))
    await store.let_in(Guest("fake", "mum", "Mum", NOON))
    await desk.brings(replace(from_owner("1"), sender=Person("mum", "Mum")))
    assert await desk.taken(ROOM) == (["1"] if admitted else [])
