"""Every named place x every kind of turn: killed there, the daemon loses nothing and says nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from pathlib import Path

import pytest

from bot.core.failpoints import FAILPOINTS
from bot.sandbox import Sandbox
from bot.sandbox.faults import RawAnswer
from tests.kills.kinds import KINDS
from tests.kills.scenario import killed_at, survives
from tests.kills.unreachable import UNREACHABLE

AT_ONCE = 4
HEARD = RawAnswer('{"text": "what is seven times eight"}')
QUICK = tuple(f"{point}.{moment}" for point in ("c1", "c3", "c4", "c5", "c6") for moment in ("before", "after"))


async def judged(scenarios: Iterable[tuple[str, Awaitable[list[str]]]]) -> dict[str, list[str]]:
    """What went wrong, by scenario; a few run at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def judge(name: str, scenario: Awaitable[list[str]]) -> tuple[str, list[str]]:
        async with room:
            return name, await scenario

    return {name: wrong for name, wrong in await asyncio.gather(*(judge(*one) for one in scenarios)) if wrong}


def test_every_place_is_killed_in_some_kind_of_turn() -> None:
    spared = [point for point in FAILPOINTS if all(point in UNREACHABLE[kind] for kind in KINDS)]
    assert not spared
    assert all(set(points) <= set(FAILPOINTS) and all(points.values()) for points in UNREACHABLE.values())


async def test_a_kill_around_a_commit_of_a_text_turn_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        assert not await judged((point, killed_at("text", point, tmp_path / point, sandbox)) for point in QUICK)


@pytest.mark.kills
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_kill_anywhere_loses_and_doubles_nothing(kind: str, tmp_path: Path) -> None:
    async with Sandbox(render_seconds=0.01) as sandbox:
        sandbox.faults.add("/audio/transcriptions", do=HEARD, times=None)  # recognising real speech has its own flows
        reached = [point for point in FAILPOINTS if point not in UNREACHABLE[kind]]
        scenarios = [(point, killed_at(kind, point, tmp_path / f"{kind}-{point}", sandbox)) for point in reached]
        spared = survives(kind, tuple(UNREACHABLE[kind]), tmp_path / f"{kind}-spared", sandbox)
        assert not await judged([*scenarios, ("spared", spared)])
