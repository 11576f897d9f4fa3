"""The simulation itself: the same seed gives the same run, faults that are planted are found, a few seeds hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.life import Plan, Run, play, shortened
from tests.simulation.planted import PLANTED

ROOT = Path(__file__).parents[2]
FOUND_WITHIN = 200  # seeds


@pytest.mark.parametrize("seed", range(8))
def test_every_promise_is_kept(seed: int) -> None:
    run = play(Plan(seed))

    assert run.broken == "", "\n".join(run.story)


def test_crashes_and_faults_of_the_platform_do_happen() -> None:
    runs = [play(Plan(seed)) for seed in range(8)]

    assert sum(run.crashes for run in runs) > 8
    for event in ("refuses send", "loses its answer", "the process dies before it knows"):
        assert any(event in line for run in runs for line in run.story), event


@pytest.mark.long
def test_the_same_seed_is_the_same_run_in_every_process() -> None:
    stories = []
    for hash_seed in ("1", "2"):
        replay = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--replay", "3"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        stories.append(replay.stdout)

    assert stories[0] == stories[1]
    assert "the process dies" in stories[0]


@pytest.mark.long
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    assert any(play(Plan(seed, planted=fault)).broken for seed in range(FOUND_WITHIN))


def test_a_failing_run_is_shortened_to_what_it_needs() -> None:
    def fails_from_three_messages_and_one_crash(plan: Plan) -> Run:
        return Run(plan, broken="broken" if plan.messages >= 3 and plan.crashes >= 1 else "")

    small = shortened(fails_from_three_messages_and_one_crash(Plan(5)), fails_from_three_messages_and_one_crash)

    assert small.plan == Plan(5, messages=3, chats=("1",), crashes=1, refusals=0.0)
