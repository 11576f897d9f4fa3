"""What many tests start from."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import SqliteStore, open_store
from tests.fakes.clock import FakeClock


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
