"""The user guide: every example in it is accepted as written, and every section of the file is shown there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.app_settings import agent_settings
from bot.cli.main import parse as parse_command
from bot.config.load import check, parse
from bot.config.model import Config

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json5\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
SHOWN_ELSEWHERE = {"$schema", "auth", "tts"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_accepted_and_can_be_used(example: str) -> None:
    assert check(example)[0] == ()
    assert agent_settings(parse(example)).models.default


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one(command: str) -> None:
    program, *words = shlex.split(command)
    assert program == "voxline"
    assert callable(parse_command(words).run)


def test_every_section_has_an_example() -> None:
    shown = {name for example in EXAMPLES for name in parse(example).model_dump(by_alias=True, exclude_unset=True)}
    sections = {field.alias or name for name, field in Config.model_fields.items()}
    assert sections - shown - SHOWN_ELSEWHERE == set()
