"""Nothing vanishes: in a direct chat every type of message is answered, or stands on the list of notices."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.discord.inbound import UNREADABLE, BotUser, to_inbound
from channels.discord.message_types import NOTICES
from tests.channels.discord.test_inbound import ME, message

ANSWERED = {discord.MessageType.default, discord.MessageType.reply}


@pytest.mark.parametrize("kind", list(discord.MessageType), ids=lambda kind: kind.name)
def test_every_type_that_the_library_knows_is_answered_or_a_notice_with_its_reason(kind: discord.MessageType) -> None:
    inbound = to_inbound(message(type=kind.value), ME, "")

    if kind in ANSWERED:
        assert inbound is not None
        assert inbound.to_me
    else:
        assert inbound is None
        assert NOTICES[kind.value].split()[0] in ("says", "asks", "goes", "is", "repeats")


def test_the_list_of_notices_names_only_types_that_exist() -> None:
    assert NOTICES.keys() == {kind.value for kind in discord.MessageType} - {kind.value for kind in ANSWERED}


CONTENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"content": st.sampled_from(["", " ", "\u200b", None])},
    optional={
        "activity": st.just({"type": 1, "party_id": "p"}),
        "embeds": st.lists(st.fixed_dictionaries({}, optional={"type": st.just("rich"), "title": st.just("T")})),
        "components": st.just([{"type": 17, "components": [{"type": 10, "content": "Hello"}]}]),
        "sticker_items": st.lists(st.just({"id": "1", "name": "Wumpus"}), max_size=1),
        "soundboard_sounds": st.just([{"sound_id": "1"}]),
        "poll": st.none(),
    },
)


@given(CONTENTS, st.sampled_from([0, 19, 99, 1000]))
def test_whatever_a_person_sends_in_a_direct_chat_has_something_to_answer(changes: dict[str, Any], kind: int) -> None:
    inbound = to_inbound(message(type=kind, **changes), BotUser("900"), "")

    assert inbound is not None
    assert inbound.text.strip("\u200b \n")


def test_a_message_of_a_kind_that_is_newer_than_this_program_says_so() -> None:
    inbound = to_inbound(message(type=99, content=""), ME, "")

    assert inbound is not None
    assert inbound.text == UNREADABLE
