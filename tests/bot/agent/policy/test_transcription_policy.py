"""Which recordings are listened to."""

from __future__ import annotations

import pytest

from bot.agent.policy.transcription_policy import OFF, Rule, TranscriptionPolicy, chat_key
from bot.core.messages import Attachment, Conversation, Inbound, Kind, Person
from bot.core.steps import Heard
from tests.fakes.rows import NOON


def said_in(channel: str, chat: str, *, private: bool = False, thread: str = "") -> Inbound:
    return Inbound(
        "e", Conversation(channel, chat, thread), Person("7"), NOON, private=private, room="" if private else chat
    )


GROUP, DIRECT = said_in("telegram", "-100", thread="5"), said_in("telegram", "7", private=True)
SERVER = said_in("discord", "42")


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(False), (True, True, True)),
        (Rule(False, channel="telegram"), (True, True, False)),
        (Rule(False, chat_type="group"), (True, False, False)),
        (Rule(False, chat_type="direct"), (False, True, False)),
        (Rule(False, chat_type="DM"), (False, True, False)),
        (Rule(False, chat_type="channel"), (False, False, True)),
        (Rule(False, chat_type="room"), (False, False, True)),
        (Rule(False, key_prefix="telegram:group:-100"), (True, False, False)),
        (Rule(False, key_prefix="agent:main:discord:channel:"), (False, False, True)),
        (Rule(False, "telegram", "direct", "telegram:direct:8"), (False, False, False)),
    ],
)
def test_a_rule_is_about_the_chats_that_fit_it(rule: Rule, fits: tuple[bool, bool, bool]) -> None:
    assert tuple(not TranscriptionPolicy(rules=(rule,)).allows(chat) for chat in (GROUP, DIRECT, SERVER)) == fits


def test_the_first_rule_that_fits_decides_and_else_the_default() -> None:
    hearing = TranscriptionPolicy(rules=(Rule(True, key_prefix="telegram:group:-100"), Rule(False, chat_type="group")))
    assert hearing.allows(GROUP) and hearing.allows(DIRECT)
    assert not hearing.allows(said_in("telegram", "-200"))
    assert not TranscriptionPolicy(rules=(Rule(True, chat_type="direct"),), otherwise=False).allows(GROUP)


def test_a_chat_is_known_by_channel_type_and_id() -> None:
    assert [chat_key(chat) for chat in (GROUP, DIRECT, SERVER)] == [
        "telegram:group:-100:topic:5",
        "telegram:direct:7",
        "discord:channel:42",
    ]


PICTURE = Attachment(Kind.PICTURE, remote="p")
VOICES = tuple(Attachment(kind, remote=str(number)) for number, kind in enumerate((Kind.VOICE, Kind.AUDIO, Kind.VOICE)))


@pytest.mark.parametrize(
    ("hearing", "left_out", "tell"),
    [
        (TranscriptionPolicy(), (), ""),
        (TranscriptionPolicy(at_most=1), VOICES[1:], "I listened to the first recording only."),
        (TranscriptionPolicy(at_most=2), VOICES[2:], "I listened to the first 2 recordings only."),
        (TranscriptionPolicy(at_most=3), (), ""),
        (TranscriptionPolicy(otherwise=False), VOICES, OFF),
    ],
)
def test_pictures_are_always_looked_at_and_recordings_as_many_as_may_be(
    hearing: TranscriptionPolicy, left_out: tuple[Attachment, ...], tell: str
) -> None:
    assert hearing.passed_over(DIRECT, (PICTURE, *VOICES)) == dict.fromkeys(left_out, Heard(None, tell=tell))
