"""One seed: a script of messages, played over as many lives of the daemon as crashes end."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import random
import secrets
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.agent.assembly import Agent, AgentPorts, AgentProviders, AgentSettings, open_agent
from bot.agent.commands.choosing import ModelChoices
from bot.core.arrivals import Arrivals
from bot.core.errors import StoreUnavailable
from bot.core.messages import Inbound, Person
from bot.store.blob_files import BlobFiles
from bot.store.blobs import BlobShelf
from bot.store.migrations import DATABASE, open_database
from bot.store.sqlite import SqliteStore
from tests.fakes.channel import conversation
from tests.simulation.checker import (
    Broken,
    answered_and_unfinished,
    check_chat,
    check_journal,
    check_money,
    check_store,
)
from tests.simulation.loop import EPOCH, Crashed, Deadlocked, SimulatedClock, SimulatedLoop
from tests.simulation.planted import PLANTED
from tests.simulation.world import Chances, Provider, SimulatedWriter, World
from tests.talk import OPEN, PlainMedia, looked_at

SCRIPT_SECONDS = 8.0
STEPS_BEFORE_A_CRASH = (100, 2500)
SECONDS_TO_RESTART = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is made of. `planted` names a fault of `planted.py`, "" for the program as it is."""

    seed: int
    messages: int = 12
    chats: tuple[str, ...] = ("1", "2")
    crashes: int = 7
    refusals: float = 0.03
    planted: str = ""


@dataclass(slots=True)
class Run:
    """What became of a plan: `broken` is the promise that did not hold, "" when all did; `story` says who did what at
    which second."""

    plan: Plan
    crashes: int = 0
    steps: int = 0
    seconds: float = 0.0
    trace: str = ""
    broken: str = ""
    story: list[str] = field(default_factory=list)


class Simulation:
    """Plays a plan. A person repeats a message until the daemon confirmed it, and sometimes repeats older ones."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder, self.run = plan, folder, Run(plan)
        self._chance = random.Random(plan.seed)
        self._trace = hashlib.sha256()
        self._world = World(Chances(self._chance, plan.refusals, crashes=plan.crashes), self._note)
        self._confirmed = dict.fromkeys(plan.chats, 0)
        self._script = {
            chat: sorted((self._chance.uniform(0, SCRIPT_SECONDS), f"c{chat}m{n}") for n in range(plan.messages))
            for chat in plan.chats
        }
        self._dead: list[object] = []  # tasks of crashed lives
        self._paid: list[frozenset[str]] = []  # by life: messages whose answer was in the journal when it began
        self._writer: SimulatedWriter | None = None
        self._store: SqliteStore | None = None
        self._loop: SimulatedLoop | None = None

    def play(self) -> Run:
        """Lives follow one another until one of them was not ended by a crash. Never raises for a broken promise."""
        try:
            with _drawn_names(self._chance):
                while self._live():
                    self.run.crashes += 1
                self._check()
        except (Broken, Deadlocked) as error:
            self.run.broken = f"{type(error).__name__}: {error}"
        self.run.trace = self._trace.hexdigest()[:12]
        return self.run

    def _live(self) -> bool:
        """Whether this life ended in a crash."""
        chances = self._world.chances
        crash = chances.crashes > 0 and self._chance.random() < 0.8
        loop = SimulatedLoop(
            self._chance, self.run.seconds, self._chance.randrange(*STEPS_BEFORE_A_CRASH) if crash else None
        )
        self._loop = loop
        asyncio.set_event_loop(loop)
        life = loop.create_task(self._daemon(loop))
        crashed = False
        try:
            loop.run_until_complete(life)
        except Crashed:
            crashed = True
            self._note("machine", "the process dies")
        finally:
            chances.crashes -= crashed
            self.run.steps += loop.steps
            self.run.seconds = loop.now + SECONDS_TO_RESTART
            self._trace.update(loop.trace.digest())
            if self._writer is not None:
                self._writer.drop()
            self._dead += loop.abandon()
        return crashed

    async def _daemon(self, loop: SimulatedLoop) -> None:
        clock = SimulatedClock(loop)
        self._writer = writer = SimulatedWriter(partial(open_database, self.folder / DATABASE), loop, self._world)
        await writer.open()
        shelf = BlobShelf(BlobFiles(self.folder / "media"), writer, clock)
        self._store = store = SqliteStore(self.folder / DATABASE, writer, shelf, clock, str)
        provider = Provider()
        provider.chance = self._chance
        self._note("machine", "the daemon starts")
        channel = self._world.channel
        ports = AgentPorts(store, {"fake": channel}, PlainMedia(store), clock, lambda: looked_at(channel, {}))
        settings = AgentSettings(
            ModelChoices("fake/model", ("fake/model",), lambda text: text),
            doors={"fake": OPEN},
            messages_per_minute=10_000,
            drain_seconds=0.0,
        )
        self._paid.append(await writer.read(answered_and_unfinished))
        self._world.models.append(provider)
        async with open_agent(ports, AgentProviders(provider), settings) as agent:
            await asyncio.gather(*(self._person(agent, chat) for chat in self.plan.chats))
            await asyncio.sleep(1)
            await agent.engine.settled()
            await check_store(store, self.plan.chats)
            self._spent = await store.spent(EPOCH - timedelta(days=1))
        shelf.close()

    async def _person(self, agent: Agent, chat: str) -> None:
        script = self._script[chat]
        while self._confirmed[chat] < len(script):
            at, text = script[self._confirmed[chat]]
            loop = self._loop
            assert loop is not None
            if at > loop.now:
                await asyncio.sleep(at - loop.now)
            first = max(0, self._confirmed[chat] - self._chance.randrange(3))
            batch = tuple(_inbound(chat, *said) for said in script[first : self._confirmed[chat] + 1])
            self._note(f"person {chat}", f"sends {[inbound.id for inbound in batch]}")
            if self.plan.planted == "confirm before store":
                self._confirmed[chat] += 1
            try:
                await agent.acceptor.accept(Arrivals("fake", batch))
            except StoreUnavailable:
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(self._chance.choice((0, 0.01)))
            if self.plan.planted != "confirm before store":
                self._confirmed[chat] += 1
            self._note(f"person {chat}", f"sees {text} confirmed")

    def _check(self) -> None:
        for chat in self.plan.chats:
            check_chat(self._world.channel, chat, [text for _, text in self._script[chat]])
        check_journal(self._paid, self._world.models)
        messages = self.plan.messages * len(self.plan.chats)
        check_money(self._spent, messages, self._world.models, self.run.crashes)

    def _note(self, actor: str, event: str) -> None:
        second = self._loop.now if self._loop is not None else 0.0
        self.run.story.append(f"{second:9.4f} s  {actor:<10} {event}")


def play(plan: Plan) -> Run:
    """One run in a folder of its own, without a line in the log."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="voxline-simulation-", dir=shared if shared.is_dir() else None))
    logging.disable(logging.CRITICAL)
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None  # what a crashed process would have done at its end
    try:
        with PLANTED.get(plan.planted, nullcontext)():
            return _collected(plan, folder)
    finally:
        sys.unraisablehook = hook
        logging.disable(logging.NOTSET)
        shutil.rmtree(folder, ignore_errors=True)


