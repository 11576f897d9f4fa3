"""Stories of answers that are spoken: long ones, those that say how, and what a person sees meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.agent.policy.budget import BudgetLimits
from bot.agent.speak import VoiceMode, VoiceSettings
from bot.core.chat import User
from bot.core.errors import BadRequest, ModelMissing, ProviderBusy
from bot.core.messages import Text, Voice
from tests.fakes.model import Says
from tests.talk import Talk, open_talk

LONG = "This sentence is one of many. " * 20
SHORT = VoiceSettings(VoiceMode.ALWAYS, longest_characters=100, summary_model="fake/other")


def voices(talk: Talk) -> list[str]:
    return [part.text for part in talk.channel.parts("1") if isinstance(part, Voice)]


async def asks(talk: Talk) -> None:
    await talk.says("tell me everything")
    await talk.settles()


async def test_a_long_answer_is_written_in_full_and_spoken_as_a_summary(tmp_path: Path) -> None:
    async with open_talk(
        tmp_path, Says(LONG, cost=100), Says("There are many sentences.", cost=7), voice=SHORT
    ) as talk:
        await asks(talk)

        assert talk.channel.texts("1") == [LONG.strip()]
        assert voices(talk) == ["There are many sentences."]
        summary = talk.model.requests[1]
        assert (summary.model, summary.tools, summary.thinking) == ("fake/other", (), "off")
        assert isinstance(summary.messages[1], User) and LONG.strip() in summary.messages[1].text
        assert await talk.store.spent(talk.clock.now().replace(hour=0), capability="chat") == 107


async def test_the_words_are_there_before_the_summary_is(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says(LONG), Says("There are many sentences.", hold), voice=SHORT) as talk:
        await talk.says("tell me everything")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        async with asyncio.timeout(10):
            while not any(LONG.strip() in text for text in talk.channel.texts("1")):
                await talk.clock.advance(1)  # the preview follows the answer; the summary has not come
                await asyncio.sleep(0.01)
        assert voices(talk) == []

        hold.set()
        await talk.settles()
        assert voices(talk) == ["There are many sentences."]


@pytest.mark.parametrize(
    "move", [ProviderBusy("down"), Says(" "), Says("far too long " * 50), Says("never done", asyncio.Event())]
)
async def test_without_a_usable_summary_the_voice_says_the_beginning(tmp_path: Path, move: object) -> None:
    voice = VoiceSettings(VoiceMode.ALWAYS, 100, "fake/other", summary_seconds=0.1)
    async with open_talk(tmp_path, Says(LONG), move, voice=voice) as talk:
        await asks(talk)

        (said,) = voices(talk)
        assert len(said) <= 100
        assert said.endswith("…")
        assert talk.channel.texts("1") == [LONG.strip()]


async def test_nobody_sums_up_where_that_is_switched_off_or_not_needed_or_not_affordable(tmp_path: Path) -> None:
    off = VoiceSettings(VoiceMode.ALWAYS, 100)
    async with open_talk(tmp_path / "1", Says(LONG), voice=off) as talk:
        await asks(talk)
        assert (len(talk.model.requests), voices(talk)[0][-1]) == (1, "…")
    async with open_talk(tmp_path / "2", Says("A whole sentence."), voice=SHORT) as talk:
        await asks(talk)
        assert (len(talk.model.requests), voices(talk)) == (1, ["A whole sentence."])
    async with open_talk(tmp_path / "3", Says(LONG, cost=50), voice=SHORT, budget=BudgetLimits(everybody=50)) as talk:
        await asks(talk)
        assert (len(talk.model.requests), voices(talk)) == (1, [])


MARKED = "Look. [[tts:voice=af_sky model=a/b speed=1.2]] [[tts:text]](laughs) All that I hide.[[/tts:text]] Bye now."


async def test_marks_say_how_it_sounds_and_are_never_seen(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says(MARKED), voice=VoiceMode.TAGGED) as talk:
        await talk.says("sing")
        for _ in range(20):  # the preview shows the answer as it grows
            await talk.clock.advance(1)
        await talk.settles()

        assert talk.channel.parts("1")[0] == Text("Look. Bye now.")
        assert voices(talk) == ["(laughs) All that I hide."]
        assert talk.mouth.manners == [("af_sky", "a/b", 1.2)]
        seen = [text for shown in talk.channel.shown for text in shown.texts]
        assert not any(sign in text for text in seen for sign in ("[", "hide", "tts", "af_sky"))


@pytest.mark.parametrize("refusal", [BadRequest("no such voice"), ModelMissing("no such model")])
async def test_a_voice_that_nobody_has_is_as_if_it_had_not_been_asked_for(
    tmp_path: Path, refusal: BadRequest | ModelMissing
) -> None:
    async with open_talk(tmp_path, Says(MARKED), voice=VoiceMode.TAGGED) as talk:
        talk.mouth.faults.append(refusal)
        await asks(talk)

        assert voices(talk) == ["(laughs) All that I hide."]
        assert talk.mouth.manners == [("af_sky", "a/b", 1.2), ("", "", None)]


async def test_no_mark_is_seen_while_the_answer_grows_or_when_it_is_stopped(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says("Hello[[tts:text]] hidden", hold), voice=VoiceMode.TAGGED) as talk:
        await talk.says("go on")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await talk.says("/stop")
        await talk.settles()
        assert not any("[" in text for shown in talk.channel.shown for text in shown.texts)
