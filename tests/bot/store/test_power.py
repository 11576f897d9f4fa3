"""When the power goes, what was acknowledged is on the disk: it was flushed before anybody was told."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from bot.core.clock import SystemClock
from bot.store import open_store
from tests.fakes.rows import arrivals

async def accept():
    async with open_store(Path(sys.argv[1]), SystemClock()) as store:
        for number in range(5):
            os.write(1, f"offered {number}".encode())
            await store.accept(arrivals(str(number)))
            os.write(1, f"acknowledged {number}".encode())

asyncio.run(accept())
"""


def traced(log: Path, *program: str) -> bool:
    """Whether the program ran to its end, with its writes and flushes in the log, in their order."""
    strace = shutil.which("strace")
    watched = [str(strace), "-f", "-e", "trace=fsync,fdatasync,write", "-o", str(log), *program]
    return strace is not None and not subprocess.run(watched, capture_output=True, timeout=60).returncode


@pytest.mark.skipif(not traced(Path("/dev/null"), "true"), reason="needs strace")
def test_every_acknowledgement_comes_after_a_flush_of_what_it_acknowledges(tmp_path: Path) -> None:
    log = tmp_path / "calls"

    assert traced(log, sys.executable, "-c", PROGRAM, str(tmp_path / "state"))

    flushed = r"(?:fsync|fdatasync)\(\d+\) += 0|sync resumed>.*= 0"
    story = re.findall(f"(offered|acknowledged) \\d|({flushed})", log.read_text())
    told = "".join(word[:1] or "f" for word, _ in story)
    assert re.fullmatch(r"f*(of+a)+f*", told), told
    assert told.count("a") == 5
