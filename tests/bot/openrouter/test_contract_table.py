"""Where each rule of the wire contract is tested: find a row's test by its section number.

Sections: 0 verified route, 1 sign-in, 2 keys, 3 stored keys, 4 references and catalog, 5 chat, 6 guard rules,
7 pictures, 8 clips, 9 songs, 10 speech, 11 transcription, 12 looking, 13 Fusion, 14 headers, 15 response cache,
16 cache markers, 17 prefill, 18 thinking, 19 DeepSeek, 20 OpenAI-only, 21 Gemini, 22 routing, 23 account,
25 what was added since;
A1 to A20 are readings of what the documentation leaves open. The rows stand in contract_rows_*.py; a test is
named as module::test in this folder, or with its folder below tests/.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.bot.openrouter.contract_rows_chat import CHAT, GUARDS, SHAPING
from tests.bot.openrouter.contract_rows_keys import KEYS, MODELS, SIGN_IN
from tests.bot.openrouter.contract_rows_media import CLIPS, PICTURES, READINGS, SONGS, SPEECH
from tests.bot.openrouter.contract_rows_today import TODAY

HERE = Path(__file__).parent
TESTS = HERE.parents[1]

ROUTE: dict[str, tuple[str, ...]] = {
    "0 verified in every spelling": ("http/test_route::test_openrouter_itself_is_verified_in_every_spelling",),
    "0 everything else is a proxy": ("http/test_route::test_everything_else_is_a_proxy",),
    "0 an address that misleads": (
        "http/test_route::test_an_address_that_could_mislead_is_refused_without_repeating_it",
    ),
}
PARTS = (ROUTE, SIGN_IN, KEYS, MODELS, CHAT, GUARDS, SHAPING, PICTURES, CLIPS, SONGS, SPEECH, READINGS, TODAY)
TABLE = {row: tests for part in PARTS for row, tests in part.items()}

SECTIONS = [
    *(f"1.{part}" for part in range(1, 9)),
    "2",
    *(f"3.{part}" for part in range(1, 6)),
    *(f"4.{part}" for part in range(1, 7)),
    *(f"5.{part}" for part in range(1, 8)),
    "6",
    *(f"7.{part}" for part in range(1, 5)),
    *(f"8.{part}" for part in range(1, 7)),
    *("9.1", "9.2", "10", "11", "12", "13.1", "13.2", "13.3"),
    *map(str, range(14, 22)),
    *("22.1", "22.2", "23", "25"),
    *(f"A{number}" for number in range(1, 21)),
]


@cache
def laws_in(module: str) -> frozenset[str]:
    """The names of the tests in a module of this folder, or of a folder below tests/."""
    here = HERE / f"{module}.py"
    file = here if here.exists() else TESTS / f"{module}.py"
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", TABLE)
def test_every_row_names_tests_that_exist(row: str) -> None:
    named = [name.split("::") for name in TABLE[row]]

    assert named
    assert [f"{module}::{test}" for module, test in named if test not in laws_in(module)] == []


def test_every_section_has_rows_and_no_row_stands_twice() -> None:
    found = {row.split()[0] for row in TABLE}

    assert [section for section in SECTIONS if section not in found] == []
    assert found <= {"0", *SECTIONS}
    assert len(TABLE) == sum(map(len, PARTS))
