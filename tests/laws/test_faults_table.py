"""Every fault has its row, and every test that a row names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "faults.md").read_text()
ROWS = {
    int(number): shown for number, shown in re.findall(r"^\| F(\d+) \|[^|]+\|[^|]+\| (.+) \|$", TABLE, re.MULTILINE)
}
FAULTS_AT_LEAST, NOT_SHOWN_AT_MOST = 132, 1


@cache
def functions_in(file: str) -> frozenset[str]:
    """The names of its test functions, without importing it."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def named(shown: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)


def test_every_fault_has_one_row_in_order() -> None:
    assert list(ROWS) == list(range(1, len(ROWS) + 1))
    assert len(ROWS) >= FAULTS_AT_LEAST


def test_every_named_test_exists() -> None:
    missing = [
        f"F{number}: {file}::{test}"
        for number, shown in ROWS.items()
        for file, test in named(shown)
        if test not in functions_in(file)
    ]

    assert not missing, "\n".join(missing)


def test_a_fault_without_a_test_says_why() -> None:
    bare = [number for number, shown in ROWS.items() if not named(shown) and not shown.startswith("Not shown: ")]

    assert not bare


def test_nearly_every_fault_is_shown() -> None:
    assert sum(not named(shown) for shown in ROWS.values()) <= NOT_SHOWN_AT_MOST
