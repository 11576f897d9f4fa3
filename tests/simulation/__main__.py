"""Many seeds with their figures, or one with its story.

python -m tests.simulation 1000                 seeds 0 to 999; a failing one prints the command that replays it
python -m tests.simulation --replay SEED        the story of one seed: time, actor, event
python -m tests.simulation --planted            each fault of planted.py, and after how many seeds it is found
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from tests.simulation.life import Plan, Run, play, shortened
from tests.simulation.planted import PLANTED

SEEDS_FOR_A_PLANTED_FAULT = 200
PROGRESS_EVERY = 50


def many(first: int, count: int) -> int:
    """The exit status: 1 when a seed failed."""
    begun = time.monotonic()
    runs: list[Run] = []
    for seed in range(first, first + count):
        run = play(Plan(seed))
        runs.append(replace(run, story=[]))
        if run.broken:
            small = shortened(run).plan
            print(f"seed {seed}: {run.broken}\n  shorter: {small}")
            print(f"  story: python -m tests.simulation --replay {seed}", flush=True)
        if (seed - first + 1) % PROGRESS_EVERY == 0 or seed == first + count - 1:
            print(figures(runs, time.monotonic() - begun), flush=True)
    return int(any(run.broken for run in runs))


def figures(runs: list[Run], seconds: float) -> str:
    messages = sum(run.plan.messages * len(run.plan.chats) for run in runs)
    broken = [run.plan.seed for run in runs if run.broken]
    return (
        f"{len(runs)} seeds, {messages} messages, {sum(run.crashes for run in runs)} crashes, "
        f"{sum(run.seconds for run in runs):.0f} s of simulated time in {seconds:.1f} s "
        f"({messages / seconds:.0f} messages a second), broken: {broken or 'none'}"
    )


def replay(seed: int, planted: str) -> int:
    run = play(Plan(seed, planted=planted))
    print(*run.story, sep="\n")
    print(f"trace {run.trace}, {run.crashes} crashes, {run.steps} steps: {run.broken or 'every promise was kept'}")
    return int(bool(run.broken))


def plant() -> int:
    missed = 0
    for fault in PLANTED:
        runs = (play(Plan(seed, planted=fault)) for seed in range(SEEDS_FOR_A_PLANTED_FAULT))
        found = next((run for run in runs if run.broken), None)
        missed += found is None
        where = f"seed {found.plan.seed}, {found.broken[:90]}" if found else "not found"
        print(f"{fault:<45} {where}", flush=True)
    return int(missed > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="?", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--replay", type=int, help="the seed whose story is printed")
    parser.add_argument("--planted", nargs="?", const="", help="try every planted fault, or replay with this one")
    options = parser.parse_args()
    if options.replay is not None:
        return replay(options.replay, options.planted or "")
    return plant() if options.planted is not None else many(options.first, options.seeds)


if __name__ == "__main__":
    sys.exit(main())
