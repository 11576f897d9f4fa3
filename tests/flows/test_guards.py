"""Stories of too much, of strangers, and of owners who are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.agent.accept import WAITING_AT_MOST
from bot.agent.policy.access import AccessRules, DmPolicy, RoomRules
from bot.core.arrivals import Arrivals, Moved, Poison
from bot.core.chat import System, User
from bot.core.errors import KeyRefused, Undeliverable
from bot.core.messages import Attachment, Conversation, Inbound, Kind, Person
from bot.store import open_store
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Says
from tests.talk import OPEN, open_talk


async def test_a_person_whose_messages_pile_up_is_told_once_and_what_was_taken_is_answered(tmp_path: Path) -> None:
    hold = asyncio.Event()
    clock = FakeClock()
    async with open_talk(tmp_path, Says("slow answer", hold), clock=clock) as talk:
        await talk.says("first")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        for number in range(WAITING_AT_MOST + 3):
            await talk.says(f"number {number}", who=str(number))  # several people of one chat: nobody is too fast
        hold.set()
        await talk.settles()

        shown = talk.channel.texts("1")
        assert sum("wait already" in text for text in shown) == 1
        assert shown[-1] == f"You said: number {WAITING_AT_MOST - 1}"
        assert not any(f"number {WAITING_AT_MOST}" in text for text in shown)


async def test_two_bots_do_not_talk_for_ever(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, clock=clock, door=replace(OPEN, bots=True), messages_per_minute=1000) as talk:

        async def bot_says(number: int) -> None:
            sender = Person("99", "Robot", is_bot=True)
            chat = Conversation("fake", str(number))
            await talk.brings(Inbound(f"bot-{number}", chat, sender, clock.now(), "ping"))
            await talk.settles()

        for number in range(25):
            await bot_says(number)
        assert len(talk.model.requests) == 20
        await clock.advance(59)
        await bot_says(25)
        assert len(talk.model.requests) == 20
        await clock.advance(2)
        await bot_says(26)
        assert len(talk.model.requests) == 21


async def test_a_stranger_costs_no_model_call_and_no_download(tmp_path: Path) -> None:
    door = AccessRules(dm=DmPolicy.PAIRING, owners=frozenset({"owner"}), rooms={"7": RoomRules(allow_from=frozenset())})
    async with open_talk(tmp_path, door=door) as talk:
        await talk.says_aloud("let me in", who="66")
        await talk.says_aloud("and in the group", who="66", chat="7", room="7", private=False)
        await talk.says("from a group nobody listed", who="owner", chat="8", room="8", private=False)
        await talk.settles()

        assert (talk.model.requests, talk.ears.heard) == ([], [])
        assert ("code" in talk.channel.texts("1")[0], talk.channel.texts("7"), talk.channel.texts("8")) == (
            True,
            [],
            [],
        )


async def test_the_status_says_what_is_missing_to_an_owner_with_the_cure_and_to_others_in_plain_words(
    tmp_path: Path,
) -> None:
    lack = KeyRefused("There is no model key. Run `voxline onboard`.", tell="I have no key for a model yet.")
    async with open_talk(tmp_path, lacks=(lack,)) as talk:
        await talk.says("/status", who="owner")
        await talk.says("/status", who="7", chat="2")

        assert "There is no model key. Run `voxline onboard`." in (await talk.answer()).splitlines()
        assert "I have no key for a model yet." in (await talk.answer("2")).splitlines()


async def test_the_model_learns_when_a_message_that_waited_for_long_was_sent(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, clock=clock) as talk:
        await talk.says("remind me in an hour")
        await talk.settles()
        await talk.brings(
            Inbound("late", conversation(), Person("7", "Ann"), clock.now() - timedelta(hours=2), "and now?")
        )
        await talk.settles()

        fresh, late = (
            next(said.suffix for said in asked.messages if isinstance(said, System)) for asked in talk.model.requests
        )
        assert "was sent" not in fresh
        sent = clock.now() - timedelta(hours=2)
        assert f"The message that you answer was sent {sent:%A %Y-%m-%d %H:%M} UTC." in late.splitlines()


async def test_an_owner_hears_of_a_refused_key_once_in_six_hours_where_they_last_wrote(tmp_path: Path) -> None:
    clock = FakeClock()
    refusals = [KeyRefused("HTTP 401") for _ in range(3)]
    async with open_talk(tmp_path, Says("Hello owner"), *refusals, clock=clock) as talk:
        await talk.says("hi", who="owner", chat="dm-12")
        await talk.settles()
        for _ in range(2):
            await clock.advance(60)
            await talk.says("hello?", chat="5")
            await talk.settles()
        assert sum("refused my key" in text for text in talk.channel.texts("dm-12")) == 1
        await clock.advance(6 * 3600)
        await talk.says("hello?", chat="5")
        await talk.settles()
        assert sum("refused my key" in text for text in talk.channel.texts("dm-12")) == 2


async def test_an_owner_hears_of_a_message_that_nobody_understood(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        poison = Poison("9", "{}", "KeyError: 'chat'")
        await talk.agent.acceptor.accept(Arrivals("telegram:1", (), None, (poison, poison)))

        assert "set aside" in await talk.answer("owner")


async def test_work_of_a_channel_that_is_not_connected_waits_until_it_is(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        away = Conversation("away", "1")
        message = Inbound("late", away, Person("7", "Ann"), talk.clock.now(), "are you there?")
        await talk.store.accept(Arrivals("away", (message,)))
        talk.agent.engine.wake(away)
        await talk.settles()

        assert await talk.store.open_conversations() == (away,)
        assert (await talk.store.backlog()).messages == 1
        turn = await talk.store.claim(away)
        assert turn is not None
        assert turn.attempt == 1  # it was not claimed in vain


async def test_a_group_that_got_another_id_keeps_its_answer_and_its_memory(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Hello Ann"), Says("Here I am"), Says("You are Ann")) as talk:
        await talk.says("I am Ann", chat="-5")
        await talk.settles()
        talk.channel.fault("send", Undeliverable("group upgraded", moved_to="-1005"))
        talk.channel.fault("send", Undeliverable("group upgraded", moved_to="-1005"))
        await talk.says("are you there?", chat="-5")
        await talk.settles()
        assert talk.channel.texts("-1005") == ["Here I am"]

        await talk.says("who am I?", chat="-1005")
        assert await talk.answer("-1005") == "You are Ann"
        assert User("I am Ann") in talk.model.requests[-1].messages


async def test_a_group_that_tells_of_its_new_id_is_remembered_there(tmp_path: Path) -> None:
    door = AccessRules(
        dm=DmPolicy.OPEN, allow_from=frozenset({"*"}), owners=frozenset({"owner"}), rooms={"-5": RoomRules()}
    )
    async with open_talk(tmp_path, Says("Hello Ann"), Says("You are Ann"), door=door) as talk:
        await talk.says("I am Ann", chat="-5")
        await talk.settles()
        moves = (Moved(conversation("-5"), conversation("-1005")),)
        for _ in range(2):  # told twice
            await talk.agent.acceptor.accept(Arrivals("fake", moved=moves))
        await talk.says("who am I?", chat="-1005")

        assert await talk.answer("-1005") == "You are Ann"
        assert User("I am Ann") in talk.model.requests[-1].messages
        assert "now has the id -1005" in talk.channel.texts("owner")[0]


async def test_an_album_that_comes_file_by_file_is_one_turn(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, Says("Two pictures"), clock=clock) as talk:
        for number in (1, 2):
            talk.channel.files[f"p{number}"] = b"picture"
            picture = Attachment(Kind.PICTURE, "image/png", f"p{number}")
            inbound = Inbound(
                str(number), conversation("1"), Person("7"), clock.now(), attachments=(picture,), group="album"
            )
            await talk.agent.acceptor.accept(Arrivals("fake", (inbound,), settle_seconds=1.0))
            for _ in range(20):  # whoever wanted to begin would have begun
                await talk.store.session(conversation("1"))
        await clock.advance(0.9)
        early = talk.model.requests[:]
        await clock.advance(0.1)

        assert await talk.answer() == "Two pictures"
        assert (early, len(talk.model.requests)) == ([], 1)


async def test_the_backlog_tells_how_long_the_oldest_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_store(tmp_path / "state", clock) as store:
        assert (await store.backlog()).oldest_seconds == 0
        message = Inbound("1", Conversation("fake", "1"), Person("7"), clock.now(), "hello")
        await store.accept(Arrivals("fake", (message,)))
        await clock.advance(90)

        backlog = await store.backlog()
        assert (backlog.messages, backlog.conversations, backlog.oldest_seconds) == (1, 1, 90.0)


async def test_a_backup_of_a_living_database_opens_and_never_overwrites(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_store(tmp_path / "state", clock) as store:
        message = Inbound("1", Conversation("fake", "1"), Person("7"), clock.now(), "hello")
        await store.accept(Arrivals("fake", (message,)))
        (tmp_path / "copy").mkdir(mode=0o700)
        await store.back_up(tmp_path / "copy" / "voxline.db")
        try:
            await store.back_up(tmp_path / "copy" / "voxline.db")
        except Exception as error:
            assert "is there already" in str(error)
        else:
            raise AssertionError("it was overwritten")
    async with open_store(tmp_path / "copy", clock) as copy:
        assert (await copy.backlog()).messages == 1
