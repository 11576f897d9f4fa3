"""Clips and songs that outlive their turn, their process and a /stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar
from unittest.mock import AsyncMock

import pytest

from bot.agent.background.jobs import (
    DOWNLOAD_TRIES,
    POLL_FAILURES_AT_MOST,
    SECONDS_BETWEEN_POLLS,
    JobRunner,
    Makers,
    title,
    what,
)
from bot.agent.policy.budget import Budget, BudgetLimits, OverBudget
from bot.core.errors import BadAnswer, BadRequest, MediaError, OutOfCredit, ProviderBusy, StoreUnavailable, VoxlineError
from bot.core.jobs import Job, JobState
from bot.core.media import Clip, Song, SongRequest, Sound, VideoJob, VideoRequest, VideoState
from bot.core.messages import Conversation, Inbound, Target
from bot.store import SqliteStore
from bot.tools.media_jobs import Begun
from tests.bot.agent.patience import until
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, NOON, THERE, job

T = TypeVar("T")

DONE = VideoState(True, ("https://x/1",), cost_microusd=500_000, generation_id="gen-1")
SONG = replace(job("song"), request=SongRequest("a sea shanty"))


@dataclass
class Studio:
    """Renders and composes what the test lists; an exception in a list is raised."""

    submits: list[VideoJob | Exception] = field(default_factory=lambda: [VideoJob("r1", "https://x/poll", "vendor/v")])
    polls: list[VideoState | Exception] = field(default_factory=lambda: [DONE])
    clips: list[Clip | Exception] = field(default_factory=lambda: [Clip(Sound(b"film", "video/mp4"))])
    songs: list[Song | Exception] = field(
        default_factory=lambda: [Song(Sound(b"la", "audio/mpeg"), "vendor/m", "la la", 90_000, "gen-2")]
    )
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    patience: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def submit(self, request: VideoRequest) -> VideoJob:
        self.asked.append("submit")
        await self.gate.wait()
        return given(self.submits)

    async def poll(self, job: VideoJob, *, seconds: float = 60.0) -> VideoState:
        self.asked.append("poll")
        self.patience.append(seconds)
        return given(self.polls)

    async def download(self, job: VideoJob, state: VideoState) -> Clip:
        self.asked.append("download")
        return given(self.clips)

    async def compose(self, request: SongRequest) -> Song:
        self.asked.append("compose")
        await self.gate.wait()
        return given(self.songs)


def given(moves: list[T | Exception]) -> T:
    move = moves.pop(0) if len(moves) > 1 else moves[0]
    if isinstance(move, Exception):
        raise move
    return move


@dataclass
class Works:
    runner: JobRunner
    store: SqliteStore
    clock: FakeClock
    woken: list[Conversation]
    alerted: list[VoxlineError]
    budget: Budget

    async def told(self, conversation: Conversation = HERE) -> Inbound:
        """What the person is told when a job has ended, however long it takes."""
        async with asyncio.timeout(10):
            while True:
                turn = await self.store.claim(conversation)
                if turn is not None:
                    return turn.inbounds[0]
                await self.clock.advance(SECONDS_BETWEEN_POLLS)

    async def state(self, number: str = "1") -> JobState:
        found = await self.store.job(number)
        assert found is not None
        return found.state

    async def note(self, number: str = "1") -> str:
        found = await self.store.job(number)
        assert found is not None
        return found.note

    async def spent(self) -> int:
        return await self.store.spent(NOON.replace(hour=0))


@asynccontextmanager
async def open_works(
    store: SqliteStore,
    clock: FakeClock,
    studio: Studio,
    limits: BudgetLimits | None = None,
    *,
    clip_seconds: float = 600,
) -> AsyncIterator[Works]:
    woken: list[Conversation] = []
    alerted: list[VoxlineError] = []

    async def alert_about(error: VoxlineError) -> None:
        alerted.append(error)

    budget = Budget(store, clock, limits=limits or BudgetLimits())
    runner = JobRunner(
        store=store,
        makers=Makers(studio, studio, clip_seconds),
        clock=clock,
        budget=budget,
        wake=woken.append,
        alert_about=alert_about,
    )
    async with runner:
        yield Works(runner, store, clock, woken, alerted, budget)


async def test_a_clip_is_submitted_followed_fetched_and_told(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio(polls=[VideoState(False), VideoState(False), DONE])
    async with open_works(store, clock, studio) as works:
        assert await works.runner.start_video(job("1")) == Begun()
        told = await works.told()

        assert told.text == "Here is your clip: a red kite"
        assert told.message_id == "m1"
        assert told.attachments[0].blob is not None and told.attachments[0].name == "a red kite.mp4"
        assert await store.read(told.attachments[0].blob) == b"film"
        assert studio.asked == ["submit", "poll", "poll", "poll", "download"]
        assert await works.state() is JobState.DONE
        assert await works.spent() == 500_000
        assert works.woken == [HERE]


async def test_a_song_is_composed_and_told_with_its_words(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio()) as works:
        assert await works.runner.start_song(SONG) == Begun()
        told = await works.told()

        assert told.text == "Here is your song: a sea shanty\n\nla la"
        assert told.attachments[0].name == "a sea shanty.mp3"
        assert await works.spent() == 90_000


async def test_a_chat_waits_for_one_clip_and_one_song_at_a_time(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio(polls=[VideoState(False)])
    studio.gate.clear()
    elsewhere = replace(job("4"), target=Target(THERE))
    async with open_works(store, clock, studio) as works:
        first = asyncio.create_task(works.runner.start_video(job("1")))
        await until(lambda: studio.asked)

        refused = await works.runner.start_video(job("2", "a blue kite"))
        assert refused.instead is not None and refused.instead.id == "1"
        studio.gate.set()
        assert await first == Begun()
        again = await works.runner.start_video(job("1"))
        assert again.instead is not None and again.instead.id == "1"
        assert (await works.runner.start_video(elsewhere)).instead is None
        studio.gate.clear()
        assert (await works.runner.start_song(SONG)).instead is None
        third = await works.runner.start_video(job("5", "a green kite"))
        assert third.instead is not None and third.instead.id == "1"

    assert studio.asked.count("submit") == 2


async def test_a_clip_that_an_earlier_process_began_stands_in_the_way_of_the_next_until_it_ends(
    store: SqliteStore, clock: FakeClock
) -> None:
    async with open_works(store, clock, Studio(polls=[VideoState(False)])) as works:
        await works.runner.start_video(job("1"))
    studio = Studio(polls=[VideoState(False), DONE])
    async with open_works(store, clock, studio) as works:
        refused = await works.runner.start_video(job("2", "a blue kite"))
        assert refused.instead is not None and refused.instead.id == "1"
        assert (await works.told()).text == "Here is your clip: a red kite"

        assert await works.runner.start_video(job("3", "a blue kite")) == Begun()


async def test_a_call_that_is_repeated_after_its_job_has_ended_starts_nothing(
    store: SqliteStore, clock: FakeClock
) -> None:
    studio = Studio()
    async with open_works(store, clock, studio) as works:
        await works.runner.start_video(job("1"))
        await works.told()
        again = await works.runner.start_video(job("1"))

        assert again.instead is not None and again.instead.state is JobState.DONE
        assert studio.asked.count("submit") == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (BadRequest("no", status=400), JobState.FAILED),
        (ProviderBusy("full", status=429), JobState.FAILED),
        (ProviderBusy("connection cut"), JobState.UNKNOWN),
        (MediaError("the picture is gone"), JobState.FAILED),
        (KeyError("id"), JobState.UNKNOWN),
        (RecursionError(), JobState.UNKNOWN),
    ],
)
async def test_a_submit_that_fails_is_raised_and_nothing_stays_open(
    store: SqliteStore, clock: FakeClock, error: Exception, state: JobState
) -> None:
    async with open_works(store, clock, Studio(submits=[error, VideoJob("r1", "https://x/poll", "v/v")])) as works:
        with pytest.raises(type(error)):
            await works.runner.start_video(job("1"))

        assert await works.state() is state
        assert await store.jobs(None, active=True) == ()
        assert works.budget.set_aside() == 0
        assert (await works.runner.start_video(job("2"))).instead is None


@pytest.mark.parametrize("error", [StoreUnavailable("busy"), RuntimeError("nobody foresaw this")])
async def test_a_song_whose_beginning_fails_blocks_no_other(
    store: SqliteStore, clock: FakeClock, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_works(store, clock, Studio()) as works:
        monkeypatch.setattr(works.budget, "take", AsyncMock(side_effect=error))
        with pytest.raises(type(error)):
            await works.runner.start_song(SONG)
        monkeypatch.undo()

        assert await store.jobs(None, active=True) == ()
        assert (await works.runner.start_song(replace(SONG, id="another"))).instead is None


async def test_a_stop_during_the_submit_does_not_lose_the_clip(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio()
    studio.gate.clear()
    async with open_works(store, clock, studio) as works:
        starting = asyncio.create_task(works.runner.start_video(job("1")))
        await until(lambda: studio.asked)
        starting.cancel()
        await asyncio.wait({starting})
        studio.gate.set()

        assert (await works.told()).text == "Here is your clip: a red kite"


async def test_a_submit_that_fails_after_a_stop_ends_quietly(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio(submits=[BadRequest("no", status=400)])
    studio.gate.clear()
    async with open_works(store, clock, studio) as works:
        starting = asyncio.create_task(works.runner.start_video(job("1")))
        await until(lambda: studio.asked)
        starting.cancel()
        await asyncio.wait({starting})
        studio.gate.set()
        while await works.state() is JobState.INTENT:
            pass

        assert await works.state() is JobState.FAILED


async def test_a_poll_may_fail_now_and_then(store: SqliteStore, clock: FakeClock) -> None:
    failures: list[VideoState | Exception] = [ProviderBusy("502")] * (POLL_FAILURES_AT_MOST - 1)
    async with open_works(store, clock, Studio(polls=[*failures, VideoState(False), *failures, DONE])) as works:
        await works.runner.start_video(job("1"))

        assert (await works.told()).text == "Here is your clip: a red kite"


@pytest.mark.parametrize("error", [ProviderBusy("502"), BadAnswer("moderated", tell="it was declined.")])
async def test_a_poll_that_fails_for_good_is_told(
    store: SqliteStore, clock: FakeClock, error: ProviderBusy | BadAnswer
) -> None:
    async with open_works(store, clock, Studio(polls=[error])) as works:
        await works.runner.start_video(job("1"))
        told = await works.told()

        assert told.text == f"I could not make the clip “a red kite”: {error.tell}"
        assert await works.state() is JobState.FAILED


async def test_a_clip_is_asked_for_120_times(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio(polls=[VideoState(False)])
    async with open_works(store, clock, studio) as works:
        await works.runner.start_video(job("1"))
        told = await works.told()

        assert told.text == "I could not make the clip “a red kite”: it did not finish in time."
        assert await works.note() == "the clip did not finish in time"
        assert studio.asked.count("poll") == 120
        assert 595 <= clock.monotonic() <= 620


@pytest.mark.parametrize(
    ("call", "configured", "limit"), [(None, 600, 600), (60, 1800, 60), (None, 60, 60), (1800, 60, 1800)]
)
async def test_the_time_of_the_call_beats_the_configured_one_and_ends_the_waiting(
    store: SqliteStore, clock: FakeClock, call: float | None, configured: float, limit: float
) -> None:
    class Slow(Studio):
        async def poll(self, job: VideoJob, *, seconds: float = 60.0) -> VideoState:
            await clock.sleep(7)
            return await super().poll(job, seconds=seconds)

    studio = Slow(polls=[VideoState(False)])
    async with open_works(store, clock, studio, clip_seconds=configured) as works:
        await works.runner.start_video(replace(job("1"), request=VideoRequest("slow", timeout_seconds=call)))
        told = await works.told()

        assert told.text == "I could not make the clip “slow”: it did not finish in time."
        assert await works.note() == f"the clip timed out after {limit * 1000:.0f}ms"
        assert limit <= clock.monotonic() <= limit + 20
        assert all(0 < seconds <= 60 for seconds in studio.patience)
        assert studio.patience[-1] < 60


async def test_a_download_is_tried_again(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio(clips=[*[ProviderBusy("cut")] * (DOWNLOAD_TRIES - 1), Clip(Sound(b"film", "video/mp4"))])
    async with open_works(store, clock, studio) as works:
        await works.runner.start_video(job("1"))

        assert (await works.told()).text == "Here is your clip: a red kite"


async def test_a_clip_that_cannot_be_had_is_in_the_ledger_all_the_same(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(clips=[ProviderBusy("cut")])) as works:
        await works.runner.start_video(job("1"))

        assert "could not make" in (await works.told()).text
        assert await works.spent() == 500_000


async def test_a_clip_too_large_to_carry_is_a_link(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(clips=[Clip(None, "https://x/big")])) as works:
        await works.runner.start_video(job("1"))

        assert (await works.told()).text.endswith("https://x/big")


async def test_owners_hear_of_a_song_that_finds_the_account_empty(store: SqliteStore, clock: FakeClock) -> None:
    empty = OutOfCredit("HTTP 402")
    async with open_works(store, clock, Studio(songs=[empty])) as works:
        await works.runner.start_song(SONG)
        await works.told()

        assert works.alerted == [empty]


async def test_a_bug_in_a_job_is_told_and_kept_from_the_others(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(songs=[KeyError("a bug")])) as works:
        await works.runner.start_song(SONG)

        assert "something failed on my side" in (await works.told()).text


async def test_a_full_disk_does_not_lose_a_finished_clip(store: SqliteStore, clock: FakeClock) -> None:
    class Full:
        faults = 2

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def put(self, data: bytes, mime: str) -> object:
            if self.faults:
                self.faults -= 1
                raise StoreUnavailable("full")
            return await store.put(data, mime)

    async with open_works(store, clock, Studio()) as works:
        runner = JobRunner(
            store=Full(),  # type: ignore[arg-type]
            makers=Makers(Studio(), None),
            clock=clock,
            budget=Budget(store, clock, limits=BudgetLimits()),
            wake=lambda _: None,
            alert_about=AsyncMock(),
        )
        async with runner:
            await runner.start_video(job("1"))

            assert (await works.told()).attachments


async def test_a_restart_goes_on_polling_and_never_submits_again(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(polls=[VideoState(False)])) as works:
        await works.runner.start_video(job("1"))
        assert await works.state() is JobState.RUNNING
    studio = Studio()
    async with open_works(store, clock, studio) as works:
        assert (await works.told()).text == "Here is your clip: a red kite"

    assert studio.asked == ["poll", "download"]


async def test_a_clip_that_finished_while_nobody_ran_is_still_fetched(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(polls=[VideoState(False)])) as works:
        await works.runner.start_video(job("1"))
    await clock.advance(86_400)
    async with open_works(store, clock, Studio()) as works:
        assert (await works.told()).text == "Here is your clip: a red kite"


@pytest.mark.parametrize("left", [job("1"), replace(SONG, id="1"), replace(SONG, id="1", state=JobState.RUNNING)])
async def test_what_nobody_knows_the_end_of_is_told_and_not_repeated(
    store: SqliteStore, clock: FakeClock, left: Job
) -> None:
    await store.add_job(left)
    studio = Studio()
    async with open_works(store, clock, studio) as works:
        told = await works.told()

        assert "I was restarted while I asked for" in told.text
        assert studio.asked == []
        assert await works.state() is JobState.UNKNOWN
    async with open_works(store, clock, studio) as works:
        assert works.woken == []


async def test_a_cancelled_job_is_told_and_ends_once(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(polls=[VideoState(False)])) as works:
        await works.runner.start_video(job("1"))
        assert not await works.runner.cancel(THERE, "1")
        assert await works.runner.cancel(HERE, "1")
        assert not await works.runner.cancel(HERE, "1")
        assert not await works.runner.cancel(HERE, "unheard of")

        assert (await works.told()).text == "I have stopped waiting for the clip “a red kite”."
        assert await works.state() is JobState.CANCELLED


async def test_a_song_is_cancelled_while_it_is_composed(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio()
    studio.gate.clear()
    async with open_works(store, clock, studio) as works:
        await works.runner.start_song(SONG)
        await until(lambda: studio.asked)
        assert await works.runner.cancel(HERE, "song")

        assert (await works.told()).text == "I have stopped waiting for the song “a sea shanty”."


async def test_without_money_nothing_is_asked_and_nothing_stays_open(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio()
    async with open_works(store, clock, studio, BudgetLimits(everybody=0)) as works:
        with pytest.raises(OverBudget):
            await works.runner.start_video(job("1"))
        with pytest.raises(OverBudget):
            await works.runner.start_song(SONG)

        assert studio.asked == []
        assert await store.jobs(None, active=True) == ()


def test_a_job_is_called_by_the_beginning_of_what_was_asked() -> None:
    long = replace(job("1"), request=VideoRequest("a  very\nlong " + "story " * 20), target=Target(HERE))

    assert title(long).startswith("a very long story") and len(title(long)) == 60
    assert what(SONG) == "the song “a sea shanty”"


# --- the end of the process --------------------------------------------------------------------


async def test_a_song_that_is_composed_is_waited_for_at_the_end_and_announced(
    store: SqliteStore, clock: FakeClock
) -> None:
    studio = Studio()
    studio.gate.clear()
    async with open_works(store, clock, studio) as works:
        await works.runner.start_song(SONG)
        draining = asyncio.create_task(works.runner.drain(5.0))
        await asyncio.sleep(0)
        assert (works.runner.irrevocable, draining.done()) == (1, False)
        studio.gate.set()
        await draining

    assert works.runner.irrevocable == 0
    assert (await works.told()).attachments
    assert await works.state(SONG.id) is JobState.DONE


async def test_a_clip_that_is_rendered_is_left_to_the_next_start(store: SqliteStore, clock: FakeClock) -> None:
    async with open_works(store, clock, Studio(polls=[VideoState(False)])) as works:
        await works.runner.start_video(job("1"))
        assert works.runner.irrevocable == 0
        await works.runner.drain(60.0)

    assert await works.state() is JobState.RUNNING


async def test_the_wait_for_a_song_ends_in_time(store: SqliteStore, clock: FakeClock) -> None:
    studio = Studio()
    studio.gate.clear()
    async with open_works(store, clock, studio) as works:
        await works.runner.start_song(SONG)
        await works.runner.drain(0.0)
        assert works.runner.irrevocable == 1
