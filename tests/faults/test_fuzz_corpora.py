"""The laws that are fuzzed, held against the files the fuzzer starts from."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from fuzz import TARGETS

ROOT = Path(__file__).parents[2]
SEEDS = [(target, file) for target in TARGETS for file in sorted((ROOT / "fuzz" / "corpus" / target).iterdir())]


@pytest.mark.parametrize(("target", "file"), SEEDS, ids=lambda part: part if isinstance(part, str) else part.name)
def test_a_seed_breaks_no_law(target: str, file: Path) -> None:
    importlib.import_module(f"fuzz.fuzz_{target}").check(file.read_bytes())


def test_every_target_is_listed_and_has_seeds() -> None:
    files = {file.stem.removeprefix("fuzz_") for file in (ROOT / "fuzz").glob("fuzz_*.py")}

    assert files == set(TARGETS) == {target for target, _ in SEEDS}
