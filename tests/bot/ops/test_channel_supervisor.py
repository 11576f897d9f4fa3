"""Channels that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.core.arrivals import Arrivals
from bot.core.errors import ChannelDown
from bot.core.ports.channel import Health
from bot.ops.channel_supervisor import SECONDS_BETWEEN_LOOKS, ChannelSupervisor
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import FakeClock


class Doorbell(FakeChannel):
    """Opens only when nothing is left in `refusals`; `break_off` ends receiving."""

    def __init__(self, name: str, *refusals: ChannelDown) -> None:
        super().__init__(name)
        self.refusals = list(refusals)
        self.tries = 0
        self.left = 0
        self.health = Health(True, "in memory")
        self.break_off: asyncio.Queue[Exception] = asyncio.Queue()

    async def __aenter__(self) -> Doorbell:
        self.tries += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.left += 1

    async def receive(self, accept: object) -> None:
        raise await self.break_off.get()

    async def ping(self) -> Health:
        return self.health


@dataclass
class Watched:
    links: ChannelSupervisor
    news: list[tuple[str, bool]] = field(default_factory=list)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def receiving(clock: FakeClock, *channels: FakeChannel, hold: float = 0.0) -> AsyncIterator[Watched]:
    async with ChannelSupervisor(channels, clock=clock, hold_seconds=hold, held=frozenset({"telegram"})) as links:
        watched = Watched(links)

        async def changed(name: str, health: Health) -> None:
            watched.news.append((name, health.ok))

        async def accept(_: Arrivals) -> None:
            return None

        async with links.receiving(accept, changed):
            await settle()
            yield watched


async def test_a_channel_without_network_comes_up_later_and_holds_nobody_up(clock: FakeClock) -> None:
    away = ChannelDown("no network", retry_after=5.0)
    late, there = Doorbell("late", away, away), Doorbell("there")
    async with receiving(clock, late, there) as watched:
        await watched.links.first_round()
        assert set(watched.links.channels) == {"there"}
        assert (await watched.links.look())["late"] == Health(False, "no network")

        await clock.advance(5)
        await clock.advance(9)
        assert late.tries == 2  # the pause grows
        await clock.advance(1)
        await settle()

        assert set(watched.links.channels) == {"there", "late"}
        assert [ok for name, ok in watched.news if name == "late"] == [False, True]
    assert (late.left, there.left) == (1, 1)


async def test_a_channel_that_only_the_operator_can_mend_is_left_alone(clock: FakeClock) -> None:
    refused = Doorbell("discord", ChannelDown("token refused"))
    async with receiving(clock, refused) as watched:
        await watched.links.first_round()
        await clock.advance(86_400)

        assert refused.tries == 1
        assert watched.links.hopeless
        assert watched.links.stuck == ()


async def test_a_channel_that_goes_down_is_taken_out_and_comes_back(clock: FakeClock) -> None:
    channel = Doorbell("telegram")
    async with receiving(clock, channel) as watched:
        channel.break_off.put_nowait(ChannelDown("refused", retry_after=600.0))
        await settle()
        assert dict(watched.links.channels) == {}
        assert channel.left == 1

        await clock.advance(600)
        await settle()
        assert watched.news == [("telegram", True), ("telegram", False), ("telegram", True)]


async def test_a_receiver_that_breaks_is_started_again_without_connecting_anew(clock: FakeClock) -> None:
    channel = Doorbell("telegram")
    async with receiving(clock, channel) as watched:
        channel.break_off.put_nowait(RuntimeError("bug"))
        await settle()
        await clock.advance(5)
        channel.break_off.put_nowait(RuntimeError("bug"))
        await settle()

        assert (channel.break_off.empty(), channel.tries, watched.links.stuck) == (True, 1, ())


async def test_a_short_silence_is_no_news_and_a_long_one_is_told_once(clock: FakeClock) -> None:
    channel = Doorbell("telegram")
    async with receiving(clock, channel) as watched:
        channel.health = Health(False, "no answer")
        for _ in range(4):
            await clock.advance(15)
        assert watched.news == [("telegram", True)]
        for _ in range(8):
            await clock.advance(15)
        assert watched.news == [("telegram", True), ("telegram", False)]
        channel.health = Health(True, "back")
        await clock.advance(15)
        assert watched.news[-1] == ("telegram", True)


async def test_after_a_crash_loop_only_the_held_channels_wait(clock: FakeClock) -> None:
    telegram, web = Doorbell("telegram"), Doorbell("web")
    async with receiving(clock, telegram, web, hold=300.0) as watched:
        await watched.links.first_round()
        assert (telegram.tries, web.tries) == (0, 1)
        await clock.advance(300)
        await settle()
        assert set(watched.links.channels) == {"web", "telegram"}


async def test_a_channel_that_cannot_hand_over_for_a_minute_is_stuck(clock: FakeClock) -> None:
    hold = asyncio.Event()
    channel = FakeChannel("telegram")

    async def accept(_: Arrivals) -> None:
        await hold.wait()

    async def changed(_: str, __: Health) -> None:
        return None

    async with ChannelSupervisor([channel], clock=clock, hold_seconds=0.0) as links, links.receiving(accept, changed):
        await settle()
        bringing = asyncio.create_task(channel.bring(Arrivals("telegram")))
        await settle()
        assert not links.stuck
        await clock.advance(61)
        assert links.stuck == ("telegram",)
        hold.set()
        await bringing
        assert not links.stuck


class Unwell(Doorbell):
    """Its next pings raise what is listed."""

    def __init__(self, name: str, *errors: Exception) -> None:
        super().__init__(name)
        self.errors = list(errors)

    async def ping(self) -> Health:
        if self.errors:
            raise self.errors.pop(0)
        return await super().ping()


async def test_an_unforeseen_error_of_a_ping_is_bad_health_and_ends_no_watch(clock: FakeClock) -> None:
    unwell = Unwell("telegram")
    async with receiving(clock, unwell, Doorbell("discord")) as watched:
        await settle()
        unwell.errors = [KeyError("result")] * 20
        health = await watched.links.look()
        for _ in range(6):
            await clock.advance(SECONDS_BETWEEN_LOOKS)
        unwell.errors = []
        for _ in range(2):
            await clock.advance(SECONDS_BETWEEN_LOOKS)

        assert (health["telegram"].ok, health["discord"].ok) == (False, True)
        assert "KeyError" in health["telegram"].detail
        assert watched.news == [("telegram", True), ("discord", True), ("telegram", False), ("telegram", True)]
        assert all(task.running for task in watched.links.background)


async def test_an_announcement_that_fails_is_made_again(clock: FakeClock) -> None:
    announced = list[bool]()

    async def changed(name: str, health: Health) -> None:
        announced.append(health.ok)
        if len(announced) < 3:
            raise RuntimeError("the alert could not be posted")

    links = ChannelSupervisor([Doorbell("telegram")], clock=clock)
    async with links, links.receiving(no_intake, changed):
        await settle()
        for _ in range(8):
            await clock.advance(SECONDS_BETWEEN_LOOKS)

        assert announced == [True, True, True]
        assert links.stuck == ()


async def test_a_channel_that_cannot_even_be_left_is_connected_again(clock: FakeClock) -> None:
    class Sticky(Doorbell):
        async def __aexit__(self, *_: object) -> None:
            self.left += 1
            if self.left == 1:
                raise RuntimeError("it does not let go")

    sticky = Sticky("telegram")
    async with receiving(clock, sticky) as watched:
        await settle()
        await sticky.break_off.put(ChannelDown("no network", retry_after=5.0))
        await settle()
        for _ in range(4):
            await clock.advance(10)

        assert (sticky.tries, watched.links.stuck) == (2, ())
        assert (await watched.links.look())["telegram"].ok


async def no_intake(_: Arrivals) -> None:
    """A no-op: these channels hand nothing over."""
