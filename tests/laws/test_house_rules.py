"""The import rule and the budgets, checked on the syntax tree of every file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("channels/**/*.py")])

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 8

ADAPTERS = ("bot.openrouter", "bot.store", "channels")
WORD = {
    "bot.core": "the vocabulary imports only the standard library",
    "bot.media": "media knows the vocabulary only",
    "bot.net": "net knows the vocabulary only",
    "bot.config": "config knows the vocabulary only",
    "bot.agent": "the agent may not know adapters; take a port as a parameter",
    "bot.tools": "a tool may not know adapters; take a port from its context",
    "bot.openrouter": "an adapter knows neither the agent nor another adapter",
    "bot.store": "an adapter knows neither the agent nor another adapter",
    "bot.ops": "health and control watch the ports; they know neither the agent nor an adapter",
    "channels": "an adapter knows neither the agent nor another adapter",
    "bot.sandbox": "the sandbox is a witness of the wire: it may not share code with the adapter it tests",
}
# Folders inside a package, and what of that package they may know besides themselves.
INSIDE = {
    "bot.agent.policy": ("bot.agent.policy",),
    "bot.agent.history": ("bot.agent.policy", "bot.agent.paid_steps", "bot.agent.prompt"),
    "bot.openrouter.http": (),
    "bot.openrouter.shaping": ("bot.openrouter.http",),
    "bot.openrouter.chat": ("bot.openrouter.http", "bot.openrouter.shaping"),
    "bot.openrouter.images": ("bot.openrouter.http",),
    "bot.openrouter.videos": ("bot.openrouter.http",),
    "bot.openrouter.audio": ("bot.openrouter.http", "bot.openrouter.chat"),
    "bot.openrouter.signin": ("bot.openrouter.http",),
}
# What every folder of the provider may know: words about models and money, not each other.
PROVIDER_WORDS = tuple(
    f"bot.openrouter.{word}" for word in ("candidates", "catalog", "params", "ratios", "refs", "usage")
)
ALLOWED = {
    "bot.core": ("bot.core",),
    "bot.media": ("bot.core", "bot.media"),
    "bot.net": ("bot.core", "bot.net"),
    "bot.config": ("bot.core", "bot.config", "bot.net"),
    "bot.agent": ("bot.core", "bot.media", "bot.net", "bot.config", "bot.agent", "bot.tools"),
    "bot.tools": ("bot.core", "bot.media", "bot.net", "bot.config", "bot.tools"),
    "bot.openrouter": ("bot.core", "bot.media", "bot.net", "bot.config", "bot.openrouter"),
    "bot.store": ("bot.core", "bot.media", "bot.net", "bot.config", "bot.store"),
    "bot.ops": ("bot.core", "bot.net", "bot.ops"),
    "bot.sandbox": ("bot.core", "bot.media", "bot.net", "bot.sandbox"),
}
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "base", "common", "misc"}


def package_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "channels":
        return "channels" if len(parts) < 3 else f"channels.{parts[1]}"
    return ".".join(parts[:2]) if len(parts) > 2 else ".".join(parts)


def imports_of(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return [name for name in found if name.split(".")[0] in {"bot", "channels"}]


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def broken_imports(path: Path, tree: ast.AST) -> list[str]:
    package = package_of(path)
    if package.startswith("channels."):
        allowed: tuple[str, ...] = ("bot.core", "bot.media", "bot.net", "bot.config", package)
        word = WORD["channels"]
    elif package in ALLOWED:
        allowed, word = ALLOWED[package], WORD[package]
    else:
        return []
    return [
        f"{path.relative_to(ROOT)} imports {name}: {word}"
        for name in imports_of(tree)
        if not within(name, allowed) and name != "bot"
    ]


def broken_corridors(path: Path, tree: ast.AST) -> list[str]:
    """Imports between the folders of one package that go up or across."""
    folder = ".".join(path.relative_to(ROOT).parts[:3])
    if folder not in INSIDE:
        return []
    package = folder.rsplit(".", 1)[0]
    allowed = (folder, *INSIDE[folder], *(PROVIDER_WORDS if package == "bot.openrouter" else ()))
    return [
        f"{path.relative_to(ROOT)} imports {name}: policy and history know no verb, the provider's folders know http"
        for name in imports_of(tree)
        if within(name, (package,)) and not within(name, allowed)
    ]


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many values a caller hands over."""
    listed = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in listed if argument.arg not in {"self", "cls"}])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    name = path.relative_to(ROOT)
    complaints = [*broken_imports(path, tree), *broken_corridors(path, tree)]
    if path.stem in FORBIDDEN_NAMES:
        complaints.append(f"{name}: {path.stem!r} says a role, not a thing")
    if (lines := source.count("\n")) > FILE_LINES:
        complaints.append(f"{name} has {lines} lines, {FILE_LINES} are allowed: split it by idea")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                complaints.append(f"{name}: {node.name} has {length} lines, {FUNCTION_LINES} are allowed")
            if (handed := parameters_of(node)) > PARAMETERS:
                complaints.append(f"{name}: {node.name} takes {handed} parameters, {PARAMETERS} are allowed")
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            complaints.append(f"{name}:{node.lineno}: a type-checking import means that a type lives too high")

    assert not complaints, "\n".join(complaints)


def test_only_the_composition_root_and_the_command_line_introduce_adapters_to_the_agent() -> None:
    introducers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if (names := imports_of(ast.parse(path.read_text())))
        and any(within(name, ("bot.agent",)) for name in names)
        and any(within(name, ADAPTERS) for name in names)
    }

    assert all(name == "bot/app.py" or name.startswith(("bot/app_", "bot/cli/")) for name in introducers), introducers


def test_core_imports_only_the_standard_library() -> None:
    import sys

    outside = {
        f"{path.name} imports {name}"
        for path in SOURCES
        if package_of(path) == "bot.core"
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom) and node.module
            else []
        )
        if name.split(".")[0] not in sys.stdlib_module_names and not within(name, ("bot.core",))
    }

    assert not outside
