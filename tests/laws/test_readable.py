"""Names have one meaning: a class name stands once, and no variable is called after a verb that says nothing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("channels/**/*.py")])

EMPTY_NAMES = {"told", "said", "given", "found", "known"}
# The two chat platforms are told alike on purpose, each in its own folder.
TWINS = {"Me", "Sender", "Refused"}


def empty_names(tree: ast.AST) -> list[str]:
    """Every variable and parameter whose name says how it came, not what it holds."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in EMPTY_NAMES:
            names.append(f"{node.lineno}: {node.id}")
        if isinstance(node, ast.arg) and node.arg in EMPTY_NAMES:
            names.append(f"{node.lineno}: {node.arg}")
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name in EMPTY_NAMES:
            names.append(f"{node.lineno}: {node.name}")
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_variables_name_their_content(path: Path) -> None:
    assert not empty_names(ast.parse(path.read_text()))


def test_a_class_name_means_one_thing() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(ROOT)))
    doubled = {name: files for name, files in homes.items() if len(files) > 1}

    assert not {
        name: files
        for name, files in doubled.items()
        if name not in TWINS or not all(file.startswith("channels/") for file in files)
    }
