"""The README cannot lie: its commands exist, its configuration parses, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.agent.commands.command import MENU
from bot.cli.main import GROUPS, parse
from bot.config.load import parse as parse_config

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "systemd" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text()


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def voxline_commands(page: Path) -> list[str]:
    """Every `voxline …` that the page tells people to type, in a block or between backticks."""
    text = page.read_text()
    typed = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    inline = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = [
        re.sub(r"^(\S*/)?voxline ", "", " ".join(command.split()))
        for command in (*typed, *inline)
        if re.match(r"(\S*/)?voxline [a-z-]", " ".join(command.split()))
    ]
    return [command.partition(" #")[0].strip() for command in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_configuration_in_a_page_parses(page: Path) -> None:
    for block in blocks(page, "json5"):
        parse_config(block, page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_voxline_command_in_a_page_exists(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in voxline_commands(page):
        words = shlex.split(command.replace("<", "").replace(">", "").replace("…", ""))
        if words[0] in GROUPS:
            complete(words)
        else:
            assert words[0].startswith("--"), command
    capsys.readouterr()


def complete(words: list[str]) -> None:
    """Parses a command; one that is only named, or misses what a person would fill in, must at least know --help."""
    try:
        parse(words)
    except SystemExit as first:
        if first.code not in (0, None):
            named = [word for word in words if not word.startswith("-")]
            with pytest.raises(SystemExit) as helped:
                parse([*named[:3], "--help"])
            assert helped.value.code == 0, words


def test_the_readme_names_the_two_commands_and_the_makefile_has_them() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert "make demo" in README.split("## Connect")[0]
    assert "make test" in README


def test_every_slash_command_of_the_readme_is_known() -> None:
    line = next(line for line in README.splitlines() if line.startswith("In the chat: "))

    assert set(re.findall(r"`/([a-z]+)`", line)) <= set(MENU)


def test_every_local_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
