"""The places of the systemd service from a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import setup
from bot.cli.main import parse
from tests.bot.cli.conftest import Voxline


def test_one_option_names_both_places_of_the_service() -> None:
    args = parse(["status", "--service"])
    assert setup.places(args) == (Path("/etc/voxline/voxline.json5"), Path("/var/lib/voxline"))
    args = parse(["status", "--service", "--state-dir", "/srv/voxline"])
    assert setup.places(args) == (Path("/etc/voxline/voxline.json5"), Path("/srv/voxline"))


@pytest.mark.parametrize("command", [("status",), ("pairing", "list")])
def test_a_credential_of_the_service_is_named_as_one_and_hinders_no_look(
    voxline: Voxline, config: Path, command: tuple[str, ...]
) -> None:
    config.write_text('{ models: { providers: { openrouter: { apiKey: { file: "openrouter-key" } } } } }')
    assert voxline(*command)[0] in (0, 1)
    assert "credential of the systemd service" in voxline("doctor", "--offline")[1]
