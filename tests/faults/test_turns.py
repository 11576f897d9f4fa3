"""Faults of a turn that no other story tells."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.agent.speak import VoiceMode
from bot.agent.think import CALLS_AT_ONCE, CALLS_HEARD_AT_MOST, NOT_RUN
from bot.core.chat import Assistant, ToolResult
from bot.core.errors import ContextTooLong
from bot.core.failpoints import arm
from bot.core.media import Speech
from bot.core.messages import Text
from bot.sandbox import Sandbox
from tests.daemon import configure, daemon, open_telegram
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import Calls, Says
from tests.fakes.telegram_api import TelegramApi
from tests.talk import open_talk


@pytest.fixture
def failpoints() -> Iterator[None]:
    """Disarmed when the test is over."""
    yield
    arm("")


async def test_an_error_while_a_turn_is_written_down_is_told_and_the_next_message_works(
    tmp_path: Path, failpoints: None
) -> None:
    async with open_talk(tmp_path) as talk:
        arm("c4.before=raise@1")
        await talk.says("hello")
        first = await talk.answer()
        await talk.says("again")

        assert "Something failed on my side (ref " in first
        assert await talk.answer() == "You said: again"


async def test_an_error_that_no_door_of_the_turn_catches_is_tried_again(tmp_path: Path, failpoints: None) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, clock=clock) as talk:
        arm("c2.before=raise@1")
        await talk.says("hello")
        for _ in range(200):
            if talk.channel.shown:
                break
            await asyncio.sleep(0.01)
            await clock.advance(5)

        assert await talk.answer() == "You said: hello"


async def test_a_message_that_kills_the_process_three_times_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, TelegramApi() as api:
        configure(
            tmp_path,
            base_url=sandbox.base_url,
            key=sandbox.key,
            channels={"telegram": open_telegram(api.root)},
            health={"crashesBeforeHold": 100},
        )
        api.say(7, "reply with exactly: never")
        for _ in range(3):
            async with daemon(tmp_path, failpoints="model.after=kill9@1") as doomed:
                assert await doomed.ended() == -signal.SIGKILL
        async with daemon(tmp_path) as running:
            api.say(7, "reply with exactly: at last")
            await api.wait_for(lambda: any("at last" in one.text for one in api.messages(7)), 30)
            assert running.process.returncode is None

        finals = [one.text for one in api.messages(7) if not one.text.endswith("…")]
        assert any("ref " in text for text in finals)
        assert not any(text.endswith("never") for text in finals)


async def test_a_daemon_that_was_suspended_answers_what_came_meanwhile(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, TelegramApi() as api:
        configure(tmp_path, base_url=sandbox.base_url, key=sandbox.key, channels={"telegram": open_telegram(api.root)})
        async with daemon(tmp_path) as running:
            await api.wait_for(lambda: api.polling, 30)
            running.signal(signal.SIGSTOP)
            api.say(7, "reply with exactly: one")
            api.say(7, "reply with exactly: two")
            await asyncio.sleep(0.5)
            assert not api.messages(7)
            running.signal(signal.SIGCONT)
            await api.wait_for(lambda: len(api.messages(7)) == 2 and api.messages(7)[1].text == "two", 30)

        assert api.messages(7)[0].text.endswith("one")


async def test_of_forty_calls_at_once_eight_run_and_the_model_hears_of_each_of_the_others(tmp_path: Path) -> None:
    many = tuple(("reminder", {"action": "list", "n": number}) for number in range(40))
    async with open_talk(tmp_path, Calls(many), Says("Enough.")) as talk:
        await talk.says("everything at once")

        assert await talk.answer() == "Enough."
        told = talk.model.requests[1].messages
        (asked,) = (message for message in told if isinstance(message, Assistant))
        results = [message for message in told if isinstance(message, ToolResult)]
        assert [call.id for call in asked.calls] == [result.call_id for result in results]
        assert [result.text == NOT_RUN for result in results] == [False] * CALLS_AT_ONCE + [True] * 32


async def test_of_a_thousand_calls_at_once_a_bounded_number_is_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    many = tuple(("reminder", {"action": "list", "n": number}) for number in range(1_000))
    async with open_talk(tmp_path, Calls(many), Says("Enough.")) as talk:
        await talk.says("everything at once")
        await talk.settles()

        results = [message for message in talk.model.requests[1].messages if isinstance(message, ToolResult)]
        assert len(results) == CALLS_HEARD_AT_MOST
        assert results[-1].text.startswith(NOT_RUN)
        assert "936 more calls" in results[-1].text


async def test_a_conversation_that_the_model_cannot_hold_says_how_to_go_on(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ContextTooLong("HTTP 413"), Says("Fresh again")) as talk:
        await talk.says("and then?")
        first = await talk.answer()
        await talk.says("/new")
        await talk.settles()
        await talk.says("hello")

        assert first == ContextTooLong.tell
        assert await talk.answer() == "Fresh again"


async def test_a_long_past_is_left_out_of_the_request_and_kept_in_the_history(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        for number in range(6):
            await talk.says(f"{number} " + "word " * 8_000)
            await talk.settles()
        await talk.says("short")
        await talk.settles()

        sent = talk.model.requests[-1].messages
        kept = await talk.store.history(conversation("1"), since=0, limit=100)
        assert sum(len(getattr(message, "text", "")) for message in sent) < 140_000
        assert len(kept) == 14


async def test_a_slow_voice_does_not_hold_up_the_words(tmp_path: Path) -> None:
    spoken = asyncio.Event()
    async with open_talk(tmp_path, Says("It is sunny."), voice=VoiceMode.ALWAYS) as talk:
        at_once = talk.mouth.speak

        async def slowly(text: str, **manners: Any) -> Speech:
            await spoken.wait()
            return await at_once(text, **manners)

        talk.mouth.speak = slowly  # type: ignore[method-assign]
        await talk.says("weather?")
        for _ in range(200):
            if talk.channel.texts("1") and talk.channel.texts("1")[0].startswith("It is sunny"):
                break
            await asyncio.sleep(0.01)
            await talk.clock.advance(1)
        shown = talk.channel.texts("1")
        spoken.set()
        await talk.settles()

        assert shown[0].startswith("It is sunny")
        assert talk.channel.parts("1")[0] == Text("It is sunny.")
        assert len(talk.channel.parts("1")) == 2


async def test_an_edit_of_a_message_that_was_answered_begins_no_second_turn(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("what is 6 times 7", id="m1")
        await talk.settles()
        await talk.says("what is 6 times 8", id="m1-edit", edited=True)
        await talk.settles()

        assert len(talk.model.requests) == 1
