"""One runner per conversation: order, parallel lanes, stop, drain."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.agent.engine import SECONDS_BETWEEN_STORE_TRIES, Engine, EngineLimits
from bot.core.errors import StoreUnavailable
from bot.core.messages import Conversation, Turn
from bot.store import SqliteStore
from tests.bot.agent.patience import until
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, THERE, arrivals, outcome


class Runner:
    """Runs a turn by waiting for its gate (open unless `hold` named it), then finishes it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.begun: list[str] = []
        self.done: list[str] = []
        self.delivered: list[Conversation] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.faults: list[Exception] = []
        self.stops: list[str] = []
        self.changed = asyncio.Condition()

    def hold(self, event: str) -> asyncio.Event:
        return self.gates.setdefault(event, asyncio.Event())

    async def run(self, turn: Turn, stopped: Callable[[], bool]) -> None:
        event = turn.inbounds[0].id
        await self._note(self.begun, event)
        try:
            if event in self.gates:
                await self.gates[event].wait()
        except asyncio.CancelledError:
            if not stopped():
                await self.store.release(turn)
                raise
            self.stops.append(event)
        await self.store.finish(turn, outcome(event))
        await self._note(self.done, event)

    async def deliver(self, conversation: Conversation) -> None:
        self.delivered.append(conversation)
        if self.faults:
            raise self.faults.pop(0)

    async def _note(self, notes: list[str], event: str) -> None:
        notes.append(event)
        async with self.changed:
            self.changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(holds)


@asynccontextmanager
async def running(runner: Runner, **more: object) -> AsyncIterator[Engine]:
    clock = more.pop("clock", FakeClock())
    engine = Engine(
        runner.store,
        clock,  # type: ignore[arg-type]
        run_turn=runner.run,
        deliver_all=runner.deliver,
        **more,  # type: ignore[arg-type]
    )
    async with engine:
        yield engine


async def settled(engine: Engine) -> None:
    async with asyncio.timeout(5):
        await engine.settled()


async def test_turns_of_a_conversation_run_one_at_a_time_in_order(store: SqliteStore) -> None:
    runner = Runner(store)
    gate = runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1", "2", "3"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        engine.wake(HERE)
        gate.set()
        await settled(engine)

    assert runner.begun == runner.done == ["1", "2", "3"]


async def test_a_slow_conversation_does_not_hold_up_another(store: SqliteStore) -> None:
    runner = Runner(store)
    gate = runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1"))
        await store.accept(arrivals("2", conversation=THERE))
        engine.wake(HERE)
        engine.wake(THERE)
        await runner.until(lambda: runner.done == ["2"])
        gate.set()
        await settled(engine)

    assert runner.done == ["2", "1"]


async def test_no_more_turns_run_at_once_than_allowed(store: SqliteStore) -> None:
    runner = Runner(store)
    gate = runner.hold("1")
    async with running(runner, limits=EngineLimits(turns_at_once=1)) as engine:
        await store.accept(arrivals("1"))
        await store.accept(arrivals("2", conversation=THERE))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        engine.wake(THERE)
        await store.spent(FakeClock().now())  # a round trip: the second lane had its chance
        await asyncio.sleep(0)
        assert runner.begun == ["1"]
        gate.set()
        await settled(engine)

    assert runner.done == ["1", "2"]


async def test_what_arrives_while_a_turn_runs_is_not_forgotten(store: SqliteStore) -> None:
    runner = Runner(store)
    gate = runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        await store.accept(arrivals("2"))
        engine.wake(HERE)
        gate.set()
        await settled(engine)
        assert engine.running == 0

    assert runner.done == ["1", "2"]


async def test_a_wake_while_a_lane_looks_makes_it_look_again(store: SqliteStore) -> None:
    looks: list[Conversation] = []

    async def late(conversation: Conversation) -> None:
        looks.append(conversation)
        if len(looks) == 1:
            engine.wake(conversation)

    engine = Engine(store, FakeClock(), run_turn=Runner(store).run, deliver_all=late)
    async with engine:
        engine.wake(HERE)
        await settled(engine)

    assert looks == [HERE, HERE]


async def test_a_stop_ends_only_the_running_turn(store: SqliteStore) -> None:
    runner = Runner(store)
    runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1", "2"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        assert engine.busy_with(HERE) and not engine.busy_with(THERE)
        assert await engine.stop(HERE)
        assert not await engine.stop(THERE)
        await settled(engine)
        assert not await engine.stop(HERE)

    assert (runner.stops, runner.done) == (["1"], ["1", "2"])


async def test_a_lane_that_is_cancelled_takes_its_turn_along_and_begins_no_other(store: SqliteStore) -> None:
    runner = Runner(store)
    runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1", "2"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        lane = engine._lanes[HERE]
        lane.task.cancel()
        await asyncio.wait({lane.task}, timeout=1)

        assert lane.task.cancelled()
        assert (runner.begun, runner.stops, engine.running) == (["1"], [], 0)


@pytest.mark.parametrize("looks", range(12))
async def test_a_stop_that_comes_while_a_turn_is_being_taken_stops_it(store: SqliteStore, looks: int) -> None:
    runner = Runner(store)
    runner.hold("1")
    async with running(runner) as engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        for _ in range(looks):
            await asyncio.sleep(0)
        discarded = await store.discard_waiting(HERE)
        stopped = await engine.stop(HERE)
        await settled(engine)

    assert (discarded, stopped, runner.stops) in ((1, False, []), (0, True, ["1"]))