def _collected(plan: Plan, folder: Path) -> Run:
    """The run, once every object of its dead processes is gone; collections in between would run their last lines."""
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # about coroutines that a crash left
        try:
            simulation = Simulation(plan, folder)
            run = simulation.play()
            del simulation
            asyncio.set_event_loop(None)
            gc.collect()
        finally:
            gc.enable()
    return run


def shortened(run: Run, play_again: Callable[[Plan], Run] = play) -> Run:
    """The smallest failing run that is found by leaving out refusals, messages, chats and crashes, in turns."""
    smaller = True
    while smaller:
        smaller = False
        for plan in _simpler(run.plan):
            again = play_again(plan)
            if again.broken:
                run, smaller = again, True
                break
    return run


def _simpler(plan: Plan) -> Iterator[Plan]:
    def with_(**changes: object) -> Plan:
        return Plan(**{name: changes.get(name, getattr(plan, name)) for name in Plan.__slots__})  # type: ignore[arg-type]

    if plan.refusals:
        yield with_(refusals=0.0)
    if len(plan.chats) > 1:
        yield with_(chats=plan.chats[:1])
    for messages in sorted({1, plan.messages // 2, plan.messages - 1}):
        if 0 < messages < plan.messages:
            yield with_(messages=messages)
    for crashes in sorted({0, plan.crashes // 2, plan.crashes - 1}):
        if 0 <= crashes < plan.crashes:
            yield with_(crashes=crashes)


def _inbound(chat: str, second: float, text: str) -> Inbound:
    return Inbound(text, conversation(chat), Person("7"), EPOCH + timedelta(seconds=second), text)


@contextmanager
def _drawn_names(chance: random.Random) -> Iterator[None]:
    """References and file names come from the seed, so that the story is the same in every process."""
    kept = secrets.token_hex
    secrets.token_hex = lambda nbytes=None: f"{chance.getrandbits(8 * (nbytes or 32)):0{2 * (nbytes or 32)}x}"
    try:
        yield
    finally:
        secrets.token_hex = kept
