"""Who may talk: a table of doors and of people who stand before them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agent.policy.access import EVERYONE, AccessRules, DmPolicy, RoomRules, Verdict, judge, known, mentions
from bot.core.messages import Attachment, Conversation, Inbound, Kind, Person
from tests.fakes.rows import NOON

LISTED, STRANGER, OWNER = "1", "2", "3"
LIST = frozenset({LISTED})
ANYBODY = frozenset({EVERYONE})
PRIVATE = Inbound("e", Conversation("fake", "c"), Person(STRANGER), NOON, "hello")
IN_A_ROOM = replace(PRIVATE, private=False, room="r")


def verdict(door: AccessRules, inbound: Inbound, person: str, *, guest: bool = False, bot: bool = False) -> Verdict:
    return judge(door, replace(inbound, sender=Person(person, is_bot=bot)), guest=guest)


# --- private chats -----------------------------------------------------------------------------

A, P, S, C = Verdict.ADMIT, Verdict.PAIR, Verdict.STRANGER, Verdict.CLOSED


@pytest.mark.parametrize(
    ("policy", "allow_from", "listed", "stranger", "guest", "owner"),
    [
        (DmPolicy.PAIRING, LIST, A, P, A, A),
        (DmPolicy.PAIRING, frozenset(), P, P, A, A),
        (DmPolicy.PAIRING, ANYBODY, P, P, A, A),  # "*" counts only where the door is open
        (DmPolicy.ALLOWLIST, LIST, A, S, S, A),
        (DmPolicy.ALLOWLIST, ANYBODY, S, S, S, A),
        (DmPolicy.OPEN, ANYBODY, A, A, A, A),
        (DmPolicy.OPEN, LIST, A, S, S, A),  # open, but nobody wrote "*"
        (DmPolicy.DISABLED, LIST | ANYBODY, C, C, C, C),
    ],
)
def test_a_private_chat_is_admitted_by_the_policy(
    policy: DmPolicy, allow_from: frozenset[str], listed: Verdict, stranger: Verdict, guest: Verdict, owner: Verdict
) -> None:
    door = AccessRules(policy, allow_from, owners=frozenset({OWNER}))

    assert verdict(door, PRIVATE, LISTED) is listed
    assert verdict(door, PRIVATE, STRANGER) is stranger
    assert verdict(door, PRIVATE, STRANGER, guest=True) is guest
    assert verdict(door, PRIVATE, OWNER) is owner


def test_a_door_that_nobody_configured_offers_pairing_in_private_and_serves_no_room() -> None:
    assert verdict(AccessRules(), PRIVATE, STRANGER) is Verdict.PAIR
    assert verdict(AccessRules(), IN_A_ROOM, STRANGER) is Verdict.ROOM


def test_whether_a_private_message_is_addressed_does_not_matter() -> None:
    assert verdict(AccessRules(allow_from=LIST), replace(PRIVATE, to_me=False), LISTED) is Verdict.ADMIT


def test_a_bot_is_heard_only_where_bots_are_and_by_the_same_rules() -> None:
    door = AccessRules(allow_from=LIST)

    assert verdict(door, PRIVATE, LISTED, bot=True) is Verdict.BOT
    assert verdict(replace(door, bots=True), PRIVATE, LISTED, bot=True) is Verdict.ADMIT
    assert verdict(replace(door, bots=True), PRIVATE, STRANGER, bot=True) is Verdict.PAIR


def test_the_operator_knows_whom_they_named() -> None:
    door = AccessRules(allow_from=LIST, owners=frozenset({OWNER}))

    assert [known(door, person) for person in (LISTED, OWNER, STRANGER)] == [True, True, False]


@settings(deadline=None)
@given(st.sampled_from(DmPolicy), st.booleans(), st.booleans())
def test_a_name_opens_no_door(policy: DmPolicy, private: bool, to_me: bool) -> None:
    door = AccessRules(policy, frozenset({"Ann", "@ann"}), rooms={"r": RoomRules()}, owners=frozenset({"ANN"}))
    said = replace(PRIVATE, private=private, to_me=to_me, room="" if private else "r", sender=Person(STRANGER, "Ann"))

    assert judge(door, said, guest=False) is not Verdict.ADMIT


# --- rooms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "admitted"),
    [
        (RoomRules(), {LISTED, OWNER}),  # the channel's own list
        (RoomRules(allow_from=frozenset({STRANGER})), {STRANGER, OWNER}),  # the room's list stands in its place
        (RoomRules(allow_from=ANYBODY), {LISTED, STRANGER, OWNER}),
        (RoomRules(allow_from=frozenset()), {OWNER}),
    ],
)
def test_in_a_room_its_own_list_counts_or_else_the_channels(room: RoomRules, admitted: set[str]) -> None:
    door = AccessRules(allow_from=LIST, rooms={"r": room}, owners=frozenset({OWNER}))

    for person in (LISTED, STRANGER, OWNER):
        expected = Verdict.ADMIT if person in admitted else Verdict.STRANGER
        assert verdict(door, IN_A_ROOM, person) is expected


def test_who_was_let_in_by_pairing_was_let_into_private_chats_only() -> None:
    assert verdict(AccessRules(rooms={"r": RoomRules()}), IN_A_ROOM, STRANGER, guest=True) is Verdict.STRANGER


def test_rooms_are_served_whatever_private_chats_are() -> None:
    assert verdict(AccessRules(DmPolicy.DISABLED, LIST, {"r": RoomRules()}), IN_A_ROOM, LISTED) is Verdict.ADMIT


@pytest.mark.parametrize(
    ("require_mention", "to_me", "kinds", "expected"),
    [
        (True, True, (), Verdict.ADMIT),
        (True, False, (), Verdict.QUIET),
        (True, False, (Kind.PICTURE, Kind.AUDIO), Verdict.QUIET),
        (True, False, (Kind.PICTURE, Kind.VOICE), Verdict.ADMIT),  # the name may be spoken
        (False, False, (), Verdict.ADMIT),
    ],
)
def test_a_room_is_heard_when_it_speaks_to_us(
    require_mention: bool, to_me: bool, kinds: tuple[Kind, ...], expected: Verdict
) -> None:
    door = AccessRules(allow_from=LIST, rooms={"r": RoomRules(require_mention)})
    said = replace(IN_A_ROOM, to_me=to_me, attachments=tuple(Attachment(kind) for kind in kinds))

    assert verdict(door, said, LISTED) is expected


SERVER = {"here": RoomRules(prompt="here"), EVERYONE: RoomRules(prompt="any channel")}


@pytest.mark.parametrize(
    ("rooms", "room", "chat", "prompt"),
    [
        ({"r": RoomRules(prompt="r"), EVERYONE: RoomRules(prompt="any")}, "r", "here", "r"),
        ({"r": RoomRules(prompt="r"), EVERYONE: RoomRules(prompt="any")}, "s", "here", "any"),
        ({"r": RoomRules(prompt="r")}, "s", "here", None),
        ({"r": RoomRules(prompt="r", channels=SERVER)}, "r", "here", "here"),
        ({"r": RoomRules(prompt="r", channels=SERVER)}, "r", "there", "any channel"),
        ({"r": RoomRules(channels={"here": RoomRules()})}, "r", "there", None),
        ({"r": RoomRules(channels={})}, "r", "here", None),
        ({EVERYONE: RoomRules(channels=SERVER)}, "s", "here", "here"),
    ],
)
def test_the_rules_of_a_room_are_the_nearest_that_are_written(
    rooms: dict[str, RoomRules], room: str, chat: str, prompt: str | None
) -> None:
    said = replace(IN_A_ROOM, room=room, conversation=Conversation("fake", chat))

    found = AccessRules(rooms=rooms).room(said)

    assert (found.prompt if found else None) == prompt


# --- names in speech ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names", "named"),
    [
        ("Hey Voxline, how are you?", ("Voxline",), True),
        ("voxline", ("VOXLINE",), True),
        ("ask voxlines", ("Voxline",), False),
        ("Vox line", ("Voxline",), False),
        ("tell my-bot!", ("my_bot",), True),
        ("tell my bot", ("My  Bot",), True),
        ("my other bot", ("my bot",), False),
        ("hey Straße", ("STRASSE",), True),
        ("any words", ("", "words"), True),
        ("any words", ("",), False),
        ("any words", (), False),
        ("", ("Voxline",), False),
    ],
)
def test_the_bot_is_named_by_whole_words_in_any_case(text: str, names: tuple[str, ...], named: bool) -> None:
    assert mentions(text, names) is named
