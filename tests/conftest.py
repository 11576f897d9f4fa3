"""What many tests start from."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.store import SqliteStore, open_store
from tests.canaries import CANARIES, leaks
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_api import TOKEN as TELEGRAM_TOKEN

# How fast examples come depends on the machine; a slow one must not fail a law.
settings.register_profile("voxline", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("voxline")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test whose output or log shows a planted secret has failed, whatever it looked at itself."""
    report = yield
    said = {name: text.encode(errors="replace") for name, text in report.sections}
    shown = leaks(said, (*CANARIES, TELEGRAM_TOKEN))
    if shown:
        report.outcome, report.longrepr = "failed", f"a planted secret was shown: {', '.join(shown)}"
    return report


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a daemon or a command installs for its process does not outlive the test that ran it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    assert logging.lastResort is not None
    logging.lastResort.setFormatter(None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    async with open_store(tmp_path / "state", clock) as opened:
        yield opened