async def test_a_turn_that_is_stopped_before_its_first_step_is_not_left_open(store: SqliteStore) -> None:
    taken, runner = asyncio.Event(), Runner(store)
    runner.hold("1")

    class Slow(SqliteStore):
        """Hands out a turn when the test says so."""

        def __init__(self) -> None:
            pass

        async def unfinished(self) -> tuple[Conversation, ...]:
            return ()

        async def claim(self, conversation: Conversation) -> Turn | None:
            turn = await store.claim(conversation)
            await taken.wait()
            return turn

    async with Engine(Slow(), FakeClock(), run_turn=runner.run, deliver_all=runner.deliver) as engine:
        await store.accept(arrivals("1", "2"))
        engine.wake(HERE)
        await until(lambda: engine._lanes[HERE].claim)
        claim = engine._lanes[HERE].claim
        assert claim is not None

        def stop_at_once(_: object) -> None:
            with contextlib.suppress(StopIteration):
                engine.stop(HERE).send(None)

        claim.add_done_callback(stop_at_once)  # the lane is told first: the turn is there, and has not begun
        taken.set()
        await settled(engine)

    assert (runner.stops, runner.done) == (["1"], ["1", "2"])


async def test_a_second_stop_does_not_cut_off_what_the_first_one_says(store: SqliteStore) -> None:
    runner = Runner(store)
    told = asyncio.Event()
    said = asyncio.Event()

    async def run(turn: Turn, stopped: Callable[[], bool]) -> None:
        try:
            runner.begun.append("1")
            told.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert stopped()
            await said.wait()  # it takes a moment to say so
            await store.finish(turn, outcome("stopped"))

    engine = Engine(store, FakeClock(), run_turn=run, deliver_all=runner.deliver)
    async with engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await told.wait()
        assert await engine.stop(HERE)
        await asyncio.sleep(0)
        assert await engine.stop(HERE)
        await asyncio.sleep(0)
        said.set()
        await settled(engine)

    due = await store.next_due(HERE)
    assert due is not None


async def test_a_drain_that_runs_out_of_time_releases_the_turn(store: SqliteStore) -> None:
    runner = Runner(store)
    runner.hold("1")
    async with running(runner, limits=EngineLimits(drain_seconds=0.0)) as engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])

    assert runner.stops == []
    again = await store.claim(HERE)
    assert again is not None and again.attempt == 1


async def test_a_drain_waits_for_the_turn_and_delivers_it_but_begins_no_other(store: SqliteStore) -> None:
    runner = Runner(store)
    gate = runner.hold("1")
    async with running(runner, limits=EngineLimits(drain_seconds=5.0)) as engine:
        await store.accept(arrivals("1", "2"))
        engine.wake(HERE)
        await runner.until(lambda: runner.begun == ["1"])
        asyncio.get_running_loop().call_soon(gate.set)
        delivered = len(runner.delivered)

    assert runner.done == ["1"]
    assert len(runner.delivered) == delivered + 1


async def test_nothing_is_woken_after_the_drain(store: SqliteStore) -> None:
    runner = Runner(store)
    async with running(runner) as engine:
        pass
    engine.wake(HERE)

    assert engine.running == 0
    await engine.drain()


async def test_a_shutdown_after_a_stop_is_a_shutdown(store: SqliteStore) -> None:
    seen: list[bool] = []
    begun = asyncio.Event()

    async def run(turn: Turn, stopped: Callable[[], bool]) -> None:
        begun.set()
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append(stopped())
        raise asyncio.CancelledError

    async def deliver(_: Conversation) -> None:
        return None

    engine = Engine(store, FakeClock(), run_turn=run, deliver_all=deliver, limits=EngineLimits(drain_seconds=0.0))
    async with engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await begun.wait()
        await engine.stop(HERE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert seen == [True, False]


async def test_a_store_that_is_unavailable_is_tried_again(store: SqliteStore) -> None:
    clock = FakeClock()
    runner = Runner(store)
    runner.faults = [StoreUnavailable("locked")]
    async with running(runner, clock=clock) as engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await until(lambda: clock.sleepers)
        await clock.advance(SECONDS_BETWEEN_STORE_TRIES)
        await settled(engine)

    assert runner.done == ["1"]


async def test_what_a_dead_process_left_is_taken_up_at_the_start(store: SqliteStore) -> None:
    await store.accept(arrivals("1"))
    await store.claim(HERE)
    runner = Runner(store)

    async with running(runner) as engine:
        await settled(engine)

    assert runner.done == ["1"]


async def test_the_work_of_a_channel_that_is_not_connected_waits(store: SqliteStore) -> None:
    runner = Runner(store)
    connected: set[str] = set()
    async with running(runner, serves=lambda channel: channel in connected) as engine:
        await store.accept(arrivals("1"))
        engine.wake(HERE)
        await settled(engine)
        assert runner.begun == []
        connected.add(HERE.channel)
        engine.wake(HERE)
        await settled(engine)

    assert runner.done == ["1"]
