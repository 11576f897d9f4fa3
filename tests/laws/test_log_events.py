"""A metric and the module that it counts name the same log event."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.core import log_events

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for path in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("channels/**/*.py")])
    if path.name != "log_events.py"
}
EVENTS = {name: value for name, value in vars(log_events).items() if name.isupper()}
LOGGING = {"debug", "info", "warning", "error", "exception", "log"}


def logs(tree: ast.AST, name: str) -> bool:
    """Whether a module hands the constant to a logger."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOGGING
        and any(isinstance(argument, ast.Name) and argument.id == name for argument in node.args)
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("name", EVENTS)
def test_every_counted_event_is_logged_by_its_constant(name: str) -> None:
    assert any(logs(tree, name) for file, tree in SOURCES.items() if not file.startswith("bot/ops/"))


def test_no_counted_event_is_written_out_a_second_time() -> None:
    literals = {
        f"{file}: {node.value!r}"
        for file, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in EVENTS.values()
    }

    assert not literals


def test_metrics_name_no_event_of_their_own() -> None:
    """What looks like an event in the counting modules would count something that nothing logs."""
    dotted = {
        f"{file}: {node.value!r}"
        for file in ("bot/ops/metrics.py", "bot/ops/counts.py")
        for node in ast.walk(SOURCES[file])
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.replace("_", "").replace(".", "").isalpha()
        and node.value.count(".") == 1
        and node.value.islower()
        and not node.value.startswith(("bot.", "."))
    }

    assert not dotted
