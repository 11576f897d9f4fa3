"""Time zones: whatever is asked for, there is a zone or one kind of error."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.zones import UnknownZone, open_zone


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Asia/Kathmandu"])
def test_a_zone_by_its_name(name: str) -> None:
    assert open_zone(name).key == name


@given(st.text())
@example("America")
@example("")
@example("../../etc/passwd")
@example("/etc/localtime")
@example("Europe/Berlin\0")
@example("a" * 100_000)
@example("\ud800")
def test_anything_else_is_one_kind_of_error(name: str) -> None:
    try:
        open_zone(name)
    except UnknownZone as error:
        assert "write an IANA name such as Europe/Berlin" in str(error)
        assert len(str(error)) < 300


def test_zones_open_on_a_machine_that_has_no_zone_files() -> None:
    program = "from bot.core.zones import open_zone; print(open_zone('Europe/Berlin').key)"
    environment = {"PYTHONTZPATH": "/nonexistent", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "Europe/Berlin"
