"""Stories of what speech cost: asked for afterwards, in nobody's way, and not forgotten by a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.agent.background.speech_costs import SECONDS_BEFORE_FIRST, SECONDS_BETWEEN_TRIES
from bot.agent.speak import VoiceMode
from bot.core.errors import ModelMissing, ProviderBusy
from bot.core.messages import Voice
from tests.fakes.clock import FakeClock
from tests.fakes.model import Says
from tests.flows.world import World
from tests.sounds import spoken
from tests.talk import Talk, open_talk

LATER = sum(SECONDS_BETWEEN_TRIES) + 60
HELLO = Says("A whole sentence to say.")


async def speaks(talk: Talk) -> None:
    talk.mouth.names_its_price = False
    await talk.says("hello")
    await talk.settles()
    assert isinstance(talk.channel.parts("1")[-1], Voice)


async def spent(talk: Talk) -> int:
    return await talk.store.spent(talk.clock.now().replace(hour=0), capability="speech")


async def passes(talk: Talk, seconds: float) -> None:
    """Lets time go by, and the ledger's thread keep up."""
    for _ in range(round(seconds)):
        await talk.clock.advance(1)
        await asyncio.sleep(0.002)


async def test_the_price_is_asked_for_after_the_voice_and_entered_once(tmp_path: Path) -> None:
    async with open_talk(tmp_path, HELLO, voice=VoiceMode.ALWAYS) as talk:
        talk.mouth.costs = [ModelMissing("not known yet", status=404), None, 700]
        await speaks(talk)
        assert (talk.mouth.asked, await spent(talk)) == ([], 0)

        await passes(talk, SECONDS_BEFORE_FIRST + 90)

        assert await spent(talk) == 700
        assert talk.mouth.asked == ["gen-1"] * 3
        await passes(talk, 100)
        assert len(talk.mouth.asked) == 3


async def test_a_price_that_nobody_tells_is_given_up(tmp_path: Path) -> None:
    async with open_talk(tmp_path, HELLO, voice=VoiceMode.ALWAYS) as talk:
        talk.mouth.costs = [ProviderBusy("down")] * 100
        await speaks(talk)
        await passes(talk, LATER * 2)

        assert len(talk.mouth.asked) == 1 + len(SECONDS_BETWEEN_TRIES)


async def test_a_restart_asks_for_what_is_still_owed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, HELLO, voice=VoiceMode.ALWAYS, clock=clock) as talk:
        await speaks(talk)

    async with open_talk(tmp_path, clock=clock) as talk:
        talk.mouth.costs = [700]
        await passes(talk, 10)

        assert (talk.mouth.asked, await spent(talk)) == (["gen-1"], 700)


async def test_what_is_a_day_old_is_let_be(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_talk(tmp_path, HELLO, voice=VoiceMode.ALWAYS, clock=clock) as talk:
        await speaks(talk)
    await clock.advance(25 * 3600)

    async with open_talk(tmp_path, clock=clock) as talk:
        await passes(talk, 10)
        assert talk.mouth.asked == []


async def test_speech_that_names_its_price_is_never_asked_about(tmp_path: Path) -> None:
    async with open_talk(tmp_path, HELLO, voice=VoiceMode.ALWAYS) as talk:
        await talk.says("hello")
        await talk.settles()
        await passes(talk, 10)

        assert (talk.mouth.asked, await spent(talk)) == ([], 20)


async def test_the_whole_program_enters_what_its_voice_cost(on_telegram: World) -> None:
    world, began = on_telegram, datetime.now(UTC) - timedelta(minutes=1)
    await world.side.voice(spoken("what is seven times eight"), 2)
    await world.side.until(lambda: "voice" in world.kinds())

    for _ in range(200):  # a few seconds after the voice
        if entered := await world.app.store.spent(began, capability="speech"):
            break
        await asyncio.sleep(0.1)

    assert 0 < entered < 1000
    assert not await world.app.store.unpriced(began, "speech")
