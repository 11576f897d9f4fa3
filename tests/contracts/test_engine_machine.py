"""A machine that talks, repeats itself, breaks the platform and kills the process at any step.

Over the real store, engine, turns and delivery. Whatever happens: each accepted message has exactly one
visible outcome, in the order of its conversation, and what was answered is in the ledger. What waited for long is
answered together with what was said around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.agent.assembly import AgentPorts, AgentProviders, AgentSettings, open_agent
from bot.agent.commands.choosing import ModelChoices
from bot.core.arrivals import Arrivals
from bot.core.errors import ChannelError, MaybeSent, NotSent
from bot.core.messages import Inbound, Person
from bot.store import open_store
from tests.fakes.channel import FakeChannel, conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import ScriptedModel
from tests.talk import OPEN, PlainMedia, looked_at

CHATS = ("1", "2")
COST = 100  # micro-dollars of one answer of the scripted model
GIVEN_UP = "I could not finish this one"
WAITING_AT_MOST = 15

chats = st.sampled_from(CHATS)
FAULTS: tuple[ChannelError, ...] = (NotSent("down"), MaybeSent("cut"))


class EngineMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.channel = FakeChannel()
        self.ids = count(1)
        self.accepted: dict[str, list[Inbound]] = {chat: [] for chat in CHATS}
        self.models: list[ScriptedModel] = []
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.process, self.disk = AsyncExitStack(), AsyncExitStack()
        self.store = await self.disk.enter_async_context(open_store(self.folder, self.clock))
        self.models.append(ScriptedModel())
        self.agent = await self.process.enter_async_context(
            open_agent(
                AgentPorts(
                    self.store,
                    {"fake": self.channel},
                    PlainMedia(self.store),
                    self.clock,
                    lambda: looked_at(self.channel, {}),
                ),
                AgentProviders(self.models[-1]),
                AgentSettings(
                    ModelChoices("fake/model", ("fake/model",), lambda text: text),
                    doors={"fake": OPEN},
                    messages_per_minute=10_000,
                    drain_seconds=0.0,
                ),
            )
        )

    def _bring(self, *inbounds: Inbound) -> None:
        self.loop.run_until_complete(self.agent.acceptor.accept(Arrivals("fake", inbounds)))

    @precondition(lambda self: max(map(len, self.accepted.values())) < WAITING_AT_MOST)
    @rule(chat=chats)
    def says(self, chat: str) -> None:
        event = f"m{next(self.ids)}"
        inbound = Inbound(event, conversation(chat), Person("7"), self.clock.now(), event)
        self._bring(inbound)
        self.accepted[chat].append(inbound)

    @rule(chat=chats)
    def everything_is_delivered_again(self, chat: str) -> None:
        self._bring(*self.accepted[chat])

    @rule(method=st.sampled_from(("send", "edit")), error=st.sampled_from(FAULTS), arrives=st.booleans())
    def the_platform_will_fail(self, method: str, error: ChannelError, arrives: bool) -> None:
        self.channel.fault(method, error, arrives=arrives and isinstance(error, MaybeSent))

    @rule(steps=st.integers(1, 60))
    def runs_a_little(self, steps: int) -> None:
        async def run() -> None:
            for _ in range(steps):
                await asyncio.sleep(0.00005)

        self.loop.run_until_complete(run())

    @rule(seconds=st.sampled_from((0.5, 5.0, 3600.0)))
    def time_passes(self, seconds: float) -> None:
        self.loop.run_until_complete(self.clock.advance(seconds))

    @rule()
    def dies_and_starts_again(self) -> None:
        """The store closes first, so that nothing can be put in order any more."""

        async def die() -> None:
            await self.disk.aclose()
            await self.process.aclose()
            await self._open()

        self.loop.run_until_complete(die())

    @rule()
    def is_stopped_and_starts_again(self) -> None:
        async def stop() -> None:
            await self.process.aclose()
            await self.disk.aclose()
            await self._open()

        self.loop.run_until_complete(stop())

    def teardown(self) -> None:
        try:
            self.loop.run_until_complete(self._settle())
            for chat in CHATS:
                self._check(chat)
            spent = self.loop.run_until_complete(self.store.spent(datetime(2000, 1, 1, tzinfo=UTC)))
            asked = sum(len(model.requests) for model in self.models)
            assert self._answers() * COST <= spent <= asked * COST
        finally:
            self.loop.run_until_complete(self._close())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            shutil.rmtree(self.folder)

    async def _settle(self) -> None:
        settled = asyncio.ensure_future(self.agent.engine.settled())
        async with asyncio.timeout(20):
            while not settled.done():
                await self.clock.advance(30)
                await asyncio.sleep(0.0001)
        await settled

    async def _close(self) -> None:
        with contextlib.suppress(AttributeError):
            await self.process.aclose()
            await self.disk.aclose()

    def _outcomes(self, chat: str) -> list[str]:
        """What the chat was told at last; a preview that a crash left unfinished ends in an ellipsis."""
        return [text for text in self.channel.texts(chat) if not text.endswith("…")]

    def _answers(self) -> int:
        return sum(not text.startswith(GIVEN_UP) for chat in CHATS for text in self._outcomes(chat))

    def _check(self, chat: str) -> None:
        told, wanted = self._outcomes(chat), [inbound.text for inbound in self.accepted[chat]]
        place, given_up = 0, False
        for text in told:
            if text.startswith(GIVEN_UP):  # one message at least; the next answer tells how many they were
                place, given_up = place + 1, True
                continue
            answered = text.removeprefix("You said: ").splitlines()
            place = wanted.index(answered[0], place) if given_up else place
            assert wanted[place : place + len(answered)] == answered, (told, wanted)
            place, given_up = place + len(answered), False
        assert place == len(wanted) or (given_up and place < len(wanted)), (told, wanted)


TestEngineMachine = EngineMachine.TestCase
TestEngineMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
